package dress

import (
	"image/color"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tiller/tui/settings"
	"tiller/tui/theme"
)

func TestReceive(t *testing.T) {
	d := New(settings.Defaults())
	kept := d.Theme
	if !d.Theme.Dark {
		t.Error("it does not begin dark")
	}
	if !d.Receive(tea.BackgroundColorMsg{Color: color.White}) || d.Theme.Dark {
		t.Error("a white background does not make it light")
	}
	if !d.Receive(tea.ColorProfileMsg{Profile: colorprofile.ASCII}) || d.Theme.Accent.GetForeground() != theme.New(theme.Mono, false, colorprofile.ASCII).Accent.GetForeground() {
		t.Error("a terminal without colours is given some")
	}
	if d.Receive(tea.WindowSizeMsg{}) {
		t.Error("it takes what is about something else")
	}
	if d.Theme != kept {
		t.Error("the theme is not replaced in place")
	}
}
