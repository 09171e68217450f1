package scores

import (
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/tui/theme"
)

// A Mark is what one answer came to, in two columns or three.
type Mark struct {
	Score float64
	There bool // there is an answer at all
	// Found reports that the grader found one in the output, Cut that the
	// output ran out of tokens or context, Failed that nothing was generated.
	Found, Cut, Failed bool
}

// MarkOf is the mark of a sample that is there. Answers that were given to the
// model, as those of a multiple choice, are not cut off.
func MarkOf(x *eval.Sample) Mark {
	cut := len(x.Choices) == 0 && (x.Stop == generate.StopLength || x.Stop == generate.StopContext)
	return Mark{Score: x.Score, There: true, Found: x.Found, Cut: cut, Failed: x.Error != ""}
}

// Legend says what the glyphs of marks mean.
const Legend = "✓ right   ✗ wrong   ? no answer found   … cut off   ! failed   · not there yet"

// Draw returns the glyphs of a mark: ✓ and ✗ for scores of 1 and 0, two digits
// for others, and … after one that was cut off.
func (m Mark) Draw(t *theme.Theme) string {
	text, style := m.glyph(t)
	if m.Cut && m.There && !m.Failed {
		text += "…"
	}
	return style.Render(text)
}

func (m Mark) glyph(t *theme.Theme) (string, lipgloss.Style) {
	switch {
	case !m.There:
		return "·", t.Faint
	case m.Failed:
		return "!", t.Warn
	case m.Score == 1:
		return "✓", t.Good
	case m.Score == 0 && !m.Found:
		return "?", t.Bad
	case m.Score == 0:
		return "✗", t.Bad
	}
	return strings.TrimPrefix(strconv.FormatFloat(m.Score, 'f', 2, 64), "0"), t.Text
}
