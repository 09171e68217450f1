// Package theme holds every style of the screen. A style is named for what it
// means, never for how it looks, and nothing rests on colour alone: whatever is
// coloured carries a glyph or a weight of its own as well.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// A Theme is the styles of one kind of terminal.
type Theme struct {
	// Dark says that the terminal's background is dark.
	Dark bool

	Text     lipgloss.Style // ordinary text
	Title    lipgloss.Style // names of views, panes and lanes
	Frame    lipgloss.Style // rules and borders
	Faint    lipgloss.Style // what is secondary
	Stale    lipgloss.Style // an answer that is about to be replaced
	Accent   lipgloss.Style // what the keys act on
	Steered  lipgloss.Style // tokens whose rows were edited, and ▲
	Part     lipgloss.Style // ◆, where lanes part
	Good     lipgloss.Style // ✓
	Bad      lipgloss.Style // ✗ and errors
	Warn     lipgloss.Style // what deserves a look
	Cursor   lipgloss.Style // the token under the cursor
	Selected lipgloss.Style // selected positions
	Match    lipgloss.Style // what a search found
	Key      lipgloss.Style // a key in the footer and in help
	Special  lipgloss.Style // special tokens of a chat template
	Bar      lipgloss.Style // bars of the base model
	BarTwo   lipgloss.Style // bars of a steered lane

	// Heat is a scale of one quantity, from least to most, at least five
	// steps of rising lightness contrast with the background.
	Heat []lipgloss.Style
	// Cool is the same for values below zero.
	Cool []lipgloss.Style
}

// Name is which theme the person asked for.
type Name string

// The themes.
const (
	Auto  Name = "auto"  // by the terminal's background
	Light Name = "light" // for light backgrounds
	Dark  Name = "dark"  // for dark backgrounds
	Mono  Name = "mono"  // no colours, only weights
)

// palette is the colours of a theme. The hues are those of Okabe and Ito
// (2008), which people of every kind of colour vision tell apart, darkened or
// lightened for their background.
type palette struct {
	frame, faint, accent, steered, good, bad, warn, special color.Color
	selected                                                color.Color // a background
	heat, cool                                              []color.Color
}

func hex(codes ...string) []color.Color {
	colours := make([]color.Color, len(codes))
	for i, c := range codes {
		colours[i] = lipgloss.Color(c)
	}
	return colours
}

var (
	dark = palette{
		frame: lipgloss.Color("#5c6370"), faint: lipgloss.Color("#8b93a1"), accent: lipgloss.Color("#56b4e9"),
		steered: lipgloss.Color("#e6a0c8"), good: lipgloss.Color("#2fc79a"), bad: lipgloss.Color("#ff8a4c"),
		warn: lipgloss.Color("#e6b422"), special: lipgloss.Color("#8b93a1"), selected: lipgloss.Color("#3a3346"),
		heat: hex("#6d5a86", "#8f5f8e", "#b0658e", "#dd8a86", "#f2bd84", "#fbf0b4"),
		cool: hex("#4a6a80", "#3f7ba6", "#3f88b5", "#56b4e9", "#8fd0f5", "#c9ecff"),
	}
	light = palette{
		frame: lipgloss.Color("#a6a6ad"), faint: lipgloss.Color("#63666e"), accent: lipgloss.Color("#005a96"),
		steered: lipgloss.Color("#8c2f6b"), good: lipgloss.Color("#00694b"), bad: lipgloss.Color("#a84300"),
		warn: lipgloss.Color("#7a5c00"), special: lipgloss.Color("#63666e"), selected: lipgloss.Color("#efdfee"),
		heat: hex("#e3c9d8", "#d59abf", "#bd6ea2", "#983f83", "#6c2166", "#3b0a45"),
		cool: hex("#c7dff0", "#96c3e2", "#5f9fcd", "#2f78ac", "#0f5485", "#03304f"),
	}
	// The terminal's own sixteen, which suit its background without asking.
	sixteen = palette{
		frame: lipgloss.BrightBlack, faint: lipgloss.BrightBlack, accent: lipgloss.Cyan,
		steered: lipgloss.Magenta, good: lipgloss.Green, bad: lipgloss.Red, warn: lipgloss.Yellow,
		special: lipgloss.BrightBlack, selected: nil,
		heat: []color.Color{lipgloss.BrightBlack, lipgloss.Magenta, lipgloss.Magenta, lipgloss.BrightMagenta, lipgloss.BrightYellow},
		cool: []color.Color{lipgloss.BrightBlack, lipgloss.Blue, lipgloss.Blue, lipgloss.BrightBlue, lipgloss.BrightCyan},
	}
)

