package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A tone is a colour that the page's style sheet decides, so that a plot can
// follow the reader's light or dark colours. To the plotting library it is an
// opaque colour with a mark in its red and green, which [themed] looks for.
type tone uint16

// The tones: names of colours in the style sheet, and from heat on shares of
// the strongest colour in percent, up to heat+100.
const (
	ink tone = iota
	paper
	faint
	rule
	base
	prompt
	thinking
	control
	planned // the first of planTones
	heat    = planned + planTones
)

// planTones is how many plans have a colour of their own.
const planTones = 4

// toneMark is in the red of all tones.
const toneMark = 0xa7

func (t tone) variable() string {
	if t >= heat {
		return fmt.Sprintf("color-mix(in srgb,var(--strong) %d%%,var(--weak))", t-heat)
	}
	return "var(--" + t.name() + ")"
}

// name is the tone's in the style sheet, of its variable and its class.
func (t tone) name() string {
	if t >= planned {
		return fmt.Sprintf("plan%d", t-planned)
	}
	return [...]string{"ink", "paper", "faint", "rule", "base", "prompt", "thinking", "control"}[t]
}

// RGBA makes a tone a [color.Color].
func (t tone) RGBA() (r, g, b, a uint32) {
	return color.RGBA{R: toneMark, G: uint8(t >> 8), B: uint8(t), A: 0xff}.RGBA()
}

// heatOf is the tone of a share in [0, 1].
func heatOf(share float64) tone {
	if math.IsNaN(share) {
		share = 0
	}
	return heat + tone(100*min(max(share, 0), 1)+.5)
}

// letters is the style of a plot's texts; the page names the font, of which the
// library only needs the widths.
func letters(t tone, size vg.Length, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color:   t,
		Font:    font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size),
		XAlign:  x,
		YAlign:  y,
		Handler: plot.DefaultTextHandler,
	}
}

func stroke(t tone, width vg.Length) draw.LineStyle { return draw.LineStyle{Color: t, Width: width} }

// Sizes in points, of which the page makes about as many pixels on a telephone.
const (
	chartWidth = 420
	textSize   = 11
	smallSize  = 10
)

// newPlot is an empty plot in the page's style.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle = stroke(rule, .75)
		a.Tick.LineStyle = stroke(rule, .75)
		a.Tick.Length = 4
		a.Padding = 2
		a.Label.Padding = 2
	}
	p.X.Tick.Label = letters(faint, smallSize, draw.XCenter, draw.YTop)
	p.X.Label.TextStyle = letters(faint, smallSize, draw.XCenter, draw.YBottom)
	p.Y.Tick.Label = letters(faint, smallSize, draw.XRight, draw.YCenter)
	p.Y.Label.TextStyle = letters(faint, smallSize, draw.XCenter, draw.YBottom)
	return p
}

var (
	styleAttribute = regexp.MustCompile(`style="[^"]*"`)
	toneColour     = regexp.MustCompile(fmt.Sprintf(`#%02X[0-9A-F]{4}`, toneMark))
	fontOf         = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:[^;"]*;font-style:[^;"]*;?`)
)

// svg draws a plot as an element of the page. The id tells the page's plots
// apart; title and description are what is read aloud in its place.
func svg(p *plot.Plot, height vg.Length, id, title, description string) template.HTML {
	c := vgsvg.New(chartWidth, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	c.WriteTo(&b) // to memory, which does not fail
	// The library's own head names a namespace, sizes and a generator.
	_, body, _ := strings.Cut(b.String(), "<svg")
	_, body, _ = strings.Cut(body, ">")
	return template.HTML(fmt.Sprintf(
		`<svg viewBox="0 0 %d %s" role="img" aria-labelledby="%s-title %s-desc"><title id="%s-title">%s</title><desc id="%s-desc">%s</desc>%s`,
		chartWidth, strconv.FormatFloat(height.Points(), 'g', 5, 64), id, id,
		id, html.EscapeString(title), id, html.EscapeString(description), themed(body)))
}

// themed replaces the colours and fonts of a drawing by the page's. Texts of
// the drawing are escaped and so hold no quotation mark: what looks like a
// style in them is none.
func themed(body string) string {
	return styleAttribute.ReplaceAllStringFunc(body, func(style string) string {
		style = fontOf.ReplaceAllString(style, "")
		return toneColour.ReplaceAllStringFunc(style, func(c string) string {
			n, _ := strconv.ParseUint(c[3:], 16, 16)
			return tone(n).variable()
		})
	})
}
