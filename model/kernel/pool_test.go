package kernel

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRunCoversEveryIndexOnce(t *testing.T) {
	for _, threads := range []int{-1, 1, 2, 3, 8} {
		p := NewPool(threads)
		if want := max(threads, 1); p.Threads() != want {
			t.Errorf("NewPool(%d) has %d threads, want %d", threads, p.Threads(), want)
		}
		for _, n := range []int{0, 1, 2, 7, 64, 1001} {
			for _, grain := range []int{0, 1, 3, 32, 2000} {
				seen := make([]int32, n)
				p.Run(n, grain, func(lo, hi int) {
					if grain > 0 && (lo%grain != 0 || hi%grain != 0 && hi != n) {
						t.Errorf("piece [%d, %d) of %d is not cut at multiples of %d", lo, hi, n, grain)
					}
					for i := lo; i < hi; i++ {
						atomic.AddInt32(&seen[i], 1)
					}
				})
				for i, c := range seen {
					if c != 1 {
						t.Fatalf("threads %d, n %d, grain %d: index %d ran %d times", threads, n, grain, i, c)
					}
				}
			}
		}
		p.Close()
		p.Close()
	}
}

func TestRunOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := NewPool(4)
	defer p.Close()
	var sum atomic.Int64
	for range 100 {
		p.Run(100, 1, func(lo, hi int) { sum.Add(int64(hi - lo)) })
	}
	if sum.Load() != 100*100 {
		t.Errorf("ran %d indices, want %d", sum.Load(), 100*100)
	}
}

func TestRunFromManyGoroutinesAndNested(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var sum atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				p.Run(10, 1, func(lo, hi int) {
					p.Run(hi-lo, 1, func(lo, hi int) { sum.Add(int64(hi - lo)) })
				})
			}
		})
	}
	wg.Wait()
	if sum.Load() != 8*50*10 {
		t.Errorf("ran %d indices, want %d", sum.Load(), 8*50*10)
	}
}

func TestRunAfterSleepAndAfterClose(t *testing.T) {
	p := NewPool(2)
	for i := range 3 {
		time.Sleep(time.Duration(i) * 5 * time.Millisecond)
		var sum atomic.Int64
		p.Run(1000, 1, func(lo, hi int) { sum.Add(int64(hi - lo)) })
		if sum.Load() != 1000 {
			t.Fatalf("ran %d indices, want 1000", sum.Load())
		}
	}
	p.Close()
	ran := 0
	p.Run(1000, 1, func(lo, hi int) { ran += hi - lo })
	if ran != 1000 {
		t.Errorf("a closed pool ran %d indices, want 1000", ran)
	}
}

func TestRunRaisesPanicsInTheCaller(t *testing.T) {
	boom := errors.New("boom")
	for _, threads := range []int{1, 2, 4} {
		p := NewPool(threads)
		for piece := range 8 {
			func() {
				defer func() {
					if v := recover(); v != boom {
						t.Errorf("threads %d: recovered %v, want the value that was raised", threads, v)
					}
				}()
				p.Run(8, 1, func(lo, hi int) {
					if lo <= piece && piece < hi {
						panic(boom)
					}
				})
				t.Errorf("threads %d: no panic", threads)
			}()
		}
		var sum atomic.Int64
		p.Run(8, 1, func(lo, hi int) { sum.Add(int64(hi - lo)) })
		if sum.Load() != 8 {
			t.Errorf("threads %d: after a panic %d of 8 indices ran", threads, sum.Load())
		}
		p.Close()
	}
}

func TestIdleWorkersSleep(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	p.Run(100, 1, func(lo, hi int) {})
	deadline := time.Now().Add(5 * time.Second)
	for _, w := range p.workers {
		for !w.asleep.Load() {
			if time.Now().After(deadline) {
				t.Fatal("a worker without work is still awake after 5 s")
			}
			time.Sleep(time.Millisecond)
		}
	}
}
