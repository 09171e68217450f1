package train

import (
	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/mat"

	"tiller/model/kernel"
)

// CrossEntropy is the loss sum over rows of weights[r] * -log softmax(logits
// [r])[targets[r]] / divisor, for logits [rows, vocab]. Weights may be
// negative, as those of a policy gradient are: minus the log-probability of a
// token weighted by its advantage is REINFORCE (Williams 1992).
func CrossEntropy(pool *kernel.Pool, logits mat.Tensor, targets []int, weights []float32, divisor float32) mat.Tensor {
	return ag.NewOperator(&crossEntropy{pool: pool, logits: logits, targets: targets, weights: weights, divisor: divisor}).Run()
}

type crossEntropy struct {
	pool    *kernel.Pool
	logits  mat.Tensor
	targets []int
	weights []float32
	divisor float32
}

// lossGrain is how many rows are worth waking a worker for.
const lossGrain = 64

func (o *crossEntropy) Operands() []mat.Tensor { return []mat.Tensor{o.logits} }

func (o *crossEntropy) Forward() (mat.Tensor, error) {
	rows, vocab := o.logits.Shape()[0], o.logits.Shape()[1]
	logits := mat.Data[float32](o.logits)
	losses := make([]float64, rows)
	o.pool.Run(rows, lossGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			if o.weights[r] == 0 {
				continue
			}
			row := logits[r*vocab : (r+1)*vocab]
			losses[r] = float64(o.weights[r]) * (kernel.LogSumExp(row) - float64(row[o.targets[r]]))
		}
	})
	var sum float64
	for _, loss := range losses { // in order, whatever the number of threads
		sum += loss
	}
	return mat.Scalar(float32(sum / float64(o.divisor))), nil
}

func (o *crossEntropy) Backward(gy mat.Tensor) error {
	rows, vocab := o.logits.Shape()[0], o.logits.Shape()[1]
	logits := mat.Data[float32](o.logits)
	g := mat.NewDense[float32](mat.WithShape(rows, vocab))
	grad := mat.Data[float32](g)
	scale := gy.Item().F32() / o.divisor
	o.pool.Run(rows, lossGrain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			if o.weights[r] == 0 {
				continue
			}
			row := grad[r*vocab : (r+1)*vocab]
			copy(row, logits[r*vocab:(r+1)*vocab])
			kernel.Softmax(row)
			row[o.targets[r]]--
			k := scale * o.weights[r]
			for i := range row {
				row[i] *= k
			}
		}
	})
	o.logits.AccGrad(g)
	return nil
}
