package kernel

// path is one implementation of the kernels. Callers have checked all sizes.
// The portable functions say what each does.
type path struct {
	name       string
	decode     func(t Type, dst []float32, src []byte)
	mul        func(y []float32, yStride int, x []float32, rows int, t Type, cols int, w []byte)
	dots       func(y, a, b []float32, stride int)
	accumulate func(dst []float32, dstStride, rows, cols int, coef []float32, c strides, src []float32, srcStride, n int)
	dot        func(a, b []float32) float32
	axpy       func(y []float32, a float32, x []float32)
	scale      func(x []float32, factor float32)
	scaleMul   func(dst, x, w []float32, scale float32)
	swiglu     func(dst, gate, up []float32)
	softmax    func(x []float32) (max, sum float32)
	maximum    func(x []float32) float32
	sumExp     func(x []float32, shift float64) float64
	exp1       func(x float32) float32
	sigmoid1   func(x float32) float32
	read       func(b []float32) uint32
}

// strides says where the factor of destination row i at step t lies:
// i*row + t*step.
type strides struct{ row, step int }

// active is chosen once, from the processor.
var active = choose()

// Path names the kernels that run: "avx2" or "portable".
func Path() string { return active.name }
