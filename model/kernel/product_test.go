package kernel

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

var allTypes = []Type{F32, F16, BF16, Q8_0, Q4_0, Q4_1}

func randomFloats(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// randomMatrix has weights of about size 1 and data that starts off bytes after
// an aligned address.
func randomMatrix(r *rand.Rand, t Type, rows, cols, off int) Matrix {
	data := make([]byte, rows*t.RowBytes(cols)+off)[off:]
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	scale := func(b []byte, top uint16) { // a float16 between -2 and 2 with this exponent
		binary.LittleEndian.PutUint16(b, top|uint16(r.Uint32())&0x83ff)
	}
	size := t.BlockBytes()
	for b := 0; b < len(data); b += size {
		switch t {
		case F32:
			binary.LittleEndian.PutUint32(data[b:], math.Float32bits(float32(r.NormFloat64())))
		case F16:
			scale(data[b:], 0x3800)
		case BF16:
			binary.LittleEndian.PutUint16(data[b:], uint16(math.Float32bits(float32(r.NormFloat64()))>>16))
		case Q8_0:
			scale(data[b:], 0x2000)
		case Q4_0:
			scale(data[b:], 0x3000)
		case Q4_1:
			scale(data[b:], 0x3000)
			scale(data[b+2:], 0x3800)
		}
	}
	m, err := NewMatrix(t, rows, cols, data)
	if err != nil {
		panic(err)
	}
	return m
}

// decoded is the whole of m as float32.
func decoded(m Matrix) []float32 {
	out := make([]float32, m.Rows*m.Cols)
	for r := range m.Rows {
		m.DecodeRow(out[r*m.Cols:(r+1)*m.Cols], r)
	}
	return out
}

// near fails unless got is the sum that float64 gives, within the rounding of a
// sum of n terms whose sizes add up to size.
func near(t *testing.T, what string, got float32, want, size float64, n int) {
	t.Helper()
	if limit := (float64(n)/8 + 8) * 0x1p-24 * (size + 1e-30); !(math.Abs(float64(got)-want) <= limit) {
		t.Fatalf("%s = %v, want %v within %g", what, got, want, limit)
	}
}

func TestProductsAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := NewPool(2)
	defer p.Close()
	for _, typ := range allTypes {
		for _, shape := range [][3]int{{1, 1, 32}, {2, 7, 64}, {3, 33, 96}, {9, 130, 320}} {
			rows, outs, cols := shape[0], shape[1], shape[2]
			w := randomMatrix(r, typ, outs, cols, 0)
			f := decoded(w)
			x, dy := randomFloats(r, rows*cols), randomFloats(r, rows*(outs+3))
			y := make([]float32, rows*outs)
			p.MatMul(y, x, rows, w)
			for i := range rows {
				for o := range outs {
					sum, size := dot64(f[o*cols:(o+1)*cols], x[i*cols:])
					near(t, typ.String()+" MatMul", y[i*outs+o], sum, size, cols)
				}
			}
			dx, dw := randomFloats(r, rows*cols), randomFloats(r, outs*cols)
			dx0, dw0 := append([]float32(nil), dx...), append([]float32(nil), dw...)
			p.MatMulT(dx, dy, rows, outs+3, w, true)
			p.OuterAdd(dw, dy, x, rows, outs+3, outs, cols)
			for k := range cols {
				for i := range rows {
					sum := float64(dx0[i*cols+k])
					size := math.Abs(sum)
					for o := range outs {
						v := float64(dy[i*(outs+3)+o]) * float64(f[o*cols+k])
						sum, size = sum+v, size+math.Abs(v)
					}
					near(t, typ.String()+" MatMulT", dx[i*cols+k], sum, size, 8*outs)
				}
				for o := range outs {
					sum := float64(dw0[o*cols+k])
					size := math.Abs(sum)
					for i := range rows {
						v := float64(dy[i*(outs+3)+o]) * float64(x[i*cols+k])
						sum, size = sum+v, size+math.Abs(v)
					}
					near(t, "OuterAdd", dw[o*cols+k], sum, size, 8*rows)
				}
			}
		}
	}
}

func dot64(a, b []float32) (sum, size float64) {
	for i, v := range a {
		p := float64(v) * float64(b[i])
		sum, size = sum+p, size+math.Abs(p)
	}
	return sum, size
}

func TestAttendAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, d := range []int{1, 8, 13, 64, 80, 128} {
		for _, n := range []int{1, 2, 17, 100} {
			stride, offset := 2*d+5, d+1
			q, k, v := randomFloats(r, d), randomFloats(r, n*stride), randomFloats(r, n*stride)
			out, scores := make([]float32, d), make([]float32, n+3)
			Attend(out, q, []KV{{k, v, n}}, stride, offset, 0.3, scores)
			want, total := make([]float64, d), 0.0
			for i := range n {
				s, _ := dot64(q, k[i*stride+offset:])
				e := math.Exp(0.3 * s)
				total += e
				for j := range d {
					want[j] += e * float64(v[i*stride+offset+j])
				}
			}
			for j := range d {
				if math.Abs(float64(out[j])-want[j]/total) > 1e-5 {
					t.Fatalf("d %d, n %d: out[%d] = %v, want %v", d, n, j, out[j], want[j]/total)
				}
			}
		}
	}
}
