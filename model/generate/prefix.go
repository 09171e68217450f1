package generate

import (
	"context"
	"encoding/binary"
	"math"
	"slices"

	"tiller/model"
	"tiller/model/kernel"
)

// A Prefix is a prompt computed without steering, with what was measured on
// the way. Lanes begin as forks of it.
type Prefix struct {
	ids       []int
	lane      *model.Lane
	logits    []float32   // after the last token, [vocab]
	norms     [][]float32 // [layers+1][tokens]
	drawn     []Drawn     // nil unless asked for
	residuals map[int][]float32
}

// Measured is what the prompt showed.
func (p *Prefix) Measured() Measured {
	medians := make([]float32, len(p.norms))
	for i, norms := range p.norms {
		if len(norms) > 1 {
			norms = norms[1:] // the first row is an attention sink, of a norm far from all others
		}
		medians[i] = median(norms)
	}
	return Measured{MedianNorm: medians, Drawn: p.drawn}
}

func median(x []float32) float32 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// bytes is about how much memory the prefix takes.
func (p *Prefix) bytes() int {
	n := p.lane.Bytes() + 4*len(p.logits) + 24*len(p.drawn) + 4*len(p.norms)*len(p.ids)
	for _, r := range p.residuals {
		n += 4 * len(r)
	}
	return n
}

// serves reports whether the prefix holds what a lane needs.
func (p *Prefix) serves(need needs) bool {
	if need.drawn && p.drawn == nil {
		return false
	}
	for layer := range need.layers {
		if p.residuals[layer] == nil {
			return false
		}
	}
	return true
}

// needs is what the lanes of one prompt ask of its prefix.
type needs struct {
	layers map[int]bool // layers whose residual stream is to be kept
	drawn  bool
}

// computePrefix runs a prompt without steering.
func computePrefix(ctx context.Context, m *model.Model, ids []int, need needs) (*Prefix, error) {
	cfg := m.Config()
	p := &Prefix{ids: slices.Clone(ids), lane: m.NewLane(), residuals: map[int][]float32{}}
	p.norms = make([][]float32, cfg.Layers+1)
	watch := func(layer int, rows []model.Row, h []float32) {
		for r := range rows {
			row := h[r*cfg.DModel : (r+1)*cfg.DModel]
			p.norms[layer+1] = append(p.norms[layer+1], float32(math.Sqrt(float64(kernel.SumSquares(row)))))
		}
		if need.layers[layer] {
			p.residuals[layer] = append(p.residuals[layer], h[:len(rows)*cfg.DModel]...)
		}
	}
	if !need.drawn {
		logits, err := m.Step(ctx, []model.Input{{Lane: p.lane, Tokens: ids, Prompt: len(ids)}}, model.StepOptions{Watch: watch})
		if err != nil {
			return nil, err
		}
		p.logits = slices.Clone(logits[0])
		return p, nil
	}
	return p, p.computeDrawn(ctx, m, watch)
}

// drawnTokens is how many prompt positions have their whole distribution in
// memory at once.
const drawnTokens = 32

// computeDrawn runs the prompt piece by piece and describes the distribution
// at every position.
func (p *Prefix) computeDrawn(ctx context.Context, m *model.Model, watch func(int, []model.Row, []float32)) error {
	vocab := m.Config().Vocab
	p.drawn = append(p.drawn, Drawn{}) // nothing comes before position 0
	for piece := range slices.Chunk(p.ids, drawnTokens) {
		logits, err := m.Step(ctx, []model.Input{{Lane: p.lane, Tokens: piece, Prompt: len(p.ids), Want: model.WantAll}},
			model.StepOptions{Watch: watch})
		if err != nil {
			return err
		}
		for row := range slices.Chunk(logits[0], vocab) {
			p.drawn = append(p.drawn, Describe(row))
			p.logits = row
		}
	}
	p.logits = slices.Clone(p.logits)
	p.drawn = p.drawn[:len(p.ids)]
	return nil
}

// Describe measures the distribution that a row of logits stands for.
func Describe(logits []float32) Drawn {
	lse := kernel.LogSumExp(logits)
	var entropy float64
	first, second := math.Inf(-1), math.Inf(-1)
	for _, v := range logits {
		logp := float64(v) - lse
		entropy -= math.Exp(logp) * logp
		if logp > first {
			first, second = logp, first
		} else if logp > second {
			second = logp
		}
	}
	return Drawn{Entropy: entropy, Margin: math.Exp(first) - math.Exp(second), Known: true}
}

// prefixBytes is how much memory kept prefixes may take.
const prefixBytes = 512 << 20

// Prefixes keeps computed prompts for later sessions on the same model, the
// least recently used going first once they take more than 512 MiB. The zero
// value is ready. It belongs to one goroutine at a time.
type Prefixes struct {
	entries []*Prefix // most recently used last
}

// get returns the prefix of ids, computing it unless it is kept.
func (c *Prefixes) get(ctx context.Context, m *model.Model, ids []int, need needs) (*Prefix, error) {
	at := slices.IndexFunc(c.entries, func(p *Prefix) bool { return slices.Equal(p.ids, ids) })
	var p *Prefix
	if at >= 0 {
		p = c.entries[at]
		c.entries = slices.Delete(c.entries, at, at+1)
	}
	if p == nil || !p.serves(need) {
		var err error
		if p, err = computePrefix(ctx, m, ids, need); err != nil {
			return nil, err
		}
	}
	c.entries = append(c.entries, p)
	c.trim()
	return p, nil
}

// trim drops the least recently used prefixes until the rest fits.
func (c *Prefixes) trim() {
	total := 0
	for i := len(c.entries) - 1; i >= 0; i-- {
		if total += c.entries[i].bytes(); total > prefixBytes {
			c.entries = slices.Delete(c.entries, 0, i+1)
			return
		}
	}
}

// key identifies a prompt by its tokens.
func key(ids []int) string {
	b := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return string(b)
}
