package layers

import (
	"tiller/steering"
	"tiller/tui/frame"
)

// A layout is where the map is in the view. The highest layer in sight is at
// the top.
type layout struct {
	left, top   int // column and line of the first cell
	cell, tall  int // columns of a position, lines of a layer
	from, count int // positions in sight
	low, rows   int // rows in sight, from the lowest
	letters     int // lines of the tokens' text below
	bar         int // columns of the bars at the right; 0 without
}

const (
	margin  = 8 // columns of a layer's mark and name
	figures = 8 // columns of a value at the right, and the space before it
	// Lines of all else: the rule, marks, ticks, a note, the tokens around the
	// cursor, the cell and the legend.
	others = 7
)

// The most room that cells and texts take.
const (
	widest  = 3 // columns of a position
	tallest = 3 // lines of a layer
	deepest = 3 // lines of the tokens' letters
)

// lay finds the room for the map in width columns and height lines, and scrolls
// so that the cursor is in sight.
func (v *View) lay(width, height int) layout {
	c := v.held
	at := layout{left: margin, top: 1}
	room := width - margin - figures - 1
	if width >= 100 {
		at.bar = 10
		room -= at.bar + 1
	}
	at.cell = max(1, min(room/c.positions(), widest))
	at.count = max(1, min(room/at.cell, c.positions()))
	lines := max(1, height-others-1)
	at.rows = min(len(c.values), lines)
	wanted := 1 // a text downwards can't be read in columns that touch
	if at.cell > 1 {
		wanted = min(c.longest, deepest)
	}
	at.tall = max(1, min((lines-wanted+1)/at.rows, tallest))
	at.letters = max(1, min(lines-at.rows*at.tall+1, wanted))
	v.from = frame.Scroll(v.from, v.column(), c.positions(), at.count)
	v.low = frame.Scroll(v.low, v.layer-steering.Embed, len(c.values), at.rows)
	at.from, at.low = v.from, v.low
	return at
}

// column is the position of the map that the cursor is at.
func (v *View) column() int { return max(0, min(v.at, v.held.positions()-1)) }

// rowAt is the row of the map at a line of the view.
func (at layout) rowAt(y int) (row int, ok bool) {
	if y -= at.top; y < 0 || y >= at.rows*at.tall {
		return 0, false
	}
	return at.low + at.rows - 1 - y/at.tall, true
}

// positionAt is the position at a column of the view.
func (at layout) positionAt(x int) (position int, ok bool) {
	if x -= at.left; x < 0 || x >= at.count*at.cell {
		return 0, false
	}
	return at.from + x/at.cell, true
}
