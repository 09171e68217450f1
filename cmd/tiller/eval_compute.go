package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tiller/steering/eval"
	"tiller/tui/plain"
)

// compute computes the run, showing how far it is. The first interrupt lets
// what is under way end, a second one ends at once.
func (e *evaluation) compute(cmd *cobra.Command) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	stop := make(chan struct{})
	end := sync.OnceFunc(func() { close(stop) })
	interrupt := func(again bool) {
		end()
		if again {
			cancel()
		}
	}
	e.run.Options = eval.Options{Batch: e.flags.batch, Stop: stop}
	if s := e.flags.screen(cmd); s != nil {
		return e.watched(ctx, cmd, s, interrupt)
	}
	go interrupts(ctx, cmd.Context(), func(again bool) {
		if !again {
			fmt.Fprintln(cmd.ErrOrStderr(), "\ntiller: finishing the answers under way; ctrl+c again leaves them unfinished")
		}
		interrupt(again)
	})
	return e.reported(ctx, cmd)
}

// interrupts calls f when the first signal has ended the context asked, and at
// the next signal again, unless ctx ends before.
func interrupts(ctx, asked context.Context, f func(again bool)) {
	select {
	case <-ctx.Done():
		return
	case <-asked.Done():
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, endings()...)
	defer signal.Stop(again)
	f(false)
	select {
	case <-again:
		f(true)
	case <-ctx.Done():
	}
}

// reported computes the run, with lines of text that say how far it is.
func (e *evaluation) reported(ctx context.Context, cmd *cobra.Command) error {
	errOut := cmd.ErrOrStderr()
	progress := plain.NewProgress(styled(errOut), func() int { return terminalWidth(errOut) }, time.Now)
	running := newRunning(e.spec)
	e.run.Options.Progress = func(p eval.Progress) {
		stage := "asking " + filepath.Base(e.spec.Set.Ref)
		if p.Phase != "" {
			stage = p.Phase
		}
		running.add(p.Sample)
		progress.At(stage, p.Done, p.Total, running.words()...)
	}
	err := e.run.Compute(ctx)
	progress.Clear()
	return err
}

// running keeps the scores so far, of the lanes that are not controls.
type running struct {
	names  []string
	scores map[string]float64
	counts map[string]int
}

func newRunning(s eval.Spec) *running {
	r := &running{scores: map[string]float64{}, counts: map[string]int{}}
	for _, l := range s.Lanes {
		if l.Kind != eval.Control {
			r.names = append(r.names, l.Name)
		}
	}
	return r
}

func (r *running) add(s *eval.Sample) {
	if s != nil && !s.Guard {
		r.scores[s.Lane] += s.Score
		r.counts[s.Lane]++
	}
}

func (r *running) words() []string {
	var words []string
	for _, name := range r.names {
		if n := r.counts[name]; n > 0 {
			short, _, _ := strings.Cut(name, ":")
			words = append(words, fmt.Sprintf("%s %.2f", short, r.scores[name]/float64(n)))
		}
	}
	return words
}
