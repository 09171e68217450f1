package kernel

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// fenced is a slice of n elements that ends where memory that can't be touched
// begins, after as much before it that can't be either.
func fenced[E any](t *testing.T, n int) []E {
	t.Helper()
	var e E
	size := n * int(unsafe.Sizeof(e))
	page := os.Getpagesize()
	room := (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, room+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	for _, fence := range [][]byte{m[:page], m[page+room:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*E)(unsafe.Pointer(&m[page+room-size])), n)
}

func fencedFloats(t *testing.T, r *rand.Rand, n int) []float32 {
	x := fenced[float32](t, n)
	copy(x, randomFloats(r, n))
	return x
}

// Assembly that touches one byte beyond a slice dies here.
func TestNothingOutsideSlicesIsTouched(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	r := rand.New(rand.NewPCG(31, 32))
	p := NewPool(1)
	for _, typ := range allTypes {
		for _, blocks := range []int{1, 2, 3, 7, 8, 9, 15, 31} {
			cols := blocks * typ.BlockSize()
			for _, outs := range []int{1, 3, 4, 6} {
				w := randomMatrix(r, typ, outs, cols, 0)
				data := fenced[byte](t, len(w.Data))
				copy(data, w.Data)
				w.Data = data
				for _, rows := range []int{1, 2, 3, 4} {
					x, y := fencedFloats(t, r, rows*cols), fencedFloats(t, r, rows*outs)
					p.MatMul(y, x, rows, w)
					p.MatMulT(x, y, rows, outs, w, true)
					p.OuterAdd(fencedFloats(t, r, outs*cols), y, x, rows, outs, outs, cols)
				}
				w.DecodeRow(fencedFloats(t, r, cols), outs-1)
			}
		}
	}
	for n := range 70 {
		x, y, z := fencedFloats(t, r, n), fencedFloats(t, r, n), fencedFloats(t, r, n)
		Dot(x, y)
		Axpy(x, 2, y)
		RMSNorm(x, y, z, 1)
		SwiGLU(x, y, z)
		LogSumExp(x)
		active.read(x)
		k, v := fencedFloats(t, r, 5*n), fencedFloats(t, r, 5*n)
		Attend(z, y, []KV{{k, v, 5}}, n, 0, 1, fencedFloats(t, r, 5))
		Softmax(x)
	}
}

// A mapped file that shrinks is a panic in the caller, and the pool lives on.
func TestShrunkFileIsAPanic(t *testing.T) {
	const cols, rows = 1024, 4096
	name := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(name, make([]byte, 4*cols*rows), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := syscall.Mmap(int(f.Fd()), 0, 4*cols*rows, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(data)
	w, err := NewMatrix(F32, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(4 * cols * rows / 2); err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		p := NewPool(threads)
		x, y := make([]float32, cols), make([]float32, rows)
		func() {
			defer func() {
				if _, ok := recover().(interface{ Addr() uintptr }); !ok {
					t.Errorf("threads %d: no memory fault was raised", threads)
				}
			}()
			p.MatMul(y, x, 1, w)
		}()
		half, err := NewMatrix(F32, rows/2, cols, data[:len(data)/2])
		if err != nil {
			t.Fatal(err)
		}
		p.MatMul(y[:rows/2], x, 1, half)
		p.Close()
	}
}
