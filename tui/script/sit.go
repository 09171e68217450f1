package script

import (
	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/engine"
	"tiller/tui/settings"
)

// Sit opens the screen that a script begins with, in a terminal that exists
// only in memory. Nothing of it depends on how fast the machine is: no speed is
// shown.
func (b Beginning) Sit(l library.Library) *drive.Session {
	o := settings.Defaults()
	if b.MaxTokens > 0 {
		o.MaxTokens = b.MaxTokens
	}
	app := tui.Options{Settings: o, Model: b.Model, Plans: b.Plans}
	if b.Prompt != "" {
		app.Prompt = &engine.Prompt{Text: b.Prompt}
	}
	return drive.Open(drive.Sitting{
		Library: l, Engine: engine.Options{Threads: 1, Vectors: b.Vectors, Timeless: true}, App: app,
	}, drive.Options{Width: b.Width, Height: b.Height, Light: b.Light})
}
