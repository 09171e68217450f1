//go:build amd64 && !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func needAVX2(t testing.TB) {
	if choose() != &avx2 {
		t.Skip("this processor has no AVX2, FMA and F16C")
	}
}

// shifted copies x to an address that is off bytes beyond a multiple of 32.
func shifted(x []float32, off int) []float32 {
	b := make([]byte, 4*len(x)+64)
	skip := (32-int(uintptr(unsafe.Pointer(&b[0]))%32))%32 + off
	out := unsafe.Slice((*float32)(unsafe.Pointer(&b[skip])), len(x))
	copy(out, x)
	return out
}

// same fails unless got and want have the same bits; any NaN equals any other.
func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: element %d is %g (%#08x), want %g (%#08x)", what, i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

func TestAVX2MulEqualsReference(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(7, 8))
	for _, typ := range allTypes {
		step := typ.BlockSize()
		for cols := step; cols <= 100*step; cols += step {
			if step > 1 && cols > 12*step {
				break
			}
			outs, rows, off := 1+r.IntN(13), 1+cols/step%9, r.IntN(32)
			checkMul(t, r, typ, outs, cols, rows, off)
		}
		for off := range 32 {
			checkMul(t, r, typ, 6, 96, 1+off%9, off)
		}
		for rows := 1; rows <= 9; rows++ {
			checkMul(t, r, typ, 9, 64, rows, 1)
			checkMul(t, r, typ, 5, 1024+32, rows, 2)
		}
		checkMul(t, r, typ, 4*300+3, 2048, 1, 3) // more than one slice
		for _, rows := range []int{24, 25, 28} { // more than one block of columns
			checkMul(t, r, typ, 6, 1600, rows, 5)
			checkMul(t, r, typ, 5, 1536, rows, 6)
			if typ.BlockSize() == 1 {
				checkMul(t, r, typ, 5, 1603, rows, 7)
			}
		}
	}
}

func checkMul(t *testing.T, r *rand.Rand, typ Type, outs, cols, rows, off int) {
	t.Helper()
	w := randomMatrix(r, typ, outs, cols, off)
	x := shifted(wideFloats(r, rows*cols), off&^3)
	yStride := outs + off%3
	want := make([]float32, rows*yStride)
	got := shifted(want, off&^3)
	mulFused(want, yStride, x, rows, typ, cols, w.Data)
	mulAVX2(got, yStride, x, rows, typ, cols, w.Data)
	same(t, typ.String()+" product", got, want)

	slow := make([]float32, rows*yStride)
	mulPortable(slow, yStride, x, rows, typ, cols, w.Data)
	f := decoded(w)
	for i := range rows {
		for o := range outs {
			_, size := dot64(f[o*cols:(o+1)*cols], x[i*cols:])
			near(t, typ.String()+" product against the portable one", got[i*yStride+o], float64(slow[i*yStride+o]), size, 2*cols)
		}
	}
}

func TestAVX2DecodeEqualsPortable(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(9, 10))
	for _, typ := range allTypes {
		for n := 1; n <= 40; n++ {
			for off := range 4 {
				cols := n * typ.BlockSize()
				w := randomMatrix(r, typ, 1, cols, off)
				got, want := make([]float32, cols), make([]float32, cols)
				decodePortable(typ, want, w.Data)
				decodeAVX2(typ, got, w.Data)
				same(t, typ.String()+" weights", got, want)
			}
		}
	}
	for _, typ := range []Type{F16, BF16} {
		all := make([]byte, 2<<16)
		for i := range 1 << 16 {
			all[2*i], all[2*i+1] = byte(i), byte(i>>8)
		}
		got, want := make([]float32, 1<<16), make([]float32, 1<<16)
		decodePortable(typ, want, all)
		decodeAVX2(typ, got, all)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%v %#04x is %#08x, want %#08x", typ, i, math.Float32bits(got[i]), math.Float32bits(want[i]))
			}
		}
	}
}

// Every scale a quantised block can have, finite or not, with every quant.
func TestAVX2DecodeEveryScale(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(11, 12))
	for _, typ := range []Type{Q8_0, Q4_0, Q4_1} {
		block := make([]byte, typ.BlockBytes())
		var got, want [32]float32
		for d := range 1 << 16 {
			for i := range block {
				block[i] = byte(r.Uint32())
			}
			block[0], block[1] = byte(d), byte(d>>8)
			if typ == Q4_1 {
				block[3] &= 0xbf // a finite minimum
			}
			decodePortable(typ, want[:], block)
			decodeAVX2(typ, got[:], block)
			same(t, typ.String()+" block", got[:], want[:])
		}
	}
}

