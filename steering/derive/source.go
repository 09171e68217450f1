package derive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/kernel"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
)

// Pair is two texts whose difference a vector is to hold.
type Pair struct {
	Positive, Negative generate.Prompt
	// Label names the pair in errors, such as "moods.jsonl, line 3"; empty
	// for its number.
	Label string
}

// Options say what to make a vector from. The zero value takes the mean over
// all positions at all layers.
type Options struct {
	// Name of the vector in plans; empty for "vector".
	Name string
	// Where are the positions that count, all of them together as their mean.
	Where steering.Selector
	// Layers at which the vector gets directions; zero: every block's.
	Layers steering.Layers
	// Seed decides which pairs are held out together.
	Seed uint64
	// Memory bounds the rows kept, in bytes; 0 is 1 GiB.
	Memory int64
	// DataHash goes into the vector's metadata: the hash of the file that the
	// texts are from.
	DataHash string
	// Progress, if set, is told how many of how many texts are done.
	Progress func(done, total int)
}

// defaultMemory bounds the rows that are kept.
const defaultMemory = 1 << 30

// folds is into how many parts pairs are divided to hold each out once.
const folds = 5

// The classes of a pair.
const (
	positive = iota
	negative
)

// side is one class of texts with the model that reads them.
type side struct {
	model   *model.Model
	prompts []generate.Prompt
	chosen  [][]bool // by prompt and position
}

// source gives one row for each pair, class and layer. It keeps the rows of the
// first round if they fit into memory, and else computes them again.
type source struct {
	options Options
	sides   [2]side
	layers  []int // chosen, in increasing order
	slot    []int // by layer+1: place in layers, or -1
	texts   []Pair
	pairs   int // how many
	width   int
	folds   int
	foldOf  []int // by pair
	// normsOf are the sides whose norms count.
	normsOf []int
	kept    []float32   // [layer][pair][class][width]; nil unless they fit
	full    bool        // kept is filled
	medians [][]float32 // by place in layers: each text's median norm
}

// newSource prepares a source; its sides' models must have one shape.
func newSource(sides [2]side, t *tokenizer.Tokenizer, pairs []Pair, o Options) (*source, error) {
	if len(pairs) == 0 {
		return nil, errors.New("there are no texts to derive a vector from")
	}
	c := sides[positive].model.Config()
	s := &source{options: o, sides: sides, texts: pairs, pairs: len(pairs), width: c.DModel, normsOf: []int{positive, negative}}
	var err error
	if s.layers, err = activations.ListLayers(o.Layers, c.Layers); err != nil {
		return nil, err
	}
	s.index(c.Layers)
	for class := range s.sides {
		x := &s.sides[class]
		for _, p := range pairs {
			x.prompts = append(x.prompts, []generate.Prompt{p.Positive, p.Negative}[class])
		}
		if x.chosen, err = choose(x.prompts, o.Where, t); err != nil {
			return nil, labelled(err, pairs, class)
		}
	}
	s.hold(o.Seed)
	if s.need() <= s.budget() {
		s.kept = make([]float32, len(s.layers)*s.pairs*2*s.width)
	}
	return s, nil
}

// index finds the places of a model's layers among those chosen.
func (s *source) index(blocks int) {
	s.slot = slices.Repeat([]int{-1}, blocks+1)
	for i, layer := range s.layers {
		s.slot[layer+1] = i
	}
}

// labelled names the pair that an error about a text is about.
func labelled(err error, pairs []Pair, class int) error {
	var wrong *TextError
	if !errors.As(err, &wrong) {
		return err
	}
	return fmt.Errorf("%s, %s text: %w", label(pairs, wrong.Text), []string{"positive", "negative"}[class], wrong.Err)
}

// label is what errors call a pair.
func label(pairs []Pair, i int) string {
	if pairs[i].Label != "" {
		return pairs[i].Label
	}
	return fmt.Sprintf("pair %d", i+1)
}

// hold deals the pairs into folds.
func (s *source) hold(seed uint64) {
	s.folds = min(folds, s.pairs)
	s.foldOf = make([]int, s.pairs)
	for i, pair := range rand.New(rand.NewPCG(seed, 0x686f6c64)).Perm(s.pairs) {
		s.foldOf[pair] = i % s.folds
	}
}

func (s *source) budget() int64 {
	if s.options.Memory > 0 {
		return s.options.Memory
	}
	return defaultMemory
}

