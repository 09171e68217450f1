package sweep

import (
	"tiller/model/generate"
)

// reading is a steering of which the last prompt position's row is read, at the
// last layer and after all edits. It belongs to one lane of one session.
type reading struct {
	generate.Steering
	lane  int // of the run, which an error names
	layer int // the last
}

// Editor makes a reader of the steering's editor.
func (r reading) Editor(prompt generate.Prompt, measured generate.Measured) (generate.Editor, error) {
	e, err := r.Steering.Editor(prompt, measured)
	if err != nil {
		return nil, &refusal{lane: r.lane, reason: err}
	}
	return &reader{Editor: e, layer: r.layer, position: len(prompt.Tokens) - 1}, nil
}

// A refusal says that the plan of a lane cannot be used with a prompt.
type refusal struct {
	lane   int
	reason error
}

func (r *refusal) Error() string { return r.reason.Error() }

func (r *refusal) Unwrap() error { return r.reason }

// reader is an editor that keeps one row.
type reader struct {
	generate.Editor
	layer, position int
	row             []float32 // [d_model]; nil if it wasn't recomputed, and so is the base's
}

// Edit edits, and keeps what came of it.
func (r *reader) Edit(layer, position int, row []float32) bool {
	edited := r.Editor.Edit(layer, position, row)
	if layer == r.layer && position == r.position {
		r.row = append(r.row[:0], row...)
	}
	return edited
}

// idle is a steering that edits nothing, but has the stream of the prompt kept
// at a layer, as if it were to edit there.
type idle struct {
	layer int
	drawn bool // have the prompt's distributions measured, too
	last  bool // have the last position's row recomputed from that layer
}

func (s idle) LowestLayer() (layer int, ok bool) { return s.layer, true }

func (s idle) NeedsDistributions() bool { return s.drawn }

func (s idle) Editor(prompt generate.Prompt, _ generate.Measured) (generate.Editor, error) {
	return idleEditor{position: len(prompt.Tokens) - 1, last: s.last}, nil
}

type idleEditor struct {
	position int
	last     bool
}

func (idleEditor) Accept(int, string, generate.Drawn) {}

func (idleEditor) Edit(int, int, []float32) bool { return false }

func (idleEditor) Truncate(int) error { return nil }

func (e idleEditor) FirstPosition() (position int, ok bool) { return e.position, e.last }

func (idleEditor) Steered(int) bool { return false }