// New returns the theme for a terminal: what the person asked for, whether its
// background is dark, and how many colours it has.
func New(name Name, isDark bool, profile colorprofile.Profile) *Theme {
	switch name {
	case Light:
		isDark = false
	case Dark:
		isDark = true
	}
	t := plainTheme(isDark)
	switch {
	case name == Mono || profile <= colorprofile.ASCII:
		return t
	case profile == colorprofile.ANSI:
		t.colour(sixteen)
	case isDark:
		t.colour(dark)
	default:
		t.colour(light)
	}
	return t
}

// plainTheme tells everything apart by weight.
func plainTheme(isDark bool) *Theme {
	s := lipgloss.NewStyle
	t := &Theme{
		Dark: isDark, Text: s(), Title: s().Bold(true), Frame: s().Faint(true), Faint: s().Faint(true),
		Stale: s().Faint(true), Accent: s().Bold(true), Steered: s().Underline(true), Part: s().Bold(true),
		Good: s().Bold(true), Bad: s().Bold(true), Warn: s().Bold(true),
		Cursor: s().Reverse(true), Selected: s().Underline(true).Bold(true), Match: s().Underline(true),
		Key: s().Bold(true), Special: s().Faint(true), Bar: s(), BarTwo: s().Bold(true),
	}
	for range 6 {
		t.Heat = append(t.Heat, s())
		t.Cool = append(t.Cool, s())
	}
	return t
}

// colour lays a palette over the weights.
func (t *Theme) colour(p palette) {
	s := lipgloss.NewStyle
	t.Frame = s().Foreground(p.frame)
	t.Faint = s().Foreground(p.faint)
	t.Accent = s().Foreground(p.accent).Bold(true)
	t.Steered = s().Foreground(p.steered)
	t.Part = s().Foreground(p.steered).Bold(true)
	t.Good = s().Foreground(p.good).Bold(true)
	t.Bad = s().Foreground(p.bad).Bold(true)
	t.Warn = s().Foreground(p.warn)
	t.Key = s().Foreground(p.accent)
	t.Special = s().Foreground(p.special)
	t.Bar = s().Foreground(p.accent)
	t.BarTwo = s().Foreground(p.steered)
	if p.selected != nil {
		t.Selected = s().Foreground(p.steered).Background(p.selected).Bold(true)
	}
	t.Heat, t.Cool = nil, nil
	for _, c := range p.heat {
		t.Heat = append(t.Heat, s().Foreground(c))
	}
	for _, c := range p.cool {
		t.Cool = append(t.Cool, s().Foreground(c))
	}
}

// Shades are five levels that read without colour, from nothing to full.
var Shades = [...]string{" ", "░", "▒", "▓", "█"}

// Shade is the glyph of a share between 0 and 1.
func Shade(share float64) string {
	return Shades[step(share, len(Shades))]
}

// HeatOf is the style of a share between 0 and 1.
func (t *Theme) HeatOf(share float64) *lipgloss.Style {
	return &t.Heat[step(share, len(t.Heat))]
}

// step cuts the range from 0 to 1 into n equal steps.
func step(share float64, n int) int {
	return min(max(int(share*float64(n)), 0), n-1)
}

// bars are eighths of a cell.
var bars = [...]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar is a horizontal bar that fills a share of width columns, without padding.
// What is above zero shows at least its thinnest piece.
func Bar(share float64, width int) string {
	eighths := int(min(max(share, 0), 1)*float64(width*8) + .5)
	if share > 0 && eighths == 0 {
		eighths = 1
	}
	b := make([]byte, 0, width*3)
	for range eighths / 8 {
		b = append(b, "█"...)
	}
	return string(append(b, bars[eighths%8]...))
}
