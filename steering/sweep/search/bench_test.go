//go:build unix

package search

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tiller/steering/eval"
)

// BenchmarkSweep chooses among 64 cells (8 strengths, 4 layers, 2 selectors)
// on 100 problems of the embedded set, beside as many eval runs, of which the
// first has base too. "s/sweep" is processor time, which other programs disturb
// less than the clock does. Runs of one lane at a time are measured on 10
// problems and multiplied.
func BenchmarkSweep(b *testing.B) {
	const problems, few = 100, 10
	w := newWorld(b)
	space := w.space("begin", []string{demo, "content"}, []string{"begin"}, []int{0, 1, 2, 3}, .1, .2, .4, .6, .8, 1, 1.5, 2)
	grids := func(off bool, b *testing.B) {
		s := w.sweep(b.TempDir(), space, problems)
		s.Rule.Off = off
		g := &grid{Sweep: s}
		if err := g.run(b.Context()); err != nil {
			b.Fatal(err)
		}
		r, err := g.result()
		if err != nil {
			b.Fatal(err)
		}
		answers := 0
		for _, l := range g.live {
			answers += l.until()
		}
		b.ReportMetric(float64(answers), "answers/sweep")
		if r.Chosen.Plan != "begin@2["+demo+"]" {
			b.Fatalf("chose %s", r.Chosen.Plan)
		}
	}
	for _, bench := range []struct {
		name  string
		times int // as measured
		run   func(b *testing.B)
	}{
		{"sweep", 1, func(b *testing.B) { grids(false, b) }},
		{"all-answers", 1, func(b *testing.B) { grids(true, b) }},
		{"runs", 1, func(b *testing.B) { w.apart(b, space, problems, 0) }},
		{"runs-one-lane", problems / few, func(b *testing.B) { w.apart(b, space, few, 1) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			wall, before := time.Now(), processor(b)
			for b.Loop() {
				bench.run(b)
			}
			per := float64(bench.times) / float64(b.N)
			b.ReportMetric(per*(processor(b)-before).Seconds(), "s/sweep")
			b.ReportMetric(per*time.Since(wall).Seconds(), "clock-s/sweep")
		})
	}
}

// apart is an eval run for each cell, none of which computes KL.
func (w *world) apart(b *testing.B, space Space, problems, batch int) {
	dir := b.TempDir()
	for i, l := range append(space.lanes(0, 0), space.lanes(0, 1)...) {
		s := w.sweep("", space, problems)
		spec := s.Spec
		spec.Set, spec.Samples = s.Tune.Spec, 1
		spec.Lanes = []eval.LaneSpec{baseLane, eval.PlanLane(l.plan, nil)}
		if i > 0 {
			spec.Lanes = spec.Lanes[1:]
		}
		f, err := eval.Create(filepath.Join(dir, fmt.Sprint(i)), spec)
		if err != nil {
			b.Fatal(err)
		}
		run := eval.Run{Folder: f, Base: w.model, Main: s.Tune, Vectors: w.vectors, Options: eval.Options{Batch: batch}}
		if err := run.Compute(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	os.RemoveAll(dir)
}

// processor is the time that the process has taken of processors.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
