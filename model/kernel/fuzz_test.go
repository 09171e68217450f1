//go:build amd64 && !purego

package kernel

import (
	"encoding/binary"
	"math"
	"testing"
)

// bitsOf makes n floats of any bits by repeating data.
func bitsOf(data []byte, n, off int) []float32 {
	x := make([]float32, n)
	var word [4]byte
	for i := range x {
		for j := range word {
			word[j] = data[(4*i+j+off)%len(data)]
		}
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(word[:]))
	}
	return x
}

// FuzzProducts compares the products in assembly with the exact reference, for
// weights and activations of any bits.
func FuzzProducts(f *testing.F) {
	for t := range allTypes {
		f.Add(uint8(t), uint8(5), uint8(3), uint8(t), uint8(2*t), []byte("\x00\x3c weights of some size, and\x80\x3f then some"))
	}
	f.Add(uint8(0), uint8(9), uint8(8), uint8(99), uint8(31), []byte{0, 0, 0x80, 0x7f, 0, 0, 0, 0x80, 1, 0, 0, 0, 0xff})
	f.Fuzz(func(t *testing.T, typ, outs, rows, blocks, off uint8, data []byte) {
		needAVX2(t)
		if len(data) == 0 {
			return
		}
		kind := allTypes[int(typ)%len(allTypes)]
		n, r := 1+int(outs)%14, 1+int(rows)%9
		cols := (1 + int(blocks)%100) * kind.BlockSize()
		if kind.BlockSize() > 1 {
			cols = (1 + int(blocks)%9) * kind.BlockSize()
		}
		w := make([]byte, n*kind.RowBytes(cols)+32)[off%32:]
		w = w[:n*kind.RowBytes(cols)]
		for i := range w {
			w[i] = data[i%len(data)]
		}
		x := shifted(bitsOf(data, r*cols, 1), int(off)&28)
		got, want := make([]float32, r*n), make([]float32, r*n)
		mulAVX2(got, n, x, r, kind, cols, w)
		mulFused(want, n, x, r, kind, cols, w)
		same(t, kind.String()+" product", got, want)

		dx, dz := bitsOf(data, r*cols, 2), bitsOf(data, r*cols, 2)
		dy := bitsOf(data, r*n, 3)
		f := make([]float32, n*cols)
		decodeAVX2(kind, f, w)
		accumulateAVX2(dx, cols, r, cols, dy, strides{row: n, step: 1}, f, cols, n)
		accumulateFused(dz, cols, r, cols, dy, strides{row: n, step: 1}, f, cols, n)
		same(t, kind.String()+" backward product", dx, dz)
	})
}

// FuzzVectors does the same for the functions of vectors.
func FuzzVectors(f *testing.F) {
	f.Add(uint8(0), uint8(0), []byte{1})
	f.Add(uint8(77), uint8(4), []byte("\x00\x00\x80\x3f\x00\x00\x20\xc1\xdb\x0f\x49\x40 and more"))
	f.Add(uint8(13), uint8(8), []byte{0, 0, 0x80, 0x7f, 0, 0, 0x80, 0xff, 0, 0, 0xc0, 0x7f, 0, 0, 0xb2, 0x42, 9})
	f.Fuzz(func(t *testing.T, size, off uint8, data []byte) {
		needAVX2(t)
		if len(data) == 0 {
			return
		}
		n := int(size) % 130
		x, y := shifted(bitsOf(data, n, 0), int(off)&28), bitsOf(data, n, 1)
		a := bitsOf(data, 1, 2)[0]
		same(t, "dot", []float32{dotAVX2(x, y)}, []float32{dotFused(x, y)})
		both := func(what string, run func(p *path, v []float32)) {
			got, want := shifted(y, int(off)&28), append([]float32(nil), y...)
			run(&avx2, got)
			run(&fused, want)
			same(t, what, got, want)
		}
		both("axpy", func(p *path, v []float32) { p.axpy(v, a, x) })
		both("scale", func(p *path, v []float32) { p.scale(v, a) })
		both("scaleMul", func(p *path, v []float32) { p.scaleMul(v, x, y, a) })
		both("swiglu", func(p *path, v []float32) { p.swiglu(v, x, y) })
		if n > 0 {
			both("softmax", func(p *path, v []float32) { p.softmax(v) })
		}
		for _, v := range x {
			same(t, "exp and sigmoid", []float32{avxExp(v), avxSigmoid(v)}, []float32{expFused(v), sigmoidFused(v)})
		}
	})
}
