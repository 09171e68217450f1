// Package dress keeps a theme that suits the terminal, for programs that are a
// screen of their own.
package dress

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"tiller/tui/settings"
	"tiller/tui/theme"
)

// A Dress is a theme and what it was chosen for.
type Dress struct {
	// Theme is replaced in place when more is known of the terminal.
	Theme *theme.Theme

	name    theme.Name
	colours settings.Colours
	dark    bool
	profile colorprofile.Profile
}

// New returns the theme that the settings ask for, on a dark background with
// all colours until the terminal says otherwise.
func New(s settings.Settings) *Dress {
	d := &Dress{Theme: new(theme.Theme), name: s.Theme, colours: s.Colours, dark: true, profile: colorprofile.TrueColor}
	d.choose()
	return d
}

// Ask asks the terminal for its background.
func (d *Dress) Ask() tea.Cmd { return tea.RequestBackgroundColor }

// Receive takes in what the terminal says of itself; taken is false if the
// message is about something else.
func (d *Dress) Receive(msg tea.Msg) (taken bool) {
	switch msg := msg.(type) {
	case tea.BackgroundColorMsg:
		d.dark = msg.IsDark()
	case tea.ColorProfileMsg:
		d.profile = msg.Profile
	default:
		return false
	}
	d.choose()
	return true
}

func (d *Dress) choose() { *d.Theme = *theme.New(d.name, d.dark, d.colours.Profile(d.profile)) }
