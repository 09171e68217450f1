package model

import (
	"fmt"
	"math"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model/checkpoint/badfile"
)

// Rope is the rotary position embedding of Su et al. 2021 (arXiv 2104.09864):
// the pairs of a query or key head are turned by an angle that grows with the
// position.
type Rope struct {
	Theta float64
	// Interleaved pairs dimension 2i with 2i+1, as llama.cpp lays out its Llama
	// weights; otherwise i is paired with i + HeadDim/2, as Hugging Face does.
	Interleaved bool
	Scaling     RopeScaling
	// Factors divide the frequency of each pair, [HeadDim/2]; nil for none.
	// GGUF files carry the scaling of Llama 3 this way.
	Factors []float32
}

// RopeScaling stretches the rotary frequencies for contexts longer than those
// of the first training.
type RopeScaling struct {
	Kind            string // "", "linear" or "llama3"
	Factor          float64
	LowFreqFactor   float64 // llama3 only
	HighFreqFactor  float64 // llama3 only
	OriginalContext float64 // llama3 only
}

func (r Rope) check() error {
	if !(r.Theta > 0) || math.IsInf(r.Theta, 0) {
		return fmt.Errorf("the rotary base is %g, which is not a positive number", r.Theta)
	}
	s := r.Scaling
	switch s.Kind {
	case "":
		return nil
	case "linear":
	case "llama3":
		if !(s.LowFreqFactor > 0) || !(s.HighFreqFactor > s.LowFreqFactor) || !(s.OriginalContext > 0) {
			return fmt.Errorf("the llama3 rope scaling needs 0 < low_freq_factor < high_freq_factor and a positive original context, not %g, %g and %g",
				s.LowFreqFactor, s.HighFreqFactor, s.OriginalContext)
		}
	default:
		return fmt.Errorf("rope scaling %s is not supported; supported are linear and llama3", badfile.Quote(s.Kind))
	}
	if !(s.Factor > 0) || math.IsInf(s.Factor, 0) {
		return fmt.Errorf("the rope scaling factor is %g, which is not a positive number", s.Factor)
	}
	return nil
}

// maxFrequency keeps the angle of the last position of any context within
// float32. Real frequencies are at most 1.
const maxFrequency = math.MaxFloat32 / maxContext

// frequencies returns the angle per position of each pair, [headDim/2].
func (r Rope) frequencies(headDim int) ([]float32, error) {
	if r.Factors != nil && len(r.Factors) != headDim/2 {
		return nil, fmt.Errorf("there are %d rope factors for %d pairs of a head", len(r.Factors), headDim/2)
	}
	freqs := make([]float32, headDim/2)
	for i := range freqs {
		f := r.Scaling.scale(1 / math.Pow(r.Theta, float64(2*i)/float64(headDim)))
		if r.Factors != nil {
			f /= float64(r.Factors[i])
		}
		if !(f <= maxFrequency) {
			return nil, fmt.Errorf("the rotary embedding turns pair %d of a head by %g at every position: its base, scaling or factors are damaged", i, f)
		}
		freqs[i] = float32(f)
	}
	return freqs, nil
}

// scale stretches one frequency. The llama3 kind leaves short wavelengths
// alone, divides long ones by the factor and blends between (as in the Llama
// 3.1 reference code, and transformers' modeling_rope_utils).
func (s RopeScaling) scale(f float64) float64 {
	switch s.Kind {
	case "linear":
		return f / s.Factor
	case "llama3":
		turns := s.OriginalContext * f / (2 * math.Pi) // full turns within the original context
		if turns < s.LowFreqFactor {
			return f / s.Factor
		}
		if turns > s.HighFreqFactor {
			return f
		}
		smooth := (turns - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
		return (1-smooth)*f/s.Factor + smooth*f
	}
	return f
}

// angles fills cos and sin, [rows, headDim/2], for the rows' positions. The
// angle itself is rounded to float32, as the reference implementations do.
func angles(cos, sin []float32, rows []Row, freqs []float32) {
	for r, row := range rows {
		for i, f := range freqs {
			a := float64(float32(row.Position) * f)
			cos[r*len(freqs)+i] = float32(math.Cos(a))
			sin[r*len(freqs)+i] = float32(math.Sin(a))
		}
	}
}

// rotate is the operator that turns the query and key heads of a fused
// [rows, (Heads + 2 KVHeads) * HeadDim] tensor; values pass unchanged.
type rotate struct {
	p   *pass
	qkv mat.Tensor
}

func (o *rotate) Operands() []mat.Tensor { return []mat.Tensor{o.qkv} }

func (o *rotate) Forward() (mat.Tensor, error) {
	y := o.p.likewise(o.qkv)
	o.p.turn(mat.Data[float32](y), 1)
	return y, nil
}

func (o *rotate) Backward(gy mat.Tensor) error {
	gx := dense(gy.Shape()[0], gy.Shape()[1])
	copy(mat.Data[float32](gx), mat.Data[float32](gy))
	o.p.turn(mat.Data[float32](gx), -1)
	o.qkv.AccGrad(gx)
	return nil
}

// turn rotates query and key heads of data in place, forwards (direction 1) or
// back (-1).
func (p *pass) turn(data []float32, direction float32) {
	c := &p.net.config
	width := (c.Heads + 2*c.KVHeads) * c.HeadDim
	half := c.HeadDim / 2
	p.net.pool.Run(len(p.rows), rowGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			cos, sin := p.cos[r*half:(r+1)*half], p.sin[r*half:(r+1)*half]
			row := data[r*width : (r+1)*width]
			for head := 0; head < c.Heads+c.KVHeads; head++ {
				turnHead(row[head*c.HeadDim:(head+1)*c.HeadDim], cos, sin, direction, c.Rope.Interleaved)
			}
		}
	})
}

// turnHead rotates the pairs of one head. Products are rounded one by one so
// that no compiler fuses them differently.
func turnHead(x, cos, sin []float32, direction float32, interleaved bool) {
	half := len(cos)
	sin = sin[:half]
	if interleaved {
		for i, c := range cos {
			s := direction * sin[i]
			a, b := x[2*i], x[2*i+1]
			x[2*i] = float32(a*c) - float32(b*s)
			x[2*i+1] = float32(a*s) + float32(b*c)
		}
		return
	}
	lower, upper := x[:half], x[half:2*half]
	for i, c := range cos {
		s := direction * sin[i]
		a, b := lower[i], upper[i]
		lower[i] = float32(a*c) - float32(b*s)
		upper[i] = float32(a*s) + float32(b*c)
	}
}
