package layers

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"tiller/steering/trace"
	"tiller/tui/desk"
	"tiller/tui/visible"
)

// title names a quantity.
func title(w wanted) string {
	switch w.quantity {
	case trace.Change:
		return "change |Δh|/|h|"
	case trace.LensKL:
		return "lens KL(steered‖base)"
	case trace.Projection:
		if w.vector == "" {
			return "projection"
		}
		return "projection on " + visible.Line(w.vector)
	}
	return "norm |h|"
}

// unit is what follows a number of a quantity.
func unit(q trace.Quantity) string {
	if q == trace.LensKL {
		return " nats"
	}
	return ""
}

// number writes a value with as many decimals as suit the scale that it is on.
func (s scale) number(x float64) string {
	decimals := 0
	switch {
	case s.high < 1:
		decimals = 3
	case s.high < 10:
		decimals = 2
	case s.high < 1000:
		decimals = 1
	}
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case x == 0:
		return "0"
	case size >= 1e6 || s.high < .01 && !s.none:
		return strconv.FormatFloat(x, 'e', 0, 64)
	case size < .5*math.Pow10(-decimals):
		return "≈0"
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// about says what a scale leaves out, as briefly as the width asks for.
func (s scale) about(width int) string {
	embed := ""
	if s.kind == logarithm {
		embed = "embed, "
	}
	switch {
	case width < 80:
		return "not position 0, top 2 %"
	case width < 100:
		return "not scaled: position 0, " + embed + "top 2 %"
	}
	return "not on the scale: position 0, " + embed + "the highest 2 %"
}

// trimmed is what a token's text shows: without the spaces at its ends, and ␣ if
// nothing is left.
func trimmed(a *desk.Answer, position int) string {
	if t := strings.Trim(visible.Line(text(a, position)), " "); t != "" {
		return t
	}
	return "␣"
}

// letters are the first n characters of a text, each of at most width columns;
// a wider one is shown as □.
func letters(s string, n, width int) []string {
	var out []string
	for g := displaywidth.StringGraphemes(s); len(out) < n && g.Next(); {
		switch w := g.Width(); {
		case w == 0:
		case w > width:
			out = append(out, "□")
		default:
			out = append(out, g.Value())
		}
	}
	return out
}

// placed says where a position is: in the lane, and where a plan finds it.
func placed(position, prompt int) string {
	if position < prompt {
		return fmt.Sprintf("position %d", position)
	}
	return fmt.Sprintf("position %d = gen:%d", position, position-prompt)
}
