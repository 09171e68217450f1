package cursor

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/keys"
)

// cursor is where the cursor is in what is in focus, and among how many tokens.
func (v *View) cursor() (at *int, n int) {
	l := v.d.Focused()
	switch {
	case l == nil:
		return &v.d.At, len(v.d.Tokens)
	case l.Answer == nil:
		return &l.At, 0
	}
	return &l.At, len(l.Answer.Tokens)
}

// move does what moving keys mean, and reports whether a key is one.
func (v *View) move(a keys.Action) bool {
	at, n := v.cursor()
	switch a {
	case keys.Left:
		v.to(*at - 1)
	case keys.Right:
		v.to(*at + 1)
	case keys.WordLeft:
		v.word(-1)
	case keys.WordRight:
		v.word(1)
	case keys.Top:
		v.to(0)
	case keys.Bottom:
		v.to(n - 1)
	case keys.NextPane:
		v.pane(1)
	case keys.PreviousPane:
		v.pane(-1)
	case keys.Divergence:
		v.divergence()
	default:
		return false
	}
	return true
}

// to puts the cursor on a token.
func (v *View) to(token int) {
	at, n := v.cursor()
	*at = max(0, min(token, n-1))
	if l := v.d.Focused(); l != nil {
		l.Follow = false
	}
}

// word moves to the next token that begins a word.
func (v *View) word(by int) {
	at, n := v.cursor()
	i := *at + by
	for i > 0 && i < n-1 && !strings.HasPrefix(v.text(i), " ") && !strings.HasPrefix(v.text(i), "\n") {
		i += by
	}
	v.to(i)
}

// text is what a token of what is in focus adds to it.
func (v *View) text(token int) string {
	if l := v.d.Focused(); l != nil {
		return l.Answer.Tokens[token].Text
	}
	return v.d.Tokens[token].Text
}

// pane moves the focus by so many panes, around.
func (v *View) pane(by int) {
	n := len(v.d.Lanes) + 1
	v.d.Focus = desk.Pane((int(v.d.Focus)+1+by+n)%n - 1)
	v.d.Anchor = -1
}

// divergence goes to where the lane in focus, or else the one that the dials
// turn, parts from base; in base, to the same token.
func (v *View) divergence() {
	d := v.d
	l := d.Focused()
	if l == nil || l.Kind == desk.Base {
		l = d.Active()
	}
	if l == nil {
		d.Say(desk.Warning, "There is nothing to compare base with.")
		return
	}
	index, ok := d.Parts(l)
	if !ok {
		d.Say(desk.Note, "%s and base say the same so far.", d.Name(l))
		return
	}
	if d.Focused() == nil {
		for i, other := range d.Lanes {
			if other == l {
				d.Focus = desk.Pane(i)
			}
		}
	}
	v.to(index)
}

// choose moves the choice among the candidates: down those of base, then down
// those of the other side, and around.
func (v *View) choose(by int) {
	s, why := v.subject()
	if why != "" {
		return
	}
	all, chosen := v.figures(s).ring()
	if n := len(all); n > 0 {
		v.chosen = (chosen + by + n) % n
	}
	v.top, v.paged = 0, false // they stand at the top
}

// scroll moves what does not fit by lines.
func (v *View) scroll(by int) {
	v.top, v.paged = max(0, v.top+by), true
}

// fork begins a lane in place of the token under the cursor: with the candidate
// that is chosen or, if that is the token itself, with what the plan makes of it
// once it is changed.
func (v *View) fork() tea.Cmd {
	s, why := v.subject()
	if s.prompt || why != "" {
		v.d.Say(desk.Warning, "A lane begins at a token of an answer: %s goes to one.", v.d.Keys.Key(keys.Cursor, keys.NextPane))
		return nil
	}
	id, with := -1, ""
	if c, ok := v.figures(s).choice(); ok && c.ID != s.id {
		id, with = c.ID, c.Piece
	}
	before := len(v.d.Lanes)
	cmd := v.d.Fork(s.lane, s.index, id, with)
	if len(v.d.Lanes) == before {
		return cmd // the desk said why
	}
	v.at, v.chosen = s.index, -1
	compare := v.d.Keys.Key(keys.Cursor, keys.GoCompare)
	if id < 0 {
		v.d.Say(desk.Note, "A new lane begins at token %d: turn its dials; %s shows it.", s.index, compare)
	} else {
		v.d.Say(desk.Note, "A new lane goes on with %s; %s shows it.", quoted(with), compare)
	}
	return cmd
}
