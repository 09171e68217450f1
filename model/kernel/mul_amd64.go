//go:build !purego

package kernel

import (
	"math"
	"sync"
)

//go:generate go run ./gen

// tileFunc is the form of the tiles in assembly: see avx2_asm_amd64.go.
type tileFunc func(y *float32, yStride int, x *float32, xStride int, w *byte, wStride, n, tail, count, yStep, xStep, wStep, near, nearStride, nearStep, far int, sums *float32, more int)

// tiles are the ones of 4 weight rows by 1, 2 and 3 rows of x.
var tiles = [...][3]tileFunc{
	F32:  {avxTileF32_4x1, avxTileF32_4x2, avxTileF32_4x3},
	F16:  {avxTileF16_4x1, avxTileF16_4x2, avxTileF16_4x3},
	BF16: {avxTileBF16_4x1, avxTileBF16_4x2, avxTileBF16_4x3},
	Q8_0: {avxTileQ8_4x1, avxTileQ8_4x2, avxTileQ8_4x3},
	Q4_0: {avxTileQ4_4x1, avxTileQ4_4x2, avxTileQ4_4x3},
	Q4_1: {avxTileQ4Min_4x1, avxTileQ4Min_4x2, avxTileQ4Min_4x3},
}

const (
	panelRows = 4 // weight rows of a tile

	// sliceBytes bounds the weights of one call of assembly, which the Go
	// scheduler can't interrupt: some tens of microseconds.
	sliceBytes = 1 << 19

	// blockCols is how many columns are multiplied at a time when several tiles
	// share a panel: so many of its columns and a tile's stay in the first
	// cache. The partial sums wait in memory in between, which changes no bit.
	blockCols = 768

	// fewRows of x don't repay that for weights that need no dequantising.
	fewRows = 24
)

// storedRows is how many rows of x still meet the weights as they are stored;
// for more it pays to dequantise a panel first.
var storedRows = [...]int{F32: math.MaxInt, F16: fewRows, BF16: fewRows, Q8_0: 6, Q4_0: 3, Q4_1: 3}

// product multiplies weight rows by rows of x.
type product struct {
	y       []float32
	yStride int // in elements
	x       []float32
	rows    int
	cols    int

	t       Type   // of the weights that tiles read: stored, or F32 after dequantising
	from    Type   // of the weights as they are stored
	size    int    // bytes of a stored weight row
	cuts    [2]cut // how tiles cover the rows of x
	decoded []float32
	sums    []float32
	prefetch
}

// cut is count tiles of width rows of x, from row first on.
type cut struct{ first, width, count int }

// mulAVX2 is mulPortable.
func mulAVX2(y []float32, yStride int, x []float32, rows int, t Type, cols int, w []byte) {
	size := t.RowBytes(cols)
	outs := len(w) / size
	if outs == 0 || rows == 0 {
		return
	}
	_, _ = x[rows*cols-1], y[(rows-1)*yStride+outs-1] // what assembly will touch
	p := product{y: y, yStride: yStride, x: x, rows: rows, cols: cols, t: t, from: t, size: size, cuts: cutRows(rows)}
	if rows > storedRows[t] || t != F32 && cols%tileGroup(t) > 0 {
		p.t = F32
		scratch := getScratch(panelRows * min(cols, blockCols))
		defer scratches.Put(scratch)
		p.decoded = *scratch
	} else {
		p.prefetch = prefetchOf(t, size)
	}
	whole := outs / panelRows * panelRows
	if rows <= 3 && p.t == t {
		p.stream(whole, w)
	} else {
		p.panels(whole, w)
	}
	p.lone(whole, w)
}

// cutRows covers rows with tiles of 3 and 2, and of 1 only if there is no other
// row: two tiles of 2 cost less than 3 and 1.
func cutRows(rows int) [2]cut {
	threes, rest := rows/3, rows%3
	if rest == 1 && threes > 0 {
		threes, rest = threes-1, 4
	}
	width := min(rest, 2)
	return [2]cut{{0, 3, threes}, {3 * threes, width, rest / max(width, 1)}}
}

// tileGroup is the number of columns that tiles of type t take at a time.
func tileGroup(t Type) int { return max(8, t.BlockSize()) }

// stream multiplies weight rows 0..outs-1 by rows of x that one tile holds.
func (p *product) stream(outs int, w []byte) {
	step := max(1, sliceBytes/(panelRows*p.size)) * panelRows
	for i := 0; i < outs; i += step {
		n := min(step, outs-i)
		p.tile(&call{i: i, width: p.rows, w: w[i*p.size : (i+n)*p.size], stride: p.size, cols: p.cols,
			count: n / panelRows, yStep: 4 * panelRows, wStep: panelRows * p.size})
	}
}

