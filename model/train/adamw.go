package train

import (
	"fmt"
	"math"

	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"

	"tiller/model"
	"tiller/model/kernel"
)

// adamW is the optimiser of Loshchilov and Hutter 2019 (arXiv 1711.05101):
// Adam with weight decay apart from the gradient. spago's own decays norms like
// matrices, multiplies the decay by the bias correction as well, and leaves the
// rounding of its sums to its kernels; here every sum is spelled out, so that no
// compiler rounds it otherwise.
type adamW struct {
	beta1, beta2 float64
	epsilon      float64
	// decay is the weight decay, times the learning rate at each step. Norms
	// are not decayed.
	decay float64

	parameters []model.Parameter
	moments    []moments
}

// moments are the running means of a parameter's gradient and of its square.
type moments struct{ first, second []float32 }

func newAdamW(o Options, parameters []model.Parameter) *adamW {
	a := &adamW{beta1: o.Beta1, beta2: o.Beta2, epsilon: 1e-8, decay: o.WeightDecay, parameters: parameters}
	for _, p := range parameters {
		n := len(mat.Data[float32](p.Param))
		a.moments = append(a.moments, moments{make([]float32, n), make([]float32, n)})
	}
	return a
}

// step changes every parameter by its gradient times scale, and forgets the
// gradient. Steps count from 1.
func (a *adamW) step(pool *kernel.Pool, step int, rate float64, scale float32) {
	bias1 := 1 - math.Pow(a.beta1, float64(step))
	bias2 := 1 - math.Pow(a.beta2, float64(step))
	rule := updateRule{
		beta1: float32(a.beta1), beta2: float32(a.beta2), scale: scale,
		rate: float32(rate / bias1), bias2: float32(1 / bias2), epsilon: float32(a.epsilon),
	}
	pool.Run(len(a.parameters), 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			p := a.parameters[i].Param
			if !p.HasGrad() {
				continue
			}
			r := rule
			if isMatrix(p) {
				r.decay = float32(rate * a.decay)
			}
			r.apply(mat.Data[float32](p), mat.Data[float32](p.Grad()), a.moments[i])
			p.ZeroGrad()
		}
	})
}

// isMatrix tells weights that are decayed from the gains of norms.
func isMatrix(p *nn.Param) bool { return p.Shape()[0] > 1 }

type updateRule struct {
	beta1, beta2, scale, rate, bias2, epsilon, decay float32
}

func (u updateRule) apply(w, grad []float32, m moments) {
	for i := range w {
		g := u.scale * grad[i]
		m.first[i] = float32(u.beta1*m.first[i]) + float32((1-u.beta1)*g)
		m.second[i] = float32(u.beta2*m.second[i]) + float32(float32((1-u.beta2)*g)*g)
		root := float32(math.Sqrt(float64(float32(m.second[i] * u.bias2))))
		w[i] -= float32(u.decay*w[i]) + float32(u.rate*m.first[i])/(root+u.epsilon)
	}
}

// gradientNorm is the L2 norm of all gradients together.
func gradientNorm(parameters []model.Parameter) (float64, error) {
	var sum float64
	for _, p := range parameters {
		if !p.HasGrad() {
			continue
		}
		sum += float64(kernel.SumSquares(mat.Data[float32](p.Grad())))
	}
	norm := math.Sqrt(sum)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, fmt.Errorf("the gradient is not finite any more: the training has diverged, so try a lower learning rate")
	}
	return norm, nil
}
