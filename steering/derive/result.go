package derive

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tiller/steering"
	"tiller/steering/vectorfile"
)

// Result is a vector, and what is known about it.
type Result struct {
	Vector *steering.Vector
	// Layers are the reports of its layers, in increasing order.
	Layers []LayerReport
	// Pairs is how many pairs it was made from; 0 if it was trained.
	Pairs int
	// Training is how training went; nil for other methods.
	Training *Training
	// Notes are sentences for whoever uses the vector.
	Notes []string
}

// LayerReport is about a vector's direction at one layer. What can't be said,
// such as the cosine with a direction of zeros, is nil.
type LayerReport struct {
	Layer int `json:"layer"`
	// AUC is the probability that a positive text projects higher than a
	// negative one, on pairs that the direction was not made from: the mean
	// over up to 5 folds. 0.5 is chance.
	AUC *float64 `json:"auc"`
	// Norm of the direction; MedianNorm of the residual stream: the median
	// over texts of their median over positions, position 0 left out (see
	// generate.Measured); and their ratio.
	Norm       float64 `json:"norm"`
	MedianNorm float64 `json:"median_norm"`
	Ratio      float64 `json:"ratio"`
	// CosineBelow and CosineAbove are with the directions at the next lower
	// and higher layer that the vector has.
	CosineBelow *float64 `json:"cosine_below"`
	CosineAbove *float64 `json:"cosine_above"`
	// Agreement is the share of pairs whose positive projects higher than the
	// negative; nil if the vector was trained.
	Agreement *float64 `json:"agreement"`
	// SignOK says that positives project higher on average.
	SignOK *bool `json:"sign_ok"`
}

// fit is what a method found at one layer.
type fit struct {
	whole   []float64   // the direction [width]
	without [][]float64 // by fold: the direction made without it
}

// fits runs a method that needs the kept rows at every layer, on all workers.
// direction gets a place in layers and the pairs to use.
func (s *source) fits(ctx context.Context, direction func(slot int, use []int) ([]float64, error)) ([]fit, error) {
	found := make([]fit, len(s.layers))
	errs := make([]error, len(s.layers))
	s.sides[positive].model.Pool().Run(len(s.layers), 1, func(lo, hi int) {
		for slot := lo; slot < hi; slot++ {
			found[slot], errs[slot] = s.fit(ctx, slot, direction)
		}
	})
	for slot, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", s.layers[slot], err)
		}
	}
	return found, nil
}

func (s *source) fit(ctx context.Context, slot int, direction func(slot int, use []int) ([]float64, error)) (f fit, err error) {
	if f.whole, err = direction(slot, s.use(-1)); err != nil || s.folds < 2 {
		return f, err
	}
	f.without = make([][]float64, s.folds)
	for fold := range f.without {
		if err := ctx.Err(); err != nil {
			return f, err
		}
		if f.without[fold], err = direction(slot, s.use(fold)); err != nil {
			return f, err
		}
	}
	return f, nil
}

// use lists the pairs outside a fold.
func (s *source) use(fold int) []int {
	var use []int
	for pair, in := range s.foldOf {
		if in != fold {
			use = append(use, pair)
		}
	}
	return use
}

// result measures what was found and makes the vector.
func (s *source) result(ctx context.Context, method string, found []fit) (*Result, error) {
	v := &steering.Vector{Name: s.options.Name, DModel: s.width, Directions: map[int][]float32{}}
	if v.Name == "" {
		v.Name = "vector"
	}
	for slot, layer := range s.layers {
		v.Directions[layer] = rounded(found[slot].whole)
	}
	if err := v.Check(); err != nil {
		return nil, fmt.Errorf("the activations to tell apart are the same: %w", err)
	}
	r := &Result{Vector: v, Pairs: s.pairs, Layers: make([]LayerReport, len(s.layers))}
	scores, err := s.score(ctx, found)
	if err != nil {
		return nil, err
	}
	right := 0
	for slot, layer := range s.layers {
		l := newLayerReport(v, layer, float64(median(s.medians[slot])))
		scores[slot].fill(&l, s.foldOf, s.folds)
		if *l.SignOK {
			right++
		}
		r.Layers[slot] = l
	}
	neighbours(v, r.Layers)
	if best, ok := bestAUC(r.Layers); ok && best < apart {
		r.Notes = append(r.Notes, fmt.Sprintf("No layer tells the two sides apart on pairs that the vector was not made from: the best held-out AUC is %.2f, and chance gives .50. The vector is hardly more than noise.", best))
	}
	v.Meta = s.about(method)
	v.Meta[vectorfile.MetaSignCheck] = fmt.Sprintf("positives project higher on average at %d of %d layers", right, len(s.layers))
	if n := s.sinks(); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("Position 0 counts in %d of %d texts. In many models it is an attention sink, with activations far larger than all others, which then decide alone: leave it out with &not 0.", n, 2*s.pairs))
	}
	if n := s.uneven(); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("The two texts of %d of %d pairs differ in their number of tokens. No method needs equal numbers, but a selector that counts positions then compares different places.", n, s.pairs))
	}
	return r, nil
}

