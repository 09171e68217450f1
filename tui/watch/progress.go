package watch

import (
	"time"

	"tiller/steering/eval"
)

// progress is how far the run is.
type progress struct {
	now         time.Duration
	done, total int
	phase       string
	// begun and first are when the phase was first heard of, and what was done
	// by then.
	begun time.Duration
	first int
	heard bool
}

func (p *progress) at(now time.Duration) { p.now = now }

func (p *progress) add(e eval.Progress) {
	if !p.heard || e.Phase != p.phase || e.Total != p.total {
		p.heard, p.phase, p.begun, p.first = true, e.Phase, p.now, e.Done
		if e.Sample != nil || e.Phase != "" { // that one was computed already
			p.first--
		}
	}
	p.done, p.total = e.Done, e.Total
}

// rate is answers a second of the phase; 0 when that can't be told yet.
func (p *progress) rate() float64 {
	spent := p.now - p.begun
	if spent < time.Second || p.done <= p.first {
		return 0
	}
	return float64(p.done-p.first) / spent.Seconds()
}

// left is how long the phase takes if it goes on as before; ok is false when
// that can't be told yet.
func (p *progress) left() (d time.Duration, ok bool) {
	rate := p.rate()
	if rate == 0 {
		return 0, false
	}
	return time.Duration(float64(p.total-p.done) / rate * float64(time.Second)), true
}

// share is between 0 and 1.
func (p *progress) share() float64 {
	if p.total == 0 {
		return 0
	}
	return float64(p.done) / float64(p.total)
}
