package engine

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A stream is a job that tells more than once. What it tells while the screen
// is busy is merged, so that a slow screen gets fewer and larger messages.
type stream struct {
	frame time.Duration // least time between two messages
	merge func(old, new tea.Msg) tea.Msg

	mu        sync.Mutex
	ready     chan struct{} // holds one token while there is something to fetch
	waiting   tea.Msg       // told and not fetched yet
	final     tea.Msg       // the last message
	ended     bool
	delivered time.Time
}

// tell leaves a message to be fetched.
func (s *stream) tell(msg tea.Msg) {
	s.mu.Lock()
	if s.waiting != nil {
		msg = s.merge(s.waiting, msg)
	}
	s.waiting = msg
	s.mu.Unlock()
	s.signal()
}

// end leaves the last message.
func (s *stream) end(msg tea.Msg) {
	s.mu.Lock()
	s.final, s.ended = msg, true
	s.mu.Unlock()
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// next waits for the next message; last reports whether none follows.
func (s *stream) next() (msg tea.Msg, last bool) {
	for {
		<-s.ready
		s.pace()
		s.mu.Lock()
		msg, last = s.waiting, s.ended && s.waiting == nil
		s.waiting = nil
		s.delivered = time.Now()
		final, ended := s.final, s.ended
		s.mu.Unlock()
		switch {
		case last:
			return final, true
		case msg != nil:
			if ended {
				s.signal() // the final message is still to fetch
			}
			return msg, false
		}
		// What the signal was for went with the message before.
	}
}

// pace waits until the next message is due.
func (s *stream) pace() {
	s.mu.Lock()
	wait, ended := s.frame-time.Since(s.delivered), s.ended
	s.mu.Unlock()
	if wait > 0 && !ended {
		time.Sleep(wait)
	}
}

// newest is for streams whose last message says all.
func newest(_, msg tea.Msg) tea.Msg { return msg }

// start is a command that begins a job which tells more than once: f, whose
// result is the last message. The command brings the first one; [Engine.More]
// brings each of the others.
func (e *Engine) start(gen int, merge func(old, new tea.Msg) tea.Msg, f func(ctx context.Context, tell func(tea.Msg)) tea.Msg) tea.Cmd {
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		s := &stream{frame: e.options.Frame, merge: merge, ready: make(chan struct{}, 1)}
		e.mu.Lock()
		e.streams[gen] = s
		e.mu.Unlock()
		ctx, over := e.job(gen)
		e.working.Add(1)
		go func() {
			defer e.working.Done()
			defer over()
			defer e.catch(gen, "the job", s.end)
			s.end(f(ctx, s.tell))
		}()
		return e.fetch(gen)
	}
}

// More is a command that waits for the next message of a job.
func (e *Engine) More(gen int) tea.Cmd {
	if e == nil {
		return nil
	}
	return func() tea.Msg { return e.fetch(gen) }
}

func (e *Engine) fetch(gen int) tea.Msg {
	e.mu.Lock()
	s := e.streams[gen]
	e.mu.Unlock()
	if s == nil {
		return nil // it has ended, and its last message was fetched
	}
	msg, last := s.next()
	if last {
		e.mu.Lock()
		delete(e.streams, gen)
		e.mu.Unlock()
	}
	return msg
}
