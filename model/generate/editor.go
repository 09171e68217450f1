package generate

import (
	"github.com/nlpodyssey/spago/mat"

	"tiller/model"
)

// Steering makes the editor of a lane, once its prompt was measured.
type Steering interface {
	// LowestLayer is the lowest layer that the lane can be edited at; false
	// when nothing is ever edited.
	LowestLayer() (layer int, ok bool)
	// NeedsDistributions reports whether edits depend on the distributions
	// from which tokens were drawn.
	NeedsDistributions() bool
	// Editor returns the editor of a new lane with this prompt.
	Editor(prompt Prompt, measured Measured) (Editor, error)
}

// An Editor edits the residual stream of one lane.
type Editor interface {
	// Accept is told of each generated token, in order, before its row is
	// computed: its id, the text that it adds, and the distribution from which
	// it was drawn.
	Accept(id int, text string, drawn Drawn)
	// Edit changes the row of a position right after block layer, in place, and
	// reports whether it did.
	Edit(layer, position int, row []float32) bool
	// Truncate forgets the positions from position on, whose rows were accepted
	// but not computed.
	Truncate(position int) error
	// FirstPosition is the first prompt position that is edited; false when
	// none is.
	FirstPosition() (position int, ok bool)
	// Steered reports whether the token after position came from an edited row.
	Steered(position int) bool
}

// Measured is what computing a prompt without steering showed.
type Measured struct {
	// MedianNorm is the median L2 norm of the prompt's rows, [layers+1]: entry
	// L+1 is layer L. Position 0 is left out where there are others: it is where
	// attention sinks live (Xiao et al. 2023, arXiv 2309.17453), and in a short
	// prompt its huge norm would be the median.
	MedianNorm []float32
	// Drawn describes, for each prompt position, the distribution that its
	// token follows; nil unless asked for.
	Drawn []Drawn
}

// Drawn describes the distribution from which a token was drawn, before
// temperature.
type Drawn struct {
	Entropy float64 // nats
	Margin  float64 // probability of the likeliest token minus that of the second
	Known   bool    // false at position 0 and where it was not asked for
}

// hook hands each row of a step to its lane's editor.
type hook struct {
	editors []Editor // by lane of the step
	dModel  int
}

func (h hook) Edit(layer int, rows []model.Row, stream mat.Tensor) mat.Tensor {
	data := mat.Data[float32](stream)
	for r, row := range rows {
		if e := h.editors[row.Lane]; e != nil {
			e.Edit(layer, row.Position, data[r*h.dModel:(r+1)*h.dModel])
		}
	}
	return stream
}

// hookFor returns nil when no lane is edited, so that a step pays nothing.
func hookFor(editors []Editor, dModel int) model.Hook {
	for _, e := range editors {
		if e != nil {
			return hook{editors: editors, dModel: dModel}
		}
	}
	return nil
}
