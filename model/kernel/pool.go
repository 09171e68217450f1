package kernel

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Pool runs pieces of work on the caller and threads-1 goroutines that stay
// alive between calls: they look for work for some microseconds after the last
// piece and then sleep. Its methods may be called by several goroutines; while
// one call holds the workers, the others run alone.
type Pool struct {
	busy    sync.Mutex // held by the Run that has the workers
	job     atomic.Pointer[job]
	workers []*worker
	joined  chan struct{} // wakes the caller that sleeps in job.wait
	closed  atomic.Bool
}

// worker is one goroutine of a pool.
type worker struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// A goroutine that waits looks glances times, yields, and begins again; after
// yields of these, some tens of microseconds, it sleeps.
const (
	glances = 32
	yields  = 300
)

// NewPool starts a pool; fewer threads than 1 count as 1. Close ends it.
func NewPool(threads int) *Pool {
	p := &Pool{joined: make(chan struct{}, 1)}
	for range threads - 1 {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.serve(w)
	}
	return p
}

// Threads is the number of goroutines that share work, the caller among them.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// Close ends the workers; work given to a closed pool runs on the caller.
// Closing again does nothing.
func (p *Pool) Close() {
	p.busy.Lock()
	defer p.busy.Unlock()
	if p.closed.Swap(true) {
		return
	}
	for _, w := range p.workers {
		w.rouse()
	}
}

// Run splits 0..n-1 into pieces [lo, hi) whose bounds are multiples of grain
// (but for n itself), calls f on each, and returns when all are done. It calls
// f on the caller alone when there is one thread or one piece, or when the
// workers are taken, so f may call Run. A panic of f is raised again in the
// caller with the same value. f runs with debug.SetPanicOnFault on, so that a
// mapped file that shrank is a panic and not the end of the process. f must not
// end its goroutine.
func (p *Pool) Run(n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	if n <= grain || len(p.workers) == 0 || !p.busy.TryLock() {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		f(0, n)
		return
	}
	defer p.busy.Unlock()
	if p.closed.Load() {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		f(0, n)
		return
	}
	p.share(n, grain, f)
}

// piecesPerThread evens out threads that are slowed by other processes.
const piecesPerThread = 4

func (p *Pool) share(n, grain int, f func(lo, hi int)) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	grains := (n + grain - 1) / grain
	pieces := min(grains, p.Threads()*piecesPerThread)
	size := (grains + pieces - 1) / pieces * grain
	j := &job{n: n, size: size, pieces: int64((n + size - 1) / size), f: f}
	p.job.Store(j)
	for _, w := range p.workers[:min(len(p.workers), int(j.pieces)-1)] {
		w.rouse()
	}
	j.work(p)
	j.wait(p)
	j.f = nil // a worker that comes late finds no piece and never looks at f
	if j.panicked.Load() {
		panic(j.value)
	}
}

// serve is the life of a worker.
func (p *Pool) serve(w *worker) {
	debug.SetPanicOnFault(true)
	var last *job
	for !p.closed.Load() {
		if j := p.next(last); j != nil {
			j.work(p)
			last = j
			continue
		}
		w.asleep.Store(true)
		if (p.job.Load() != last || p.closed.Load()) && w.asleep.CompareAndSwap(true, false) {
			continue
		}
		<-w.wake
	}
}

// next looks for a job other than last for a while; nil if none came.
func (p *Pool) next(last *job) *job {
	for range yields {
		for range glances {
			if j := p.job.Load(); j != last {
				return j
			}
		}
		runtime.Gosched()
	}
	return nil
}

// rouse wakes a worker that sleeps.
func (w *worker) rouse() {
	if w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// job is one Run: pieces that whoever is free takes in turn.
type job struct {
	n, size  int
	pieces   int64
	f        func(lo, hi int)
	taken    atomic.Int64
	done     atomic.Int64
	state    atomic.Int32 // of the caller and the last piece: see wait
	panicked atomic.Bool
	once     sync.Once
	value    any // what the first piece that panicked raised
}

const (
	running int32 = iota
	callerAsleep
	finished
)

// work takes pieces until none is left.
func (j *job) work(p *Pool) {
	for {
		i := j.taken.Add(1) - 1
		if i >= j.pieces {
			return
		}
		j.piece(int(i))
		if j.done.Add(1) == j.pieces && j.state.Swap(finished) == callerAsleep {
			p.joined <- struct{}{}
		}
	}
}

// piece runs f on piece i and keeps what it raises; after a panic the other
// pieces are skipped.
func (j *job) piece(i int) {
	defer func() {
		if v := recover(); v != nil {
			j.once.Do(func() { j.value = v })
			j.panicked.Store(true)
		}
	}()
	if !j.panicked.Load() {
		j.f(i*j.size, min((i+1)*j.size, j.n))
	}
}

// wait returns when all pieces are done.
func (j *job) wait(p *Pool) {
	for range yields {
		for range glances {
			if j.state.Load() == finished {
				return
			}
		}
		runtime.Gosched()
	}
	if j.state.CompareAndSwap(running, callerAsleep) {
		<-p.joined
	}
}
