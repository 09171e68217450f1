package drive

import (
	tea "charm.land/bubbletea/v2"

	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/settings"
)

// EmbeddedBase is the model that a sitting opens unless it names another.
const EmbeddedBase = library.Prefix + "base"

// A Sitting is what tiller's own screen begins with.
type Sitting struct {
	Library library.Library
	Engine  engine.Options
	// App is what the command line would say. Its engine is made from the two
	// above; an absent key map, settings and model are the default ones.
	App tui.Options
}

// Open runs tiller's screen. [Session.Close] closes the models as well.
func Open(s Sitting, o Options) *Session {
	app := s.App
	app.Engine = engine.New(s.Library, s.Engine)
	if app.Keys == nil {
		app.Keys = keys.Default()
	}
	if app.Settings.Theme == "" {
		app.Settings = settings.Defaults()
	}
	if app.Model == "" {
		app.Model = EmbeddedBase
	}
	var screen tea.Model = tui.New(app)
	if app.Recorder != nil {
		screen = app.Recorder.Around(screen)
	}
	session := Start(screen, o)
	session.release = app.Engine.Close
	return session
}
