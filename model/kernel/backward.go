package kernel

import "fmt"

// MatMulT is the backward of MatMul for activations: it writes to dx
// [rows, w.Cols], or adds to it if accumulate is set,
//
//	dx[r, k] = sum over o of dy[r*dyStride + o] w[o, k]
//
// in increasing o, starting from dx[r, k] or from 0.
func (p *Pool) MatMulT(dx, dy []float32, rows, dyStride int, w Matrix, accumulate bool) {
	w.check()
	if rows < 0 || len(dx) != rows*w.Cols {
		panic(fmt.Sprintf("kernel: dx of %d elements is not [%d, %d]", len(dx), rows, w.Cols))
	}
	checkStrided("dy", dy, rows, w.Rows, dyStride)
	if !accumulate {
		clear(dx)
	}
	if rows == 0 || w.Rows == 0 || w.Cols == 0 {
		return
	}
	p.Run(w.Cols, grain(w.Cols, w.Rows*rows, colGrain), func(lo, hi int) { transposedRange(dx, dy, rows, dyStride, w, lo, hi) })
}

// colGrain is a multiple of every block size and of the columns that kernels
// take together.
const colGrain = 96

// decodedRows is how many weight rows are dequantised at a time: their columns
// stay in the cache while all rows of dy use them.
const decodedRows = 32

// transposedRange adds to columns lo..hi-1 of dx.
func transposedRange(dx, dy []float32, rows, dyStride int, w Matrix, lo, hi int) {
	width := hi - lo
	block := make([]float32, min(decodedRows, w.Rows)*width)
	from, to := w.Type.RowBytes(lo), w.Type.RowBytes(hi)
	for o := 0; o < w.Rows; o += decodedRows {
		n := min(decodedRows, w.Rows-o)
		for i := range n {
			active.decode(w.Type, block[i*width:(i+1)*width], w.rows(o+i, o+i+1)[from:to])
		}
		active.accumulate(dx[lo:], w.Cols, rows, width, dy[o:], strides{row: dyStride, step: 1}, block, width, n)
	}
}

// OuterAdd is the backward of MatMul for an F32 weight: it adds to dw
// [out, cols]
//
//	dw[o, k] += sum over r of dy[r*dyStride + o] x[r, k]
//
// in increasing r.
func (p *Pool) OuterAdd(dw, dy, x []float32, rows, dyStride, out, cols int) {
	if rows < 0 || out < 0 || cols < 0 || len(dw) != out*cols || len(x) != rows*cols {
		panic(fmt.Sprintf("kernel: dw of %d and x of %d elements are not [%d, %d] and [%d, %d]", len(dw), len(x), out, cols, rows, cols))
	}
	checkStrided("dy", dy, rows, out, dyStride)
	if rows == 0 || out == 0 || cols == 0 {
		return
	}
	p.Run(out, grain(out, cols*rows, outGrain), func(lo, hi int) {
		active.accumulate(dw[lo*cols:], cols, hi-lo, cols, dy[lo:], strides{row: 1, step: dyStride}, x, cols, rows)
	})
}

// checkStrided panics unless v holds rows of width elements, stride apart.
func checkStrided(name string, v []float32, rows, width, stride int) {
	if rows == 0 {
		return
	}
	if stride < width || len(v) < (rows-1)*stride+width {
		panic(fmt.Sprintf("kernel: %s of %d elements doesn't hold %d rows of %d, %d apart", name, len(v), rows, width, stride))
	}
}
