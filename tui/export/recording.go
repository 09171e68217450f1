package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tiller/tui/visible"
)

// A Frame is what was on the screen from a time on.
type Frame struct {
	At     time.Duration // since the recording began
	Screen *Screen       // never changed here; frames may share one
	Title  string        // of the window; empty is the recording's
}

// A Marker names a time.
type Marker struct {
	At    time.Duration
	Label string
}

// A Recording is a sequence of screens. The last frame ends it.
type Recording struct {
	// Width and Height are the size in cells, which no frame may exceed; smaller
	// frames lie at the upper left. 0 and 0 is that of the largest.
	Width, Height int
	Title         string
	Frames        []Frame // in order of time; of two at the same time the second counts
	Markers       []Marker
	Theme         Theme // the zero value is [Dark]
}

// Options are how a recording is written. The zero value is a good choice.
type Options struct {
	// Theme replaces that of the recording.
	Theme *Theme
	// FontSize is the height of the font in pixels, before Scale; 0 is 14.
	FontSize float64
	// Scale is how many pixels of a GIF or PNG stand for one; 0 is 1 for a GIF
	// and 2 for a PNG. Other formats have no pixels.
	Scale float64
	// Padding is the room around the screen in pixels, before Scale; 0 is 12,
	// and below 0 is none.
	Padding int
	// Bare leaves out the window's frame with the title.
	Bare bool
	// Speed is how many times as fast time goes; 0 is 1.
	Speed float64
	// Idle is the longest time without a change, before Speed; 0 is as it was.
	Idle time.Duration
	// From and To cut a piece out: each is a marker's label, or a time such as
	// 12.5 (seconds), 12.5s or 1m3s. Empty is the beginning or the end.
	From, To string
	// Still makes a still of a format that can move. At chooses its screen, in
	// the same way as From, and implies Still; empty is the last.
	Still bool
	At    string
	// Hold is how long the last screen stays before a picture begins again; 0 is
	// two seconds.
	Hold time.Duration
}

const (
	maxDuration = 24 * time.Hour
	maxFontSize = 200
	minFontSize = 4
	maxScale    = 8
	maxPadding  = 1000
	minSpeed    = 0.01
	maxSpeed    = 1000
)