// panels multiplies weight rows 0..outs-1, each panel by all tiles of x in turn.
func (p *product) panels(outs int, w []byte) {
	block := p.cols
	if p.decoded != nil || p.rows > fewRows {
		block = min(block, blockCols)
	}
	if block < p.cols {
		scratch := getScratch(8 * panelRows * p.rows)
		defer scratches.Put(scratch)
		p.sums = *scratch
	}
	for i := 0; i < outs; i += panelRows {
		clear(p.sums)
		for k := 0; k < p.cols; k += block {
			n := min(block, p.cols-k)
			c := call{i: i, k: k, cols: n}
			c.w, c.stride = p.part(w[i*p.size:(i+panelRows)*p.size], k, n)
			for _, cut := range p.cuts {
				c.first, c.width, c.count = cut.first, cut.width, cut.count
				c.yStep, c.xStep = 4*cut.width*p.yStride, 4*cut.width*p.cols
				p.tile(&c)
			}
		}
	}
}

// part is columns k..k+n-1 of a panel, dequantised if tiles want that, and the
// bytes from row to row.
func (p *product) part(panel []byte, k, n int) (w []byte, stride int) {
	from, bytes := p.from.RowBytes(k), p.from.RowBytes(n)
	if p.decoded == nil {
		return panel[from:], p.size
	}
	for r := range panelRows {
		decodeAhead(p.from, p.decoded[r*n:(r+1)*n], panel[r*p.size+from:][:bytes], len(panel))
	}
	return floatBytes(p.decoded[:panelRows*n]), 4 * n
}

// call is one call of a tile in assembly.
type call struct {
	i                   int    // the first output
	first, width        int    // rows of x
	k, cols             int    // columns of x and w
	w                   []byte // from column k on
	stride              int    // bytes of a row of w
	count               int
	yStep, xStep, wStep int
}

func (p *product) tile(c *call) {
	if c.count == 0 {
		return
	}
	var sums *float32
	more := 0
	if p.sums != nil {
		sums = &p.sums[8*panelRows*c.first]
		if c.k+c.cols < p.cols {
			more = 1
		}
	}
	group, f := tileGroup(p.t), p.prefetch
	tiles[p.t][c.width-1](&p.y[c.first*p.yStride+c.i], 4*p.yStride, &p.x[c.first*p.cols+c.k], 4*p.cols, &c.w[0], c.stride,
		c.cols/group, c.cols%group, c.count, c.yStep, c.xStep, c.wStep, f.near, f.nearStride, f.nearStep, f.far, sums, more)
}

// lone multiplies the up to three weight rows from outs on, one by one.
func (p *product) lone(outs int, w []byte) {
	w = w[outs*p.size:]
	if len(w) == 0 {
		return
	}
	scratch := getScratch(p.cols)
	defer scratches.Put(scratch)
	for i := outs; len(w) > 0; i, w = i+1, w[p.size:] {
		row := w
		if p.from != F32 {
			decodeAVX2(p.from, *scratch, w[:p.size])
			row = floatBytes(*scratch)
		}
		avxTileF32_1x1(&p.y[i], 0, &p.x[0], 0, &row[0], 0, p.cols/8, p.cols%8, p.rows, 4*p.yStride, 4*p.cols, 0, 0, 0, 0, 0, nil, 0)
	}
}

// scratches holds room for dequantised weight rows.
var scratches = sync.Pool{New: func() any { return new([]float32) }}

// getScratch is n floats to be put back into scratches.
func getScratch(n int) *[]float32 {
	s := scratches.Get().(*[]float32)
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
	return s
}

// prefetch says how far ahead of the weights in use tiles ask memory for
// others, in bytes: see fetch in gen/tile.go.
type prefetch struct{ near, nearStride, nearStep, far int }

// nearBytes is how far along a row its own next columns are asked for.
const nearBytes = 512

// longRow is the size of weight rows from which on two panels and x fill too
// much of the first cache.
const longRow = 2048

// prefetchOf is for panels of rows of size bytes that follow each other. While
// one is in use, another is fetched whole, in the order in which it lies in
// memory, which reads half as fast again as its four rows side by side: the
// next one into the first cache if it fits, and else the next but one into the
// second, from where each row is fetched shortly before its use.
func prefetchOf(t Type, size int) prefetch {
	step := cacheLine
	if t.BlockSize() > 1 {
		step = t.BlockBytes()
	}
	if size < longRow {
		return prefetch{near: panelRows * size, nearStride: step, nearStep: panelRows * step}
	}
	return prefetch{near: nearBytes, nearStride: size, nearStep: step, far: 2 * panelRows * size}
}

const cacheLine = 64
