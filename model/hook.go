package model

import "github.com/nlpodyssey/spago/mat"

// A Row says which token one row of a stacked residual stream belongs to.
type Row struct {
	// Lane is the index of the row's lane among the lanes of this step.
	Lane int
	// Position is the 0-based index of the row's token in its lane, prompt
	// included.
	Position int
	// Prompt reports whether the token is part of the prompt, as opposed to
	// generated.
	Prompt bool
}

// A Hook is handed the residual stream between blocks. It is the one place
// where anything outside the model may change an activation.
type Hook interface {
	// Edit receives the stream h, [rows, d_model], right after block layer
	// (layer -1 is the stream before block 0) and returns the stream that the
	// next block reads. rows[i] says what row i of h is.
	//
	// When h needs no gradient the rows may be changed in place and h itself
	// returned; otherwise the result is a new tensor that carries gradients
	// back to h. Rows that are not to change must keep their exact bits.
	Edit(layer int, rows []Row, h mat.Tensor) mat.Tensor
}