// settled returns the options with defaults in place.
func (o Options) settled() (Options, error) {
	if o.FontSize == 0 {
		o.FontSize = 14
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	switch {
	case o.Padding == 0:
		o.Padding = 12
	case o.Padding < 0:
		o.Padding = 0
	}
	if o.Hold == 0 {
		o.Hold = 2 * time.Second
	}
	switch { // written so that NaN is refused
	case !(o.FontSize >= minFontSize && o.FontSize <= maxFontSize):
		return o, fmt.Errorf("a font of %v pixels is not between %d and %d", o.FontSize, minFontSize, maxFontSize)
	case o.Scale != 0 && !(o.Scale >= 0.25 && o.Scale <= maxScale):
		return o, fmt.Errorf("a scale of %v is not between 0.25 and %d", o.Scale, maxScale)
	case o.Padding > maxPadding:
		return o, fmt.Errorf("%d pixels of padding are more than %d", o.Padding, maxPadding)
	case !(o.Speed >= minSpeed && o.Speed <= maxSpeed):
		return o, fmt.Errorf("a speed of %v is not between %v and %d", o.Speed, minSpeed, maxSpeed)
	case o.Idle < 0 || o.Hold < 0:
		return o, fmt.Errorf("a pause of %v is less than none", min(o.Idle, o.Hold))
	}
	return o, nil
}

// A moment is a frame on its way out: its time is that of the result, its
// screen as large as all others.
type moment struct {
	at     time.Duration
	screen *sheet
	title  string
}

// A reel is a recording cut, paced and made safe. The first of its moments is
// at 0, each differs from the one before, and the last one stays until end.
type reel struct {
	width, height int
	title         string
	moments       []moment // at least one
	markers       []Marker
	end           time.Duration
	theme         Theme
}

// reel checks a recording and prepares it for a writer.
func (r *Recording) reel(o Options) (*reel, error) {
	width, height, err := r.check()
	if err != nil {
		return nil, err
	}
	from, to, err := r.bounds(o)
	if err != nil {
		return nil, err
	}
	out := &reel{width: width, height: height, title: visible.Line(r.Title), theme: r.Theme}
	if o.Theme != nil {
		out.theme = *o.Theme
	}
	if out.theme == (Theme{}) {
		out.theme = Dark()
	}
	frames := within(r.Frames, from, to)
	clock := newClock(frames, from, to, o)
	screens := fitter{width: width, height: height}
	for _, f := range frames {
		m := moment{clock.at(f.At), screens.fit(f.Screen), out.title}
		if f.Title != "" {
			m.title = visible.Line(f.Title)
		}
		out.add(m)
	}
	for _, m := range r.Markers {
		if m.At >= from && m.At <= to {
			out.markers = append(out.markers, Marker{clock.at(m.At), visible.Line(m.Label)})
		}
	}
	slices.SortStableFunc(out.markers, func(a, b Marker) int { return int(a.At - b.At) })
	out.end = clock.at(to)
	return out, nil
}

// check refuses what cannot be a recording, and returns its size.
func (r *Recording) check() (width, height int, err error) {
	if len(r.Frames) == 0 {
		return 0, 0, fmt.Errorf("the recording has no frames")
	}
	width, height = r.Width, r.Height
	last := time.Duration(0)
	for i, f := range r.Frames {
		switch {
		case f.Screen == nil:
			return 0, 0, fmt.Errorf("frame %d has no screen", i+1)
		case f.At < last:
			return 0, 0, fmt.Errorf("frame %d is at %v, which is before %v", i+1, f.At, last)
		case f.At > maxDuration:
			return 0, 0, fmt.Errorf("frame %d is at %v, and a recording lasts %v at most", i+1, f.At, maxDuration)
		}
		if err := f.Screen.check(); err != nil {
			return 0, 0, fmt.Errorf("frame %d: %w", i+1, err)
		}
		if r.Width == 0 && r.Height == 0 {
			width, height = max(width, f.Screen.Width), max(height, f.Screen.Height)
		}
		if f.Screen.Width > width || f.Screen.Height > height {
			return 0, 0, fmt.Errorf("frame %d has %d by %d cells, more than the recording's %d by %d", i+1, f.Screen.Width, f.Screen.Height, width, height)
		}
		last = f.At
	}
	if err := checkSize(width, height); err != nil {
		return 0, 0, err
	}
	for _, m := range r.Markers {
		if m.At < 0 || m.At > maxDuration {
			return 0, 0, fmt.Errorf("the marker %q is at %v, outside the recording", m.Label, m.At)
		}
	}
	return width, height, nil
}

// bounds are the times at which the piece that is wanted begins and ends.
func (r *Recording) bounds(o Options) (from, to time.Duration, err error) {
	last := r.Frames[len(r.Frames)-1].At
	if from, err = r.find(o.From, r.Frames[0].At); err != nil {
		return 0, 0, err
	}
	if to, err = r.find(o.To, last); err != nil {
		return 0, 0, err
	}
	if o.Still || o.At != "" {
		if to, err = r.find(o.At, to); err != nil {
			return 0, 0, err
		}
		from = to
	}
	from = max(from, r.Frames[0].At)
	switch {
	case from > last:
		return 0, 0, fmt.Errorf("the recording ends at %v, before %v", last, from)
	case to < from:
		return 0, 0, fmt.Errorf("a piece from %v to %v ends before it begins", from, to)
	}
	return from, min(to, last), nil
}

// find is the time that a marker's label or a number says; empty is otherwise.
func (r *Recording) find(place string, otherwise time.Duration) (time.Duration, error) {
	if place == "" {
		return otherwise, nil
	}
	var labels []string
	for _, m := range r.Markers {
		if m.Label == place {
			return m.At, nil
		}
		labels = append(labels, visible.Line(m.Label))
	}
	if d, err := time.ParseDuration(place); err == nil && d >= 0 {
		return d, nil
	}
	if s, err := strconv.ParseFloat(place, 64); err == nil && s >= 0 && s <= maxDuration.Seconds() {
		return time.Duration(s * float64(time.Second)), nil
	}
	if len(labels) == 0 {
		return 0, fmt.Errorf("%q is no time, and the recording has no markers", visible.Line(place))
	}
	return 0, fmt.Errorf("%q is neither a time nor one of the markers %s", visible.Line(place), strings.Join(labels, ", "))
}

// within are the frames seen between two times, the one already there first.
func within(frames []Frame, from, to time.Duration) []Frame {
	first := 0
	for first+1 < len(frames) && frames[first+1].At <= from {
		first++
	}
	last := first
	for last+1 < len(frames) && frames[last+1].At <= to {
		last++
	}
	return frames[first : last+1]
}

// add appends a moment, unless it shows what is there already.
func (r *reel) add(m moment) {
	if n := len(r.moments); n > 0 {
		if r.moments[n-1].at == m.at {
			r.moments = r.moments[:n-1]
			r.add(m)
			return
		}
		before := r.moments[n-1]
		if before.title == m.title && before.screen.same(m.screen) {
			return
		}
	}
	r.moments = append(r.moments, m)
}

// still is the moment that a still shows.
func (r *reel) still() moment { return r.moments[len(r.moments)-1] }

// paced is the same reel with at most one moment in each span of time, which
// comes at its beginning and shows what is there at its end.
func (r *reel) paced(span time.Duration) *reel {
	out := *r
	out.moments = nil
	for _, m := range r.moments {
		m.at = m.at / span * span
		out.add(m)
	}
	return &out
}

// A clock tells when in the result something comes.
type clock struct {
	real, shown []time.Duration // of each frame, and of the end
	idle        time.Duration   // 0 is no limit
	speed       float64
}

func newClock(frames []Frame, from, to time.Duration, o Options) *clock {
	c := &clock{real: []time.Duration{from}, shown: []time.Duration{0}, idle: o.Idle, speed: o.Speed}
	for _, f := range frames[1:] {
		c.pass(f.At)
	}
	c.pass(to)
	return c
}

// pass notes that something happens at a time, the latest so far.
func (c *clock) pass(at time.Duration) {
	shown := c.at(at)
	c.real, c.shown = append(c.real, at), append(c.shown, shown)
}

// at is when what happened at a time is shown.
func (c *clock) at(real time.Duration) time.Duration {
	i, found := slices.BinarySearch(c.real, real)
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	gap := real - c.real[i]
	if c.idle > 0 {
		gap = min(gap, c.idle)
	}
	return c.shown[i] + time.Duration(float64(gap)/c.speed)
}
