package drive_test

import (
	"fmt"
	"image/color"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/drive/drivetest"
	"tiller/tui/screentest/golden"
	"tiller/tui/settings"
	"tiller/tui/theme"
)

// rate is how fast the machine was, with what fills the line before it.
var rate = regexp.MustCompile(`  +\d[\d ]* tok/s`)

// body is the lines of a screen without the footer, which tells the keys, and
// without the rate at the end of the header.
func body(lines []string) string {
	lines[0] = rate.ReplaceAllString(lines[0], "")
	return strings.Join(lines[:len(lines)-1], "\n")
}

// TestLayout draws Compare where it is too narrow, stacked, and side by side.
func TestLayout(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {160, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := open(t, size[0], size[1])
			s.WaitIdle()
			golden.Same(t, fmt.Sprintf("compare-%d", size[0]), body(strings.Split(s.Screen(), "\n")))
		})
	}
}

// TestColours draws all that Compare has a style for, on each kind of terminal.
func TestColours(t *testing.T) {
	for _, test := range []struct {
		name    string
		theme   theme.Name
		options drive.Options
	}{
		{"dark", theme.Auto, drive.Options{}},
		{"light", theme.Auto, drive.Options{Light: true}},
		{"sixteen", theme.Auto, drive.Options{Profile: colorprofile.ANSI}},
		{"mono", theme.Mono, drive.Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := settings.Defaults()
			config.Theme = test.theme
			s := drivetest.Open(t, embedded(tui.Options{Settings: config}), test.options)
			s.WaitIdle()
			s.Press("c", "c").WaitIdle() // by surprise
			s.Press("tab", "l", "v", "l", "l").WaitIdle()
			golden.Same(t, "compare-"+test.name, body(styled(s.Cells())))
		})
	}
}

// styled is lines with the style of each run of cells before it, as in
// "⟨#e6a0c8 bold⟩first".
func styled(cells [][]drive.Cell) []string {
	lines := make([]string, len(cells))
	for y, row := range cells {
		var line strings.Builder
		last := ""
		for _, c := range row {
			if style := styleOf(c); c.Text != " " && style != last || c.BG != nil {
				if style != last {
					line.WriteString("⟨" + style + "⟩")
				}
				last = style
			}
			line.WriteString(c.Text)
		}
		lines[y] = line.String()
	}
	return lines
}

// styleOf names the style of a cell.
func styleOf(c drive.Cell) string {
	var words []string
	if c.FG != nil {
		words = append(words, hex(c.FG))
	}
	if c.BG != nil {
		words = append(words, "on "+hex(c.BG))
	}
	for _, w := range []struct {
		is   bool
		name string
	}{{c.Bold, "bold"}, {c.Faint, "faint"}, {c.Italic, "italic"}, {c.Underline, "underline"}, {c.Reverse, "reverse"}} {
		if w.is {
			words = append(words, w.name)
		}
	}
	return strings.Join(words, " ")
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