// need is how much memory all rows take, in bytes.
func (s *source) need() int64 {
	return int64(len(s.layers)) * int64(s.pairs) * 2 * int64(s.width) * 4
}

// keepAll computes the rows, all of which have to fit into memory.
func (s *source) keepAll(ctx context.Context, method string) error {
	if s.kept == nil {
		return fmt.Errorf("%s keeps a row for each text and layer, which takes %d MiB for %d pairs at %d layers, more than the %d MiB allowed: name fewer layers, use fewer pairs, or take the mean, which keeps none",
			method, s.need()>>20, s.pairs, len(s.layers), s.budget()>>20)
	}
	return s.each(ctx, func(int, int, int, []float32) {})
}

// row is the kept row of a pair's class at a place in layers.
func (s *source) row(slot, pair, class int) []float32 {
	at := ((slot*s.pairs+pair)*2 + class) * s.width
	return s.kept[at : at+s.width : at+s.width]
}

// each shows visit the row of every pair and class at every chosen layer. The
// rows of one layer come in a fixed order.
func (s *source) each(ctx context.Context, visit func(pair, class, slot int, row []float32)) error {
	if s.full {
		for slot := range s.layers {
			for pair := range s.pairs {
				for class := range s.sides {
					visit(pair, class, slot, s.row(slot, pair, class))
				}
			}
		}
		return nil
	}
	first := s.medians == nil
	if first {
		s.medians = make([][]float32, len(s.layers))
	}
	for class := range s.sides {
		p := pooling{source: s, class: class, visit: visit, norms: first && slices.Contains(s.normsOf, class)}
		if err := p.run(ctx); err != nil {
			return err
		}
	}
	s.full = s.kept != nil
	return nil
}

// pooling reduces the texts of one class to one row per layer each.
type pooling struct {
	*source
	class int
	visit func(pair, class, slot int, row []float32)
	norms bool // whether norms are measured
	open  map[int]*pool
	done  int
}

// pool is a text on its way.
type pool struct {
	sums  []float64   // [layers][width]
	norms [][]float32 // by place in layers, at every position but 0
	count int         // positions summed up at each layer
}

func (p *pooling) run(ctx context.Context) error {
	side := p.sides[p.class]
	p.open = map[int]*pool{}
	err := stream(ctx, side.model, side.prompts, func(r Row) {
		slot := p.slot[r.Layer+1]
		if slot >= 0 {
			p.add(slot, r)
		}
		if r.Layer == side.model.Config().Layers-1 && r.Position == len(side.prompts[r.Text].Tokens)-1 {
			p.close(r.Text)
		}
	})
	return labelled(err, p.texts, p.class)
}

// add takes a row into its text's pool.
func (p *pooling) add(slot int, r Row) {
	x := p.open[r.Text]
	if x == nil {
		x = &pool{sums: make([]float64, len(p.layers)*p.width), norms: make([][]float32, len(p.layers))}
		p.open[r.Text] = x
	}
	if p.norms && (r.Position > 0 || len(p.sides[p.class].prompts[r.Text].Tokens) == 1) {
		x.norms[slot] = append(x.norms[slot], float32(math.Sqrt(float64(kernel.SumSquares(r.Values)))))
	}
	if !p.sides[p.class].chosen[r.Text][r.Position] {
		return
	}
	if slot == 0 {
		x.count++
	}
	sum := x.sums[slot*p.width : (slot+1)*p.width]
	for i, v := range r.Values {
		sum[i] += float64(v)
	}
}

// close ends a text: its last row has come.
func (p *pooling) close(text int) {
	x := p.open[text]
	delete(p.open, text)
	mean := make([]float32, p.width)
	for slot := range p.layers {
		for i, v := range x.sums[slot*p.width : (slot+1)*p.width] {
			mean[i] = float32(v / float64(x.count))
		}
		if p.kept != nil {
			copy(p.row(slot, text, p.class), mean)
		}
		if p.norms {
			p.medians[slot] = append(p.medians[slot], median(x.norms[slot]))
		}
		p.visit(text, p.class, slot, mean)
	}
	p.done++
	if p.options.Progress != nil {
		p.options.Progress(p.class*p.pairs+p.done, 2*p.pairs)
	}
}

// median of at least one number.
func median(x []float32) float32 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}
