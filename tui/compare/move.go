package compare

import (
	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/keys"
)

// cursor is where the cursor of the focused pane is, and among how many tokens.
func (v *View) cursor() (at *int, n int) {
	l := v.d.Focused()
	if l == nil {
		return &v.d.At, len(v.d.Tokens)
	}
	if l.Answer == nil {
		return &l.At, 0
	}
	return &l.At, len(l.Answer.Tokens)
}

// drawn is the column of the focused pane; nil before it was drawn.
func (v *View) drawn() *column {
	c := &v.question
	if l := v.d.Focused(); l != nil {
		c = v.columns[l.ID]
	}
	if c == nil || c.flow == nil {
		return nil
	}
	return c
}

// move does what moving keys mean.
func (v *View) move(a keys.Action) (cmd tea.Cmd, taken bool) {
	switch a {
	case keys.NextPane:
		v.pane(1)
	case keys.PreviousPane:
		v.pane(-1)
	case keys.Left:
		v.by(-1)
	case keys.Right:
		v.by(1)
	case keys.WordLeft:
		v.word(-1)
	case keys.WordRight:
		v.word(1)
	case keys.Up:
		v.lines(-1)
	case keys.Down:
		v.lines(1)
	case keys.HalfUp:
		v.lines(-v.page() / 2)
	case keys.HalfDown:
		v.lines(v.page() / 2)
	case keys.PageUp:
		v.lines(-v.page())
	case keys.PageDown:
		v.lines(v.page())
	case keys.Top:
		v.to(0)
	case keys.Bottom:
		_, n := v.cursor()
		v.to(n - 1)
	default:
		return nil, false
	}
	return nil, true
}

// pane moves the focus by so many panes, around.
func (v *View) pane(by int) {
	n := len(v.d.Lanes) + 1
	v.d.Focus = desk.Pane((int(v.d.Focus)+1+by+n)%n - 1)
	v.d.Anchor = -1
}

// to puts the cursor on a token.
func (v *View) to(token int) {
	at, n := v.cursor()
	*at = max(0, min(token, n-1))
	if l := v.d.Focused(); l != nil {
		l.Follow = false
	}
}

func (v *View) by(n int) {
	at, _ := v.cursor()
	v.to(*at + n)
}

// word moves to the next token that begins a word.
func (v *View) word(by int) {
	at, n := v.cursor()
	i := *at + by
	for i > 0 && i < n-1 && !v.beginsWord(i) {
		i += by
	}
	v.to(i)
}

func (v *View) beginsWord(i int) bool {
	text := ""
	if l := v.d.Focused(); l != nil {
		text = l.Answer.Tokens[i].Text
	} else {
		text = v.d.Tokens[i].Text
	}
	return text != "" && (text[0] == ' ' || text[0] == '\n')
}

// lines moves the cursor by lines of the text as it is drawn.
func (v *View) lines(by int) {
	c := v.drawn()
	if c == nil {
		return
	}
	at, n := v.cursor()
	if n == 0 {
		return
	}
	line, col := c.flow.Where(*at)
	line = max(0, min(line+by, c.flow.Height()-1))
	if token, ok := c.flow.At(line, col); ok {
		v.to(token)
	}
}

// page is how many lines the focused pane shows.
func (v *View) page() int {
	for _, a := range v.areas {
		if a.pane == v.d.Focus {
			return max(2, a.height)
		}
	}
	return 2
}

// divergence jumps to where the focused lane, or else the one the dials turn,
// parts from base; in base, to the same token.
func (v *View) divergence() {
	l := v.d.Focused()
	if l == nil || l.Kind == desk.Base {
		l = v.d.Active()
	}
	if l == nil {
		v.d.Say(desk.Warning, "There is nothing to compare base with.")
		return
	}
	index, ok := v.d.Parts(l)
	if !ok {
		v.d.Say(desk.Note, "Base and %s have the same tokens so far.", v.d.Name(l))
		return
	}
	for i, other := range v.d.Lanes {
		if other == l || other == v.d.Base() {
			other.At, other.Follow = index, false
			if other.Answer != nil {
				other.At = min(index, max(0, len(other.Answer.Tokens)-1))
			}
		}
		if other == l && v.d.Focused() == nil {
			v.d.Focus = desk.Pane(i)
		}
	}
}

// selectPosition puts the token under the cursor, or the range that ends there,
// into the term in hand, or takes it out.
func (v *View) selectPosition() tea.Cmd {
	at, n := v.cursor()
	if n == 0 {
		return nil
	}
	from, to := *at, *at
	if v.d.Anchor >= 0 {
		from = v.d.Anchor
		v.d.Anchor = -1
	}
	if l := v.d.Focused(); l != nil {
		from, to = from+len(l.Answer.Prompt), to+len(l.Answer.Prompt)
	}
	return v.d.SelectRange(from, to)
}

// anchor begins a range at the cursor, or gives it up.
func (v *View) anchor() {
	at, _ := v.cursor()
	if v.d.Anchor >= 0 {
		v.d.Anchor = -1
		return
	}
	v.d.Anchor = *at
	v.d.Say(desk.Note, "Move to the other end of the range, then press %s.", v.d.Keys.Key(keys.Compare, keys.SelectPosition))
}

// An area is where a pane was drawn.
type area struct {
	pane                desk.Pane
	x, y, width, height int
}

// Click puts the cursor where the mouse points, at column x and line y of the
// view.
func (v *View) Click(x, y int) tea.Cmd {
	for _, a := range v.areas {
		if x < a.x || x >= a.x+a.width || y < a.y || y >= a.y+a.height {
			continue
		}
		v.d.Focus = a.pane
		c := v.drawn()
		if c == nil {
			return nil
		}
		if token, ok := c.flow.At(c.top+y-a.y, x-a.x); ok {
			v.to(token)
		}
	}
	return nil
}

// Wheel scrolls the pane under the mouse by lines.
func (v *View) Wheel(x, y, lines int) tea.Cmd {
	for _, a := range v.areas {
		if x >= a.x && x < a.x+a.width && y >= a.y && y < a.y+a.height {
			v.d.Focus = a.pane
			v.lines(lines)
		}
	}
	return nil
}