func TestAVX2DotsEqualReference(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(13, 14))
	for n := range 101 {
		for off := 0; off < 32; off += 4 {
			a, b := shifted(wideFloats(r, n), off), shifted(wideFloats(r, n), (off*3)%32)
			same(t, "Dot", []float32{dotAVX2(a, b)}, []float32{dotFused(a, b)})
		}
	}
	for d := range 40 {
		for n := range 11 {
			stride := d + n%3
			a, b := wideFloats(r, d), wideFloats(r, n*stride+d)
			got, want := make([]float32, n), make([]float32, n)
			dotsAVX2(got, a, b, stride)
			dotsFused(want, a, b, stride)
			same(t, "dots", got, want)
		}
	}
}

func TestAVX2AccumulateEqualsReference(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(15, 16))
	for cols := 1; cols <= 150; cols++ {
		for _, rows := range []int{1, 2, 3, 4, 5, 9} {
			n := 1 + (cols*rows)%21
			if cols == 30 {
				n = 150 // more than one turn
			}
			off := 4 * (cols % 8)
			src := shifted(wideFloats(r, n*(cols+2)), off)
			got := shifted(wideFloats(r, rows*(cols+1)), 28-off)
			want := append([]float32(nil), got...)
			for _, c := range []strides{{row: n, step: 1}, {row: 1, step: rows + 1}} {
				coef := wideFloats(r, rows*n+n+rows)
				accumulateAVX2(got, cols+1, rows, cols, coef, c, src, cols+2, n)
				accumulateFused(want, cols+1, rows, cols, coef, c, src, cols+2, n)
				same(t, "accumulate", got, want)
			}
		}
	}
}

func TestAVX2VectorsEqualReference(t *testing.T) {
	needAVX2(t)
	r := rand.New(rand.NewPCG(17, 18))
	for n := range 101 {
		for off := 0; off < 32; off += 4 {
			x, y, z := shifted(wideFloats(r, n), off), shifted(wideFloats(r, n), 28-off), wideFloats(r, n)
			a := wideFloat(r)
			each := func(what string, run func(p *path, v []float32)) {
				t.Helper()
				got, want := shifted(y, off), append([]float32(nil), y...)
				run(&avx2, got)
				run(&fused, want)
				same(t, what, got, want)
			}
			each("axpy", func(p *path, v []float32) { p.axpy(v, a, x) })
			each("scale", func(p *path, v []float32) { p.scale(v, a) })
			each("scaleMul", func(p *path, v []float32) { p.scaleMul(v, x, z, a) })
			each("scaleMul in place", func(p *path, v []float32) { p.scaleMul(v, v, z, a) })
			each("swiglu", func(p *path, v []float32) { p.swiglu(v, x, z) })
			each("swiglu on the gate", func(p *path, v []float32) { p.swiglu(v, v, z) })
			each("swiglu on up", func(p *path, v []float32) { p.swiglu(v, x, v) })
			if top := float64(maximumPortable(x)); n > 0 {
				if got, want := sumExpAVX2(x, top), sumExpFused(x, top); got != want {
					t.Fatalf("sum of %d exponentials is %v, want %v", n, got, want)
				}
				if got, want := maximumAVX2(x), maximumPortable(x); got != want {
					t.Fatalf("maximum of %d is %v, want %v", n, got, want)
				}
				each("softmax", func(p *path, v []float32) {
					top, sum := p.softmax(v)
					v[0] += top + 0 // one zero for both
					v[n-1] += sum
				})
			}
		}
	}
}

func TestAVX2ExpEqualsReference(t *testing.T) {
	needAVX2(t)
	step := uint64(5003)
	if testing.Short() {
		step = 500009
	}
	for b := uint64(0); b < 1<<32; b += step {
		x := math.Float32frombits(uint32(b))
		same(t, "exp", []float32{avxExp(x), avxSigmoid(x)}, []float32{expFused(x), sigmoidFused(x)})
	}
}

func TestReadAVX2(t *testing.T) {
	needAVX2(t)
	x := wideFloats(rand.New(rand.NewPCG(19, 20)), 640)
	x[3], x[600] = 0, 0
	var got, want uint32
	for i := range 640 { // all lanes of the last register, one by one
		y := make([]float32, 640)
		y[i] = x[i]
		got |= readAVX2(y)
	}
	for i := 0; i < 640; i += 8 { // the function returns the first lane
		want |= math.Float32bits(x[i])
	}
	if got != want {
		t.Errorf("reading saw bits %#x, want %#x", got, want)
	}
}
