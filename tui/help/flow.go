package help

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"tiller/tui/frame"
)

const (
	least  = 54 // columns of a column of keys, beside which another may stand
	widest = 72 // beyond which lines are hard to follow
	gap    = 3
)

// columns is how many columns of keys stand side by side.
func columns(width int) int { return max(1, min(3, (width+gap)/(least+gap))) }

// flow lays out in columns what has all the words of a filter. It keeps what it
// returned, since a frame is drawn far more often than it changes.
func (s *Sheet) flow(width int, filter string) []string {
	at := layout{width, filter}
	if lines, ok := s.laid[at]; ok {
		return lines
	}
	if len(s.laid) > maxLaid {
		clear(s.laid)
	}
	lines := s.layOut(width, strings.Fields(strings.ToLower(filter)))
	s.laid[at] = lines
	return lines
}

// maxLaid bounds what is kept.
const maxLaid = 16

// layOut lays out in columns what has all the words.
func (s *Sheet) layOut(width int, words []string) []string {
	n := columns(width)
	w := min(widest, (width-(n-1)*gap)/n)
	var blocks [][]string
	total := 0
	for _, g := range s.groups {
		if block := s.block(g, words, w); block != nil {
			blocks = append(blocks, block)
			total += len(block)
		}
	}
	if blocks == nil {
		return []string{s.theme.Faint.Render("No key is described so.")}
	}
	tall := 0
	laid := lay(blocks, n, total)
	for _, c := range laid {
		tall = max(tall, len(c))
	}
	lines := make([]string, tall)
	for i := range laid {
		for j, line := range frame.Block(laid[i], w, tall) {
			if i > 0 {
				lines[j] += strings.Repeat(" ", gap)
			}
			lines[j] += line
		}
	}
	return lines
}

// lay puts blocks into n columns of about the same height, in order. A block
// that is too tall goes on in the next column.
func lay(blocks [][]string, n, total int) [][]string {
	all := slices.Concat(blocks...)
	each := (total + n - 1) / n
	var laid [][]string
	for len(all) > 0 {
		cut := min(each, len(all))
		if len(laid) == n-1 {
			cut = len(all)
		}
		for cut < len(all) && strings.HasPrefix(ansi.Strip(all[cut]), " ") {
			cut++ // no line is torn from the one that it goes on from
		}
		if cut < len(all) && cut > 1 && all[cut-2] == "" {
			cut-- // nor a title from its first key
		}
		column := all[:cut]
		all = all[cut:]
		for len(all) > 0 && all[0] == "" {
			all = all[1:]
		}
		laid = append(laid, column)
	}
	return laid
}

// block is the lines of a group's entries that have all the words, a blank line
// after them; nil if there are none.
func (s *Sheet) block(g group, words []string, width int) []string {
	left := 4
	var kept []entry
	for _, e := range g.entries {
		text := strings.ToLower(e.left + " " + e.right)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			kept = append(kept, e)
			left = max(left, frame.Width(e.left))
		}
	}
	if kept == nil {
		return nil
	}
	left = min(left, width/3)
	lines := []string{s.theme.Title.Render(g.title)}
	for _, e := range kept {
		for i, line := range strings.Split(ansi.Wordwrap(e.right, width-left-2, ""), "\n") {
			key := ""
			if i == 0 {
				key = s.theme.Key.Render(frame.Clip(e.left, left))
			}
			lines = append(lines, frame.Fit(key, left)+"  "+s.theme.Text.Render(line))
		}
	}
	return append(lines, "")
}