// apart is the held-out AUC below which a vector hardly tells its sides apart.
const apart = 0.6

// bestAUC is the largest held-out AUC; not ok if there is none.
func bestAUC(layers []LayerReport) (best float64, ok bool) {
	for _, l := range layers {
		if l.AUC != nil {
			best, ok = max(best, *l.AUC), true
		}
	}
	return best, ok
}

// about is the vector's provenance.
func (s *source) about(method string) map[string]string {
	about := map[string]string{
		vectorfile.MetaMethod:           method,
		vectorfile.MetaModelFingerprint: s.sides[negative].model.Checkpoint().Fingerprint(),
		vectorfile.MetaSeed:             strconv.FormatUint(s.options.Seed, 10),
		"where":                         s.options.Where.String(),
		"pairs":                         strconv.Itoa(s.pairs),
	}
	if s.options.DataHash != "" {
		about[vectorfile.MetaDataHash] = s.options.DataHash
	}
	return about
}

// sinks counts the texts whose position 0 is chosen beside others.
func (s *source) sinks() int {
	n := 0
	for _, side := range s.sides {
		for _, chosen := range side.chosen {
			if chosen[0] && slices.Contains(chosen[1:], true) {
				n++
			}
		}
	}
	return n
}

// uneven counts the pairs whose texts differ in their number of tokens.
func (s *source) uneven() int {
	n := 0
	for _, p := range s.texts {
		if len(p.Positive.Tokens) != len(p.Negative.Tokens) {
			n++
		}
	}
	return n
}

// scores are projections at one layer, by pair and class.
type scores struct {
	whole [][2]float64 // on the direction
	held  [][2]float64 // on that made without the pair's fold; nil if there is none
}

// score projects all rows.
func (s *source) score(ctx context.Context, found []fit) ([]scores, error) {
	all := make([]scores, len(s.layers))
	for slot := range all {
		all[slot].whole = make([][2]float64, s.pairs)
		if found[slot].without != nil {
			all[slot].held = make([][2]float64, s.pairs)
		}
	}
	err := s.each(ctx, func(pair, class, slot int, row []float32) {
		f := &found[slot]
		all[slot].whole[pair][class] = project(row, f.whole)
		if f.without != nil {
			all[slot].held[pair][class] = project(row, f.without[s.foldOf[pair]])
		}
	})
	return all, err
}

// fill says how well the projections tell the classes apart.
func (x *scores) fill(l *LayerReport, foldOf []int, folds int) {
	agree, sum := 0, 0.0
	for _, p := range x.whole {
		if p[positive] > p[negative] {
			agree++
		}
		sum += p[positive] - p[negative]
	}
	share, right := float64(agree)/float64(len(x.whole)), sum > 0
	l.Agreement, l.SignOK = &share, &right
	if x.held == nil {
		return
	}
	total := 0.0
	for fold := range folds {
		var up, down []float64
		for pair, p := range x.held {
			if foldOf[pair] == fold {
				up, down = append(up, p[positive]), append(down, p[negative])
			}
		}
		total += auc(up, down)
	}
	mean := total / float64(folds)
	l.AUC = &mean
}

// newLayerReport says how large a direction is.
func newLayerReport(v *steering.Vector, layer int, medianNorm float64) LayerReport {
	l := LayerReport{Layer: layer, Norm: v.Norm(layer), MedianNorm: medianNorm}
	if medianNorm > 0 {
		l.Ratio = l.Norm / medianNorm
	}
	return l
}

// neighbours fills in the cosines between layers.
func neighbours(v *steering.Vector, reports []LayerReport) {
	for i := 1; i < len(reports); i++ {
		c := cosine(v.Directions[reports[i-1].Layer], v.Directions[reports[i].Layer])
		reports[i-1].CosineAbove, reports[i].CosineBelow = c, c
	}
}

// cosine is nil if one of the two is zero.
func cosine(a, b []float32) *float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i, x := range a {
		ab += float64(float64(x) * float64(b[i]))
		aa += float64(float64(x) * float64(x))
		bb += float64(float64(b[i]) * float64(b[i]))
	}
	if aa == 0 || bb == 0 {
		return nil
	}
	c := ab / math.Sqrt(aa) / math.Sqrt(bb)
	return &c
}
