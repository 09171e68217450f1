//go:build !purego

package kernel

import (
	"math"
	"sync"
	"unsafe"
)

//go:generate go run ./gen

// tileFunc is the form of the tiles in assembly: see avx2_asm_amd64.go.
type tileFunc func(y *float32, yStride int, x *float32, xStride int, w *byte, wStride, n, tail, count, yStep, xStep, wStep, near, nearStride, nearStep, far int)

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

	// xBytes of x stay in the second cache while panel after panel uses them.
	// For more, groupBytes of weights stay there while tile after tile of x
	// uses them.
	xBytes     = 3 << 18
	groupBytes = 3 << 17
)

// storedRows is how many rows of x still meet the weights as they are stored;
// for more it pays to dequantise a panel first.
var storedRows = [...]int{F32: math.MaxInt, F16: 24, BF16: 24, Q8_0: 6, Q4_0: 3, Q4_1: 3}

// product multiplies weight rows of one type by rows of x.
type product struct {
	y       []float32
	yStride int // in elements
	x       []float32
	cols    int
	wStride int // bytes of a weight row
	n, tail int // groups of a weight row, elements after them
	tiles   *[3]tileFunc
	cuts    [2]cut // how tiles cover the rows of x

	together int // panels that are used together
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
	p := product{y: y, yStride: yStride, x: x, cols: cols}
	whole := outs / panelRows * panelRows
	if rows > storedRows[t] || t != F32 && cols%max(8, t.BlockSize()) > 0 {
		p.use(F32, rows)
		p.prefetch = prefetch{}
		p.dequantised(t, whole, w)
	} else {
		p.use(t, rows)
		p.stored(whole, w)
	}
	p.lone(t, rows, whole, w)
}

// use chooses tiles for weights of type t and rows of x.
func (p *product) use(t Type, rows int) {
	group := max(8, t.BlockSize())
	p.wStride, p.n, p.tail = t.RowBytes(p.cols), p.cols/group, p.cols%group
	p.tiles, p.prefetch = &tiles[t], prefetchOf(t, p.wStride)
	threes, rest := rows/3, rows%3
	if rest == 1 && threes > 0 { // two tiles of 2 cost less than 3 and 1
		threes, rest = threes-1, 4
	}
	width := min(rest, 2)
	p.cuts = [2]cut{{0, 3, threes}, {3 * threes, width, rest / max(width, 1)}}

	panel := panelRows * p.wStride
	switch {
	case rows <= 3: // one tile: no panel is used twice
		p.together = max(1, sliceBytes/panel)
	case 4*rows*p.cols > xBytes:
		p.together = max(1, groupBytes/panel)
	default:
		p.together = 1
	}
}

// stored multiplies weight rows 0..outs-1 as they are stored.
func (p *product) stored(outs int, w []byte) {
	for i := 0; i < outs; {
		n := min(outs-i, panelRows*p.together)
		p.panels(i, w[i*p.wStride:(i+n)*p.wStride])
		i += n
	}
}

// dequantised does the same for weights of type t.
func (p *product) dequantised(t Type, outs int, w []byte) {
	p.together = min(p.together, groupBytes/(panelRows*p.wStride)+1)
	scratch := getScratch(p.together * panelRows * p.cols)
	defer scratches.Put(scratch)
	size := t.RowBytes(p.cols)
	for i := 0; i < outs; {
		n := min(outs-i, panelRows*p.together)
		f := (*scratch)[:n*p.cols]
		decodeAhead(t, f, w[i*size:(i+n)*size], panelRows*size)
		p.panels(i, floatBytes(f))
		i += n
	}
}

// panels multiplies some panels, which begin with output i, by all rows of x:
// one panel by all tiles of x in turn, or one tile of x by all panels.
func (p *product) panels(i int, w []byte) {
	line, panel := 4*p.cols, panelRows*p.wStride
	n := len(w) / panel
	for _, c := range p.cuts {
		if n == 1 && c.count > 0 {
			p.tile(c.width, c.first, i, w, c.count, 4*c.width*p.yStride, c.width*line, 0)
			continue
		}
		for k := range c.count {
			p.tile(c.width, c.first+k*c.width, i, w, n, 4*panelRows, 0, panel)
		}
	}
}

// tile calls assembly for width rows of x from row r on, and count times, with
// y, x and w moved by their steps.
func (p *product) tile(width, r, i int, w []byte, count, yStep, xStep, wStep int) {
	f := p.prefetch
	p.tiles[width-1](&p.y[r*p.yStride+i], 4*p.yStride, &p.x[r*p.cols], 4*p.cols, &w[0], p.wStride, p.n, p.tail,
		count, yStep, xStep, wStep, f.near, f.nearStride, f.nearStep, f.far)
}

// lone multiplies the up to three weight rows from outs on, one by one.
func (p *product) lone(t Type, rows, outs int, w []byte) {
	size := t.RowBytes(p.cols)
	w = w[outs*size:]
	if len(w) == 0 {
		return
	}
	scratch := getScratch(p.cols)
	defer scratches.Put(scratch)
	for i := outs; len(w) > 0; i, w = i+1, w[size:] {
		row := w
		if t != F32 {
			decodeAVX2(t, *scratch, w[:size])
			row = floatBytes(*scratch)
		}
		avxTileF32_1x1(&p.y[i], 0, &p.x[0], 0, &row[0], 0, p.cols/8, p.cols%8, rows, 4*p.yStride, 4*p.cols, 0, 0, 0, 0, 0)
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

func floatBytes(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// prefetch says how far ahead of the weights in use tiles ask memory for
// others, in bytes: see fetch in gen/tile.go.
type prefetch struct{ near, nearStride, nearStep, far int }

// nearBytes is how far along a row its own next columns are asked for.
const nearBytes = 512

// longRow is the size of weight rows from which two panels and x no longer fit
// together into the first cache.
const longRow = 2560

// prefetchOf is for panels of rows of size bytes that follow each other. The
// whole next panel is fetched while one is in use, in the order in which it
// lies in memory, which reads half as fast again as four rows at a time: into
// the first cache if it fits, and else into the second, from where each row is
// fetched shortly before its use.
func prefetchOf(t Type, size int) prefetch {
	step := cacheLine
	if t.BlockSize() > 1 {
		step = t.BlockBytes()
	}
	if size < longRow {
		return prefetch{near: panelRows * size, nearStride: step, nearStep: panelRows * step}
	}
	return prefetch{near: nearBytes, nearStride: size, nearStep: step, far: panelRows * size}
}

const cacheLine = 64
