package plan

import (
	"strconv"
	"strings"

	"tiller/tui/wording"
)

// wrap breaks a text into styled lines of at most width columns, with a margin.
func wrap(style func(...string) string, text string, width int) []string {
	beside := func(line ...string) string { return strings.Repeat(" ", margin) + style(line...) }
	return wording.Wrap(beside, text, width-2*margin)
}

// margin is how many columns stay free beside what is drawn.
const margin = 2

// number writes x briefly, as plans do.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
