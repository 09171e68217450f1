package kernel

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkMatMul reports the weights read per second and the arithmetic. The
// weights of one shape are a ring of matrices, larger together than the last
// cache, as the layers of a model are.
func BenchmarkMatMul(b *testing.B) {
	const ringBytes = 160 << 20
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range allTypes {
		for _, shape := range [][2]int{{2048, 576}, {576, 1536}, {49152, 576}} {
			outs, cols := shape[0], shape[1]
			one := randomMatrix(r, typ, outs, cols, 0)
			ring := []Matrix{one}
			for size := len(one.Data); size < ringBytes; size += len(one.Data) {
				m := one
				m.Data = append([]byte(nil), one.Data...)
				ring = append(ring, m)
			}
			for _, rows := range []int{1, 2, 4, 128} {
				x, y := randomFloats(r, rows*cols), make([]float32, rows*outs)
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%v/%dx%d/rows%d/threads%d", typ, outs, cols, rows, threads), func(b *testing.B) {
						p := NewPool(threads)
						defer p.Close()
						b.SetBytes(int64(len(one.Data)))
						i := 0
						for b.Loop() {
							p.MatMul(y, x, rows, ring[i%len(ring)])
							i++
						}
						flops := 2 * float64(rows) * float64(outs) * float64(cols) * float64(b.N)
						b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
					})
				}
			}
		}
	}
}

// BenchmarkBackward reports the arithmetic of the two backward products.
func BenchmarkBackward(b *testing.B) {
	const rows, outs, cols = 128, 1536, 576
	r := rand.New(rand.NewPCG(1, 2))
	x, dy := randomFloats(r, rows*cols), randomFloats(r, rows*outs)
	dw := make([]float32, outs*cols)
	for _, threads := range []int{1, 2} {
		p := NewPool(threads)
		defer p.Close()
		report := func(b *testing.B) {
			b.ReportMetric(2*rows*outs*cols*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		}
		for _, typ := range allTypes {
			w := randomMatrix(r, typ, outs, cols, 0)
			b.Run(fmt.Sprintf("MatMulT/%v/threads%d", typ, threads), func(b *testing.B) {
				for b.Loop() {
					p.MatMulT(x, dy, rows, outs, w, false)
				}
				report(b)
			})
		}
		b.Run(fmt.Sprintf("OuterAdd/threads%d", threads), func(b *testing.B) {
			for b.Loop() {
				p.OuterAdd(dw, dy, x, rows, outs, outs, cols)
			}
			report(b)
		})
	}
}

func BenchmarkAttend(b *testing.B) {
	const d, stride = 64, 192
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{16, 128, 1024} {
		k, v, q := randomFloats(r, n*stride), randomFloats(r, n*stride), randomFloats(r, d)
		out, scores := make([]float32, d), make([]float32, n)
		b.Run(fmt.Sprintf("positions%d", n), func(b *testing.B) {
			b.SetBytes(2 * 4 * d * int64(n))
			for b.Loop() {
				Attend(out, q, []KV{{k, v, n}}, stride, 64, 0.125, scores)
			}
		})
	}
}

func BenchmarkVector(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, w, up := randomFloats(r, 1536), randomFloats(r, 1536), randomFloats(r, 1536)
	dst, logits := make([]float32, 1536), randomFloats(r, 49152)
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"RMSNorm", func() { RMSNorm(dst, x, w, 1e-5) }},
		{"SwiGLU", func() { SwiGLU(dst, x, up) }},
		{"Softmax", func() { copy(dst, x); Softmax(dst) }},
		{"Exp", func() { Exp(0.5) }},
		{"Dot", func() { Dot(x, w) }},
		{"LogSumExp", func() { LogSumExp(logits) }},
	} {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				f.run()
			}
		})
	}
}

func BenchmarkReadBandwidth(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads%d", threads), func(b *testing.B) {
			p := NewPool(threads)
			defer p.Close()
			for b.Loop() {
				b.ReportMetric(ReadBandwidth(context.Background(), p)/1e9, "GB/s")
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads%d", threads), func(b *testing.B) {
			p := NewPool(threads)
			defer p.Close()
			for b.Loop() {
				p.Run(threads, 1, func(lo, hi int) {})
			}
		})
	}
}

// BenchmarkStep multiplies by all weights of a model of SmolLM2-135M's shape in
// their order, as one step of generation does, with one lane and with several.
// It reports the best weights read per second, that over the bandwidth
// measured in turns with it, and what more lanes cost over one.
func BenchmarkStep(b *testing.B) {
	const layers, d, kv, ffn, vocab = 30, 576, 192, 1536, 49152
	r := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []Type{F32, BF16, Q8_0, Q4_0} {
		var products [][]Matrix
		total := 0
		add := func(cols int, outs ...int) {
			var ws []Matrix
			for _, n := range outs {
				w := randomMatrix(r, typ, 64, cols, 0)
				w.Data = bytes.Repeat(w.Data, n/64)
				w.Rows = n
				ws = append(ws, w)
				total += len(w.Data)
			}
			products = append(products, ws)
		}
		for range layers {
			add(d, d, kv, kv)
			add(d, d)
			add(d, ffn, ffn)
			add(ffn, d)
		}
		add(d, vocab)
		x, y := randomFloats(r, 8*ffn), make([]float32, 8*vocab)
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/threads%d", typ, threads), func(b *testing.B) {
				p := NewPool(threads)
				defer p.Close()
				lanes := []int{1, 2, 3, 4, 8}
				best := make([]float64, len(lanes))
				var bandwidth float64
				for b.Loop() {
					bandwidth = max(bandwidth, ReadBandwidth(context.Background(), p))
					for i, rows := range lanes {
						start := time.Now()
						for _, ws := range products {
							outs := 0
							for _, w := range ws {
								outs += w.Rows
							}
							p.MatMul(y[:rows*outs], x[:rows*ws[0].Cols], rows, ws...)
						}
						best[i] = max(best[i], float64(total)/time.Since(start).Seconds())
					}
				}
				b.ReportMetric(best[0]/1e9, "GB/s")
				b.ReportMetric(best[0]/bandwidth, "of-bandwidth")
				for i, rows := range lanes[1:] {
					b.ReportMetric(best[0]/best[i+1], fmt.Sprintf("x-for-%d-lanes", rows))
				}
			})
		}
	}
}
