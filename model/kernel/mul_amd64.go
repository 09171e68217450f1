//go:build !purego

package kernel

import (
	"sync"
	"unsafe"
)

//go:generate go run ./gen

// tileFunc is the form of the tiles in assembly: see avx2_asm_amd64.go.
type tileFunc func(y *float32, yStride int, x *float32, xStride int, w *byte, wStride, n, tail, count, yStep, xStep, wStep, ahead int)

// tiles are the ones of 4 weight rows by 1 and by 2 rows of x.
var tiles = [...][2]tileFunc{
	F32:  {avxTileF32_4x1, avxTileF32_4x2},
	F16:  {avxTileF16_4x1, avxTileF16_4x2},
	BF16: {avxTileBF16_4x1, avxTileBF16_4x2},
	Q8_0: {avxTileQ8_4x1, avxTileQ8_4x2},
	Q4_0: {avxTileQ4_4x1, avxTileQ4_4x2},
	Q4_1: {avxTileQ4Min_4x1, avxTileQ4Min_4x2},
}

// sliceBytes bounds the weights of one call of assembly, which the Go scheduler
// can't interrupt: some tens of microseconds.
const sliceBytes = 1 << 19

// operands are the sizes of a product, checked and in bytes where the assembly
// wants bytes.
type operands struct {
	y         []float32
	yStride   int // in elements
	x         []float32
	rows      int
	t         Type
	cols      int
	w         []byte
	wStride   int // in bytes
	n, tail   int // groups of a weight row, elements after them
	outs      int // weight rows
	lineBytes int // of a row of x
}

// mulAVX2 is mulPortable. One and two rows of x meet the weights as they are
// stored; more use weights dequantised four rows at a time.
func mulAVX2(y []float32, yStride int, x []float32, rows int, t Type, cols int, w []byte) {
	size := t.RowBytes(cols)
	o := operands{y: y, yStride: yStride, x: x, rows: rows, t: t, cols: cols, w: w, wStride: size, outs: len(w) / size, lineBytes: 4 * cols}
	if o.outs == 0 || rows == 0 {
		return
	}
	_, _ = x[rows*cols-1], y[(rows-1)*yStride+o.outs-1] // what assembly will touch
	group := max(8, t.BlockSize())
	o.n, o.tail = cols/group, cols%group
	whole := o.outs &^ 3
	switch {
	case t == F32 && rows <= 3 || rows <= 2 && o.tail == 0:
		o.stream(whole)
	case t == F32:
		for i := 0; i < whole; i += 4 {
			o.panel(i, w[i*size:(i+4)*size])
		}
	default:
		o.decoded(whole)
	}
	o.lone(whole)
}

// stream multiplies the first outs weight rows, a multiple of 4, by all rows of
// x in one go.
func (o *operands) stream(outs int) {
	f := avxTileF32_4x3
	if o.rows <= 2 {
		f = tiles[o.t][o.rows-1]
	}
	step := max(sliceBytes/o.wStride&^3, 4)
	for i := 0; i < outs; i += step {
		n := min(step, outs-i)
		w := o.w[i*o.wStride : (i+n)*o.wStride]
		f(&o.y[i], 4*o.yStride, &o.x[0], o.lineBytes, &w[0], o.wStride, o.n, o.tail, n/4, 16, 0, 4*o.wStride, 4*o.wStride)
	}
}

// panel multiplies 4 weight rows, those that begin with output i, in F32 by all
// rows of x, three at a time; a remainder of four is two and two.
func (o *operands) panel(i int, w []byte) {
	threes := o.rows / 3
	if o.rows%3 == 1 {
		threes--
	}
	o.panelTiles(avxTileF32_4x3, 3, i, w, 0, threes)
	rest := o.rows - 3*threes
	o.panelTiles(avxTileF32_4x2, 2, i, w, 3*threes, rest/2)
}

// panelTiles runs count tiles of xRows rows of x, from row first on.
func (o *operands) panelTiles(f tileFunc, xRows, i int, w []byte, first, count int) {
	if count == 0 {
		return
	}
	line := o.lineBytes
	f(&o.y[first*o.yStride+i], 4*o.yStride, &o.x[first*o.cols], line, &w[0], line, o.cols/8, o.cols%8, count, xRows*4*o.yStride, xRows*line, 0, 0)
}

// decoded multiplies the first outs weight rows, a multiple of 4, dequantised.
func (o *operands) decoded(outs int) {
	scratch := scratches.Get().(*[]float32)
	defer scratches.Put(scratch)
	if cap(*scratch) < 4*o.cols {
		*scratch = make([]float32, 4*o.cols)
	}
	w := (*scratch)[:4*o.cols]
	for i := 0; i < outs; i += 4 {
		for r := range 4 {
			decodeAVX2(o.t, w[r*o.cols:(r+1)*o.cols], o.w[(i+r)*o.wStride:(i+r+1)*o.wStride])
		}
		if o.rows >= 2 {
			o.panel(i, floatBytes(w))
			continue
		}
		o.panelTiles(avxTileF32_4x1, 1, i, floatBytes(w), 0, 1)
	}
}

// lone multiplies the last, up to three, weight rows one by one.
func (o *operands) lone(first int) {
	if first == o.outs {
		return
	}
	scratch := scratches.Get().(*[]float32)
	defer scratches.Put(scratch)
	if cap(*scratch) < o.cols {
		*scratch = make([]float32, 4*o.cols)
	}
	for i := first; i < o.outs; i++ {
		w := o.w[i*o.wStride : (i+1)*o.wStride]
		if o.t != F32 {
			decodeAVX2(o.t, (*scratch)[:o.cols], w)
			w = floatBytes((*scratch)[:o.cols])
		}
		avxTileF32_1x1(&o.y[i], 0, &o.x[0], 0, &w[0], 0, o.cols/8, o.cols%8, o.rows, 4*o.yStride, o.lineBytes, 0, 0)
	}
}

// scratches holds room for dequantised weight rows.
var scratches = sync.Pool{New: func() any { return new([]float32) }}

func floatBytes(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// dotsAVX2 is dotsPortable: a product of one row of x, with weight rows that
// lie stride apart.
func dotsAVX2(y, a, b []float32, stride int) {
	n, d := len(y), len(a)
	if n == 0 {
		return
	}
	if d == 0 {
		clear(y)
		return
	}
	w := floatBytes(b[:(n-1)*stride+d])
	whole := n &^ 3
	if whole > 0 {
		avxTileF32_4x1(&y[0], 0, &a[0], 0, &w[0], 4*stride, d/8, d%8, whole/4, 16, 0, 16*stride, 16*stride)
	}
	if whole < n {
		avxTileF32_1x1(&y[whole], 0, &a[0], 0, &w[4*whole*stride], 0, d/8, d%8, n-whole, 4, 0, 4*stride, 0)
	}
}

// dotAVX2 is dotPortable.
func dotAVX2(a, b []float32) float32 {
	if len(a) == 0 {
		return 0
	}
	var y float32
	w := floatBytes(b[:len(a)])
	avxTileF32_1x1(&y, 0, &a[0], 0, &w[0], 0, len(a)/8, len(a)%8, 1, 0, 0, 0, 0)
	return y
}
