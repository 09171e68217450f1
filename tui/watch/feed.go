package watch

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/eval"
)

// A Feed carries the progress of a run from the goroutine that computes to the
// screen, which is told in frames: the run does not wait for it.
type Feed struct {
	mu     sync.Mutex
	events []eval.Progress
}

// How often the screen is told.
const (
	frameEvery = 100 * time.Millisecond
	quietEvery = time.Second // though nothing happened
)

// Take is what a run calls: see [eval.Options].
func (f *Feed) Take(p eval.Progress) {
	f.mu.Lock()
	f.events = append(f.events, p)
	f.mu.Unlock()
}

// taken are the events since the last call.
func (f *Feed) taken() []eval.Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.events
	f.events = nil
	return events
}

// Run sends frames until ctx ends, and a last one.
func (f *Feed) Run(ctx context.Context, send func(tea.Msg)) {
	ticker := time.NewTicker(frameEvery)
	defer ticker.Stop()
	begun, told := time.Now(), time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			send(Frame{At: time.Since(begun), Events: f.taken()})
			return
		case <-ticker.C:
		}
		events, at := f.taken(), time.Since(begun)
		if len(events) == 0 && at-told < quietEvery {
			continue
		}
		told = at
		send(Frame{At: at, Events: events})
	}
}
