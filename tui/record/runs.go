package record

import (
	"tiller/steering"
	"tiller/tui/engine"
)

// A Run is lanes that were generated together, and what came of them.
type Run struct {
	Event    int // index of the event that asked for it
	Gen      int
	Lanes    []engine.Lane // with the references of their models
	Sampling engine.Sampling
	// Answers are what lanes were given, by lane id, as far as the log goes.
	Answers map[int]*Answer
	// Vectors are what is known of the vectors that the lanes' plans name.
	Vectors map[string]engine.VectorInfo
	// Fingerprints are those of the lanes' models, by reference; without those
	// that were never the open one.
	Fingerprints map[string]string
}

// An Answer is the tokens that a lane was given.
type Answer struct {
	Prompt int // tokens before it
	Tokens []engine.Token
	Stop   string // empty if the log does not say
	Err    string
}

// Runs plays a log, and returns the runs of lanes in it.
func Runs(l *Log, begin NewScreen) ([]*Run, error) {
	c := &collector{runs: map[int]*Run{}, vectors: map[string]engine.VectorInfo{}, fingerprints: map[string]string{}}
	p := &Player{Log: l, begin: func(s Sitting, history []string) Screen {
		screen := begin(s, history)
		screen.Watch(c.asked)
		return screen
	}}
	if err := p.Seek(0); err != nil {
		return nil, err
	}
	for i, e := range l.Events {
		c.event = i
		c.take(e)
		if ok, err := p.Step(); !ok {
			return nil, err
		}
	}
	return c.order, nil
}

// collector gathers runs while a log is played.
type collector struct {
	event        int
	runs         map[int]*Run // by generation
	order        []*Run
	vectors      map[string]engine.VectorInfo
	fingerprints map[string]string
}

// asked takes in a run that is asked for.
func (c *collector) asked(gen int, lanes []engine.Lane, s engine.Sampling) {
	r := &Run{
		Event: c.event, Gen: gen, Lanes: lanes, Sampling: s,
		Answers: map[int]*Answer{}, Vectors: map[string]engine.VectorInfo{}, Fingerprints: map[string]string{},
	}
	for _, l := range lanes {
		if f, ok := c.fingerprints[l.Model]; ok {
			r.Fingerprints[l.Model] = f
		}
		plan, err := steering.Parse(l.Plan)
		if err != nil {
			continue // such a lane does not begin
		}
		for _, name := range plan.Names() {
			if v, ok := c.vectors[name]; ok {
				r.Vectors[name] = v
			}
		}
	}
	c.runs[gen] = r
	c.order = append(c.order, r)
}

// take takes in what a message says of models, vectors and answers.
func (c *collector) take(e Event) {
	switch msg := e.Msg.(type) {
	case engine.Opened:
		c.fingerprints[msg.Model.Ref] = msg.Model.Fingerprint
		for _, v := range msg.Vectors {
			c.vectors[v.Name] = v
		}
	case engine.VectorRead:
		c.vectors[msg.Info.Name] = msg.Info
	case engine.Derived:
		c.vectors[msg.Info.Name] = msg.Info
	case engine.Exported:
		c.vectors[msg.Info.Name] = msg.Info
	case engine.Generated:
		if r := c.runs[msg.Gen]; r != nil {
			r.take(msg)
		}
	}
}

// take takes in tokens.
func (r *Run) take(msg engine.Generated) {
	for _, b := range msg.Begun {
		r.Answers[b.Lane] = &Answer{Prompt: len(b.Prompt), Err: b.Err}
	}
	for _, t := range msg.Tokens {
		if a := r.Answers[t.Lane]; a != nil {
			a.Tokens = append(a.Tokens, t)
		}
	}
	for _, e := range msg.Ended {
		if a := r.Answers[e.Lane]; a != nil {
			a.Stop = e.Stop
			if a.Err == "" {
				a.Err = e.Err
			}
		}
	}
}

// IDs are the tokens' ids.
func (a *Answer) IDs() []int {
	ids := make([]int, len(a.Tokens))
	for i, t := range a.Tokens {
		ids[i] = t.ID
	}
	return ids
}
