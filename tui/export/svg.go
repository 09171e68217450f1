package export

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// svgFonts are tried in turn; the columns are the same with each of them.
const svgFonts = `"DejaVu Sans Mono","Cascadia Mono",Menlo,Consolas,"Liberation Mono",monospace`

// svgPace is the shortest time between two changes of a moving SVG.
const svgPace = 50 * time.Millisecond

// writeSVG draws the reel. If it moves, each line of the screen is a strip of
// all that ever stands in it, which a style sheet moves behind a window of one
// line: what repeats is there once, and no script is needed.
func writeSVG(w io.Writer, r *reel, o Options) error {
	r = r.inked().paced(svgPace)
	d := newDrawing(r.layout(o, 1), r.theme)
	strips := d.strips(r)
	var body, motion strings.Builder
	total := r.end + o.Hold
	for i, s := range strips {
		d.strip(&body, &motion, i, s, total)
	}
	var b bytes.Buffer
	d.open(&b, r.title, "")
	style := d.style()
	if motion.Len() > 0 {
		style += fmt.Sprintf(".s{animation:%ss step-end infinite}\n", decimal(total.Seconds())) + motion.String() +
			"@media(prefers-reduced-motion:reduce){.s{animation:none}}\n"
	}
	fmt.Fprintf(&b, "<style>\n%s</style>\n", style)
	d.window(&b)
	b.WriteString(body.String() + "</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// A drawing makes lines of cells into SVG. Its colours become classes.
type drawing struct {
	layout
	theme   Theme
	chrome  chrome
	classes map[color.RGBA]int
	order   []color.RGBA
}

func newDrawing(l layout, t Theme) *drawing {
	return &drawing{layout: l, theme: t, chrome: t.chrome(), classes: map[color.RGBA]int{}}
}

// class is the name of a class that fills with a colour.
func (d *drawing) class(c color.RGBA) string {
	n, ok := d.classes[c]
	if !ok {
		n = len(d.order)
		d.classes[c] = n
		d.order = append(d.order, c)
	}
	return "c" + strconv.Itoa(n)
}

// open begins the picture; attributes are more of them for its element.
func (d *drawing) open(b *bytes.Buffer, title, attributes string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img"%s>`+"\n", d.width, d.height, attributes)
	if title != "" {
		fmt.Fprintf(b, "<title>%s</title>\n", html.EscapeString(title))
	}
}

// style is the style sheet for all that was drawn so far.
func (d *drawing) style() string {
	var b strings.Builder
	fmt.Fprintf(&b, "text{font:%spx %s;white-space:pre}\n", decimal(d.em), svgFonts)
	b.WriteString(".b{font-weight:700}.i{font-style:italic}.q{shape-rendering:crispEdges}\n")
	for i, c := range d.order {
		fmt.Fprintf(&b, ".c%d{fill:%s}", i, hex(c))
	}
	return b.String() + "\n"
}

// window draws what is behind the text: paper with round corners, and unless
// it is bare an edge and the bar with its buttons.
func (d *drawing) window(b *bytes.Buffer) {
	const radius = 8
	fmt.Fprintf(b, `<rect width="%d" height="%d" rx="%d" fill="%s"/>`+"\n", d.width, d.height, radius, hex(d.theme.BG))
	if d.bar == 0 {
		return
	}
	fmt.Fprintf(b, `<path d="M0 %dV%d a%[2]d %[2]d 0 0 1 %[2]d -%[2]dH%d a%[2]d %[2]d 0 0 1 %[2]d %[2]dV%[1]dz" fill="%[4]s"/>`, d.bar, radius, d.width-radius, hex(d.chrome.bar))
	fmt.Fprintf(b, `<rect y="%d" width="%d" height="1" fill="%s"/>`, d.bar-1, d.width, hex(d.chrome.edge))
	for _, c := range d.buttons() {
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`, decimal(c.x), decimal(c.y), decimal(c.radius), hex(d.chrome.button))
	}
	fmt.Fprintf(b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="%d" fill="none" stroke="%s"/>`+"\n", d.width-1, d.height-1, radius, hex(d.chrome.edge))
}

// A strip is all that ever stands in one place of the picture.
type strip struct {
	x, y, width, height int            // of the place
	states              []string       // SVG, each once
	known               map[string]int // the numbers of the states
	changes             []change       // the first at 0
}

// A change is when a strip shows which of its states from then on.
type change struct {
	moment int // its number in the reel
	at     time.Duration
	state  int
}

// show appends a change, if it is one.
func (s *strip) show(moment int, at time.Duration, drawn string) {
	state, ok := s.known[drawn]
	if !ok {
		if s.known == nil {
			s.known = map[string]int{}
		}
		state = len(s.states)
		s.known[drawn] = state
		s.states = append(s.states, drawn)
	}
	if n := len(s.changes); n == 0 || s.changes[n-1].state != state {
		s.changes = append(s.changes, change{moment, at, state})
	}
}

// strips are those of the title, if there is a bar, and of all lines.
func (d *drawing) strips(r *reel) []*strip {
	var out []*strip
	if d.bar > 0 {
		s := &strip{y: (d.bar - d.cellH) / 2, width: d.width, height: d.cellH}
		for i, m := range r.moments {
			cells, x := d.titleLine(m.title, d.chrome)
			s.show(i, m.at, d.line(cells, x, d.chrome.bar))
		}
		out = append(out, s)
	}
	for y := range d.lines {
		s := &strip{width: d.columns * d.cellW, height: d.cellH}
		s.x, s.y = d.cell(0, y)
		var before []Cell
		for i, m := range r.moments {
			if line := m.screen.lines[y]; before == nil || !sameLine(before, line) {
				s.show(i, m.at, d.line(line, 0, d.theme.BG))
				before = line
			}
		}
		out = append(out, s)
	}
	return out
}

// last is the state that a strip ends with.
func (s *strip) last() int { return s.changes[len(s.changes)-1].state }

// strip writes strip number n: as it stands if it never changes, and else all
// of its states below each other with the rules that move them, which repeat
// after total. Without the rules the last state is seen.
func (d *drawing) strip(b, rules *strings.Builder, n int, s *strip, total time.Duration) {
	if len(s.states) == 1 {
		if s.states[0] != "" {
			fmt.Fprintf(b, `<g transform="translate(%d %d)">%s</g>`+"\n", s.x, s.y, s.states[0])
		}
		return
	}
	pitch := 2 * s.height // tall letters stay out of the window of their neighbours
	fmt.Fprintf(b, `<svg x="%d" y="%d" width="%d" height="%d"><g class="s r%d" transform="translate(0 %d)">`+"\n",
		s.x, s.y, s.width, s.height, n, -s.last()*pitch)
	for i, state := range s.states {
		if state != "" {
			fmt.Fprintf(b, `<g transform="translate(0 %d)">%s</g>`+"\n", i*pitch, state)
		}
	}
	b.WriteString("</g></svg>\n")
	fmt.Fprintf(rules, ".r%d{animation-name:k%[1]d}@keyframes k%[1]d{", n)
	for _, c := range s.changes {
		fmt.Fprintf(rules, "%s%%{transform:translateY(%dpx)}", decimal(100*c.at.Seconds()/total.Seconds()), -c.state*pitch)
	}
	rules.WriteString("}\n")
}

// line draws cells from a pixel on, on paper of a colour: first what is behind,
// then shapes, then text.
func (d *drawing) line(cells []Cell, x0 int, paper color.RGBA) string {
	var papers, shapes figures
	for x, c := range cells {
		px := x0 + x*d.cellW
		colours := d.theme.duo(c)
		if colours.paper != paper {
			papers.add(d.class(colours.paper), px, shape{share: 255, rects: []rect{{0, 0, d.cellW, d.cellH}}})
		}
		if s, ok := d.shapeOf(c.Text); ok {
			shapes.add(d.class(colours.ink), px, s)
		}
		if c.Underline {
			u := d.underline(1)
			shapes.add(d.class(colours.ink), px, shape{share: 255, rects: []rect{u}})
		}
	}
	var b strings.Builder
	papers.write(&b)
	shapes.write(&b)
	for _, t := range d.runs(cells) {
		d.text(&b, x0, t)
	}
	return b.String()
}

// A run is text in one style that is set in one piece.
type run struct {
	x, columns int // in cells
	text       string
	class      string
}

// runs are the texts of a line, without the spaces around them. What a font
// may lack, or draw in a width of its own, is alone.
func (d *drawing) runs(cells []Cell) []run {
	var out []run
	open := false // the last run may go on
	for x, c := range cells {
		if _, drawn := d.shapeOf(c.Text); drawn || c.Text == " " || c.Width == 0 {
			continue
		}
		class := d.class(d.theme.duo(c).ink)
		if c.Bold {
			class += " b"
		}
		if c.Italic {
			class += " i"
		}
		even := c.Width == 1 && monospaced(c.Text)
		if n := len(out); n > 0 && open && even && out[n-1].class == class {
			last := &out[n-1]
			if gap := x - last.x - last.columns; gap == 0 || gap == 1 && cells[x-1].Text == " " {
				last.text += strings.Repeat(" ", gap) + c.Text
				last.columns += gap + 1
				continue
			}
		}
		out = append(out, run{x, c.Width, c.Text, class})
		open = even
	}
	return out
}

// monospaced reports whether a character is one that every monospaced font has
// in its usual width.
func monospaced(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size == len(text) && (r < 0x100 || unicode.IsLetter(r) && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic))
}

// text writes a run, stretched to its columns whatever the font.
func (d *drawing) text(b *strings.Builder, x0 int, t run) {
	fmt.Fprintf(b, `<text x="%d" y="%d" class="%s"`, x0+t.x*d.cellW, d.baseline, t.class)
	if t.columns > 1 || !monospaced(t.text) {
		fmt.Fprintf(b, ` textLength="%d" lengthAdjust="spacingAndGlyphs"`, t.columns*d.cellW)
	}
	fmt.Fprintf(b, `>%s</text>`, html.EscapeString(t.text))
}

// figures are the shapes of a line, those of a colour together.
type figures struct{ all []*figure }

// A figure is shapes of one colour.
type figure struct {
	class    string // of the colour
	share    uint8
	rects    []rect
	lines    []rect          // thin rectangles
	outlines strings.Builder // path data
}

// of is the figure of a colour and its share.
func (f *figures) of(class string, share uint8) *figure {
	for _, one := range f.all {
		if one.class == class && one.share == share {
			return one
		}
	}
	one := &figure{class: class, share: share}
	f.all = append(f.all, one)
	return one
}

// add adds a shape with its left side at a pixel.
func (f *figures) add(class string, x int, s shape) {
	one := f.of(class, s.share)
	for _, r := range s.rects {
		const thin = 2
		moved := rect{r.x0 + x, r.y0, r.x1 + x, r.y1}
		if min(r.x1-r.x0, r.y1-r.y0) <= thin {
			one.lines = joined(one.lines, moved)
		} else {
			one.rects = joined(one.rects, moved)
		}
	}
	at := func(p point) string { return decimal(p.x+float64(x)) + " " + decimal(p.y) }
	for _, o := range s.outlines {
		for i, s := range o {
			switch {
			case i == 0:
				one.outlines.WriteString("M" + at(s.target))
			case s.curved:
				one.outlines.WriteString("C" + at(s.c1) + " " + at(s.c2) + " " + at(s.target))
			default:
				one.outlines.WriteString("L" + at(s.target))
			}
		}
		one.outlines.WriteString("z")
	}
}

// joined is rectangles with one more, which lengthens one that ends where it
// begins if there is one.
func joined(rects []rect, r rect) []rect {
	const near = 4 // only the last ones can be
	for i := len(rects) - 1; i >= max(0, len(rects)-near); i-- {
		last := &rects[i]
		if last.y0 == r.y0 && last.y1 == r.y1 && last.x0 <= r.x0 && r.x0 <= last.x1 {
			last.x1 = max(last.x1, r.x1)
			return rects
		}
	}
	return append(rects, r)
}

// write writes the figures as paths. Areas have sharp edges, so that they join
// in a picture of any size; lines are smoothed, so that they are seen in a small
// one.
func (f *figures) write(b *strings.Builder) {
	for _, one := range f.all {
		opacity := ""
		if one.share < 255 {
			opacity = ` fill-opacity="` + decimal(float64(one.share)/255) + `"`
		}
		path := func(class, data string) {
			if data != "" {
				fmt.Fprintf(b, `<path class="%s"%s d="%s"/>`, class, opacity, data)
			}
		}
		path(one.class+" q", pathOf(one.rects))
		path(one.class, pathOf(one.lines)+one.outlines.String())
	}
}

func pathOf(rects []rect) string {
	var b strings.Builder
	for _, r := range rects {
		fmt.Fprintf(&b, "M%d %dH%dV%dH%dz", r.x0, r.y0, r.x1, r.y1, r.x0)
	}
	return b.String()
}

// decimal writes a number with at most three digits after the point.
func decimal(x float64) string {
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}
