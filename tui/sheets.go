package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/asker"
	"tiller/tui/config"
	"tiller/tui/copier"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/help"
	"tiller/tui/keys"
	"tiller/tui/palette"
	"tiller/tui/picker"
	"tiller/tui/record"
	"tiller/tui/settings"
	"tiller/tui/transcript"
	"tiller/tui/vectors"
)

// sheets is what the root remembers for the sake of sheets.
type sheets struct {
	then   func() tea.Cmd // what comes of the sheet that is up, once it is done
	used   []keys.Action  // run from the palette, the last first
	saving saving
}

// saving is a text on its way into a file.
type saving struct {
	gen        int
	path, text string
}

// ask puts a sheet up; then comes of it once it is done.
func (a *App) ask(s Sheet, then func() tea.Cmd) tea.Cmd {
	cmd := a.lay(s)
	a.sheets.then = then
	return cmd
}

// open puts up the sheet that an action asks for; taken is false if it asks for
// none.
func (a *App) open(action keys.Action) (cmd tea.Cmd, taken bool) {
	d, where := a.desk, a.views[a.at].Context()
	switch action {
	case keys.Palette:
		s := palette.New(d, where, a.sheets.used)
		return a.ask(s, func() tea.Cmd { return a.ran(s.Chosen()) }), true
	case keys.Help:
		return a.ask(help.New(d, where), nil), true
	case keys.Open:
		s := picker.New(d, a.state.Recent)
		return a.ask(s, func() tea.Cmd {
			if ref, ok := s.Chosen(); ok {
				return d.Open(ref)
			}
			return nil
		}), true
	case keys.Copy:
		return a.ask(copier.New(d), nil), true
	case keys.Derive:
		return a.ask(vectors.DeriveSheet(d), nil), true
	case keys.Save:
		return a.save(), true
	case keys.Record:
		return a.record(), true
	case keys.Bookmark:
		return a.bookmark(), true
	case keys.Quit:
		return a.quit(), true
	}
	return nil, false
}

// mostUsed is how many actions the palette remembers.
const mostUsed = 12

// ran runs what was chosen in the palette, as its key would.
func (a *App) ran(action keys.Action, ok bool) tea.Cmd {
	if !ok {
		return nil
	}
	used := slices.DeleteFunc(a.sheets.used, func(other keys.Action) bool { return other == action })
	used = slices.Insert(used, 0, action)
	a.sheets.used = used[:min(mostUsed, len(used))]
	if action == keys.Interrupt {
		return a.interrupt(false)
	}
	if cmd, taken := a.top().Do(action); taken {
		return cmd
	}
	return a.do(action)
}

// save asks for the file that the answers are to be written to.
func (a *App) save() tea.Cmd {
	d := a.desk
	if !slices.ContainsFunc(d.Lanes, transcript.Answered) {
		d.Say(desk.Warning, "There is no answer to save yet.")
		return nil
	}
	s := asker.New(d, "Save the answers as Markdown in which file?", transcript.FileName(d))
	return a.ask(s, func() tea.Cmd {
		path, ok := s.Chosen()
		if !ok {
			return nil
		}
		return a.write(path, transcript.Markdown(d, d.Lanes), false)
	})
}

// write saves a text.
func (a *App) write(path, text string, replace bool) tea.Cmd {
	gen := a.desk.Begin("saving " + path)
	a.sheets.saving = saving{gen, path, text}
	return a.desk.Engine.SaveText(gen, path, text, replace)
}

// quit ends the program; it asks first if work would be lost.
func (a *App) quit() tea.Cmd {
	names := a.desk.UnsavedVectors()
	if len(names) == 0 {
		return tea.Quit
	}
	lost := fmt.Sprintf("The vector %s was derived here and is in no file. Quit without it?", names[0])
	if len(names) > 1 {
		lost = fmt.Sprintf("The vectors %s were derived here and are in no file. Quit without them?", strings.Join(names, ", "))
	}
	s := asker.NewConfirm(a.desk, lost, "quit", "stay, to save in Vectors")
	return a.ask(s, func() tea.Cmd {
		if s.Yes() {
			return tea.Quit
		}
		return nil
	})
}

// receive takes in what is for the root alone.
func (a *App) receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case config.Changed:
		return a.apply(msg.Settings)
	case engine.Saved:
		return a.saved(msg)
	case engine.Failed:
		if a.interrupted && msg.Err == "cancelled" {
			a.desk.Say(desk.Note, "Stopped %s; ctrl+c again quits.", msg.Job)
		}
	case record.Started:
		return a.started(msg)
	case record.Ended:
		a.ended(msg)
	case record.Bookmark:
		a.desk.Say(desk.Note, "Bookmark: %s", msg.Note)
	}
	return nil
}

// saved says where a text is now, or asks whether to replace what is there.
func (a *App) saved(msg engine.Saved) tea.Cmd {
	d, s := a.desk, a.sheets.saving
	d.Over(msg.Gen)
	switch {
	case msg.Gen != s.gen:
		return nil
	case !msg.Exists:
		d.Say(desk.Note, "Saved %s: %d bytes.", msg.Path, msg.Bytes)
		return nil
	}
	confirm := asker.NewConfirm(d, msg.Path+" is there already. Replace it?", "replace it", "leave it")
	return a.ask(confirm, func() tea.Cmd {
		if confirm.Yes() {
			return a.write(s.path, s.text, true)
		}
		d.Say(desk.Note, "%s is as it was.", msg.Path)
		return nil
	})
}

// apply makes changed settings hold, as far as they can before the next start.
func (a *App) apply(s settings.Settings) tea.Cmd {
	was := a.settings
	a.settings = s
	a.dress()
	bound := keys.Default()
	_ = bound.Rebind(s.Keys) // what is wrong with them is among the file's warnings
	*a.desk.Keys = *bound
	if s.MaxTokens == was.MaxTokens {
		return nil
	}
	a.desk.Sampling.MaxTokens = s.MaxTokens
	if a.desk.Model.Ref == "" {
		return nil
	}
	return a.desk.Again()
}

// typing reports whether keys write text, rather than that letters choose.
func typing(top View) bool {
	letters, ok := top.(interface{ Letters() bool })
	return top.Typing() && (!ok || !letters.Letters())
}
