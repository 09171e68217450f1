package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/asker"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/record"
	"tiller/tui/settings"
)

// recording is what the root knows of the file that the sitting goes into.
type recording struct {
	on    bool
	gen   int // of the newest start
	marks int // bookmarks that were set
}

// record asks for a file to record into, or ends the one there is.
func (a *App) record() tea.Cmd {
	if a.recording.on {
		return a.recorder.Stop()
	}
	s := asker.New(a.desk, "Record this sitting, all typed in it so far too, into which file?", "sitting.jsonl")
	return a.ask(s, func() tea.Cmd {
		path, ok := s.Chosen()
		if !ok {
			return nil
		}
		return a.start(path, false)
	})
}

// start begins to record.
func (a *App) start(path string, replace bool) tea.Cmd {
	a.recording.gen = a.desk.Next()
	return a.recorder.Start(a.recording.gen, path, replace)
}

// started says that the sitting is recorded, or asks whether to replace a file.
func (a *App) started(msg record.Started) tea.Cmd {
	d := a.desk
	if !msg.Exists {
		where := a.views[a.at].Context()
		a.recording.on = true
		d.Say(desk.Note, "Recording into %s. What you type is in it. %s ends it, %s marks a place.",
			msg.Path, d.Keys.Key(where, keys.Record), d.Keys.Key(where, keys.Bookmark))
		return nil
	}
	if msg.Gen != a.recording.gen {
		return nil
	}
	confirm := asker.NewConfirm(d, msg.Path+" is there already. Replace it?", "replace it", "leave it")
	return a.ask(confirm, func() tea.Cmd {
		if confirm.Yes() {
			return a.start(msg.Path, true)
		}
		d.Say(desk.Note, "%s is as it was.", msg.Path)
		return nil
	})
}

// ended says what became of the recording.
func (a *App) ended(msg record.Ended) {
	d, was := a.desk, a.recording.on
	a.recording.on = false
	switch {
	case msg.Err == "":
		d.Say(desk.Note, "%s", msg)
	case was:
		d.Say(desk.Error, "%s", msg)
	default:
		d.Say(desk.Error, "Not recorded: %s.", msg.Err)
	}
}

// bookmark asks for a note on this place of the recording.
func (a *App) bookmark() tea.Cmd {
	d := a.desk
	if !a.recording.on {
		d.Say(desk.Warning, "Nothing is recorded: %s begins to.", d.Keys.Key(a.views[a.at].Context(), keys.Record))
		return nil
	}
	s := asker.New(d, "Mark this place of the recording: a note", fmt.Sprintf("bookmark %d", a.recording.marks+1))
	return a.ask(s, func() tea.Cmd {
		note, ok := s.Chosen()
		if !ok {
			return nil
		}
		a.recording.marks++
		return record.Here(note)
	})
}

// rec says in the header that the sitting is recorded.
func (a *App) rec() string {
	if !a.recording.on {
		return ""
	}
	return "   " + a.desk.Theme.Warn.Render("● rec")
}

// Sitting is what a recording has to know of options.
func (o Options) Sitting() record.Sitting {
	return record.Sitting{
		Settings: o.Settings, SettingsPath: o.SettingsPath, Model: o.Model, Prompt: o.Prompt,
		Plans: slices.Clone(o.Plans), Sampling: o.Sampling, Warnings: o.Warnings,
	}
}

// Replay returns a screen that begins as that of a recorded sitting. Nothing
// that it asks for is done: what came of it is in the recording.
func Replay(s record.Sitting, history []string) record.Screen {
	bound := keys.Default()
	_ = bound.Rebind(s.Settings.Keys) // as when it was recorded
	return New(Options{
		Settings: s.Settings, SettingsPath: s.SettingsPath, Keys: bound, State: settings.State{History: history},
		Model: s.Model, Prompt: s.Prompt, Plans: s.Plans, Sampling: s.Sampling, Warnings: s.Warnings,
	})
}

// Recalled are the texts before the person that may be of an earlier sitting.
func (a *App) Recalled() []string {
	var texts []string
	if past := a.desk.History; len(past) > 0 {
		texts = append(texts, past[len(past)-1])
	}
	for _, v := range a.views {
		if v, ok := v.(interface{ Recalled() string }); ok {
			texts = append(texts, v.Recalled())
		}
	}
	return texts
}

// Recall puts a text of an earlier sitting in the place of its stand-in.
func (a *App) Recall(standIn, text string) {
	if at := slices.Index(a.desk.History, standIn); at >= 0 {
		a.desk.History[at] = text
	}
}

// Watch has asked be told of each run of lanes that is asked for, with the
// reference of the model for each lane.
func (a *App) Watch(asked func(gen int, lanes []engine.Lane, s engine.Sampling)) {
	a.desk.Watch = func(gen int, lanes []engine.Lane, s engine.Sampling) {
		lanes = slices.Clone(lanes)
		for i := range lanes {
			if lanes[i].Model == "" {
				lanes[i].Model = a.desk.Model.Ref
			}
		}
		asked(gen, lanes, s)
	}
}
