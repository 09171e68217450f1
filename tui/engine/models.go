package engine

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/model"
	"tiller/model/hub"
	"tiller/steering/library"
	"tiller/tui/settings"
)

// A FoundModel is a model on this machine. Its texts are untrusted.
type FoundModel struct {
	Ref          string // as [Engine.Open] takes it
	Name         string
	Where        string    // it was found: "embedded", "opened before", "Hugging Face cache", a folder
	Architecture string    // empty where that can't be read
	Bytes        int64     // of its weights
	Modified     time.Time // in the machine's zone; zero for an embedded one
	Why          string    // it can't be opened; empty if it can
}

// Models are models that were found since the last such message of a search.
type Models struct {
	Gen       int
	Found     []FoundModel
	Truncated bool     // there may be more: limits of the search were reached
	Notes     []string // sentences about places that can't be looked into
	Done      bool     // no more of this search follow
}

// Models looks for models that can be opened: those opened before, whose
// references are recent, the embedded ones, and those in the Hugging Face
// cache, the settings' folders and the working directory. Each comes once,
// from the first of these places. Recent ones that are gone are left out.
func (e *Engine) Models(gen int, recent []string) tea.Cmd {
	return e.start(gen, mergeModels, func(ctx context.Context, tell func(tea.Msg)) tea.Msg {
		s := &modelSearch{engine: e, gen: gen, tell: tell, seen: map[string]bool{}}
		s.named(ctx, recent)
		s.listed(ctx, "Hugging Face cache", func(ctx context.Context) (hub.Listing, error) { return hub.Cached(ctx, e.options.Getenv) })
		for _, folder := range e.options.ModelFolders {
			s.listed(ctx, folder, func(ctx context.Context) (hub.Listing, error) { return hub.Folder(ctx, folder) })
		}
		if here, err := os.Getwd(); err == nil {
			s.listed(ctx, "this folder", func(ctx context.Context) (hub.Listing, error) { return hub.Folder(ctx, here) })
		}
		return Models{Gen: gen, Done: true}
	})
}

func mergeModels(old, new tea.Msg) tea.Msg {
	a, b := old.(Models), new.(Models)
	b.Found = append(a.Found, b.Found...)
	b.Notes = append(a.Notes, b.Notes...)
	b.Truncated = a.Truncated || b.Truncated
	return b
}

// Drop ends a job that tells more than once, of which nobody wants to hear any
// more.
func (e *Engine) Drop(gen int) tea.Cmd {
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		e.mu.Lock()
		defer e.mu.Unlock()
		if cancel := e.jobs[gen]; cancel != nil {
			cancel()
		}
		delete(e.streams, gen)
		return nil
	}
}

// A modelSearch tells of each model once.
type modelSearch struct {
	engine *Engine
	gen    int
	tell   func(tea.Msg)
	seen   map[string]bool // references
}

// named tells of the models of recent references, and the embedded ones.
func (s *modelSearch) named(ctx context.Context, recent []string) {
	var found []FoundModel
	add := func(ref, where string) {
		if s.seen[ref] || !library.IsEmbedded(ref) && !exists(ref) {
			return
		}
		s.seen[ref] = true
		m := s.engine.lookAt(ctx, ref)
		m.Where = where
		found = append(found, m)
	}
	for _, ref := range recent {
		add(ref, "opened before")
	}
	for _, name := range s.engine.library.Models() {
		add(library.Prefix+name, "embedded")
	}
	s.tell(Models{Gen: s.gen, Found: found})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// listed tells of what a place lists.
func (s *modelSearch) listed(ctx context.Context, where string, list func(context.Context) (hub.Listing, error)) {
	listing, err := list(ctx)
	if ctx.Err() != nil {
		return
	}
	msg := Models{Gen: s.gen, Truncated: listing.Truncated}
	if err != nil {
		msg.Notes = []string{err.Error()}
	}
	for _, m := range listing.Models {
		if !s.seen[m.Ref] {
			s.seen[m.Ref] = true
			msg.Found = append(msg.Found, FoundModel{
				Ref: m.Ref, Name: m.Name, Where: where, Architecture: m.Architecture, Bytes: m.Bytes, Modified: m.Modified, Why: m.Why,
			})
		}
	}
	s.tell(msg)
}

// lookAt opens a model for a moment to see what it is. Its weights are not
// read.
func (e *Engine) lookAt(ctx context.Context, ref string) FoundModel {
	found := FoundModel{Ref: ref, Name: ref}
	if !library.IsEmbedded(ref) {
		found.Name = filepath.Base(ref)
		if info, err := os.Stat(ref); err == nil {
			found.Modified = info.ModTime()
		}
	}
	m, err := e.library.OpenModel(ctx, ref, model.Options{Threads: 1})
	if err != nil {
		found.Why = err.Error()
		return found
	}
	defer m.Close()
	found.Architecture, found.Bytes = m.Config().Architecture, weightBytes(m)
	return found
}

// A Place is a file or folder at a path that is being typed. Its texts are
// untrusted.
type Place struct {
	Ref    string // the whole path
	Name   string // what it is called in its folder; empty for that folder itself
	Folder bool   // that is no model, but may hold some
	Bytes  int64  // of a file
}

// Places are what a path that is being typed may become.
type Places struct {
	Gen  int
	Text string // what was typed
	// Found are folders, Hugging Face folders and GGUF files, in order of their
	// names.
	Found []Place
}

// maxPlaces is how many places are offered for one path.
const maxPlaces = 200

// Places lists what a path that is being typed may become; ~ is the home
// folder. It looks into one folder only.
func (e *Engine) Places(gen int, text string) tea.Cmd {
	return e.do(gen, "reading a folder", func(ctx context.Context) (tea.Msg, error) {
		folder, begun := filepath.Split(e.path(text))
		msg := Places{Gen: gen, Text: text}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return msg, nil // it isn't typed to its end yet
		}
		if p, ok := placeAt(strings.TrimSuffix(folder, string(filepath.Separator))); ok && !p.Folder && begun == "" {
			p.Name = ""
			msg.Found = append(msg.Found, p)
		}
		for _, entry := range entries {
			name := entry.Name()
			hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(begun, ".")
			if hidden || !strings.HasPrefix(name, begun) || len(msg.Found) == maxPlaces {
				continue
			}
			if p, ok := placeAt(filepath.Join(folder, name)); ok {
				msg.Found = append(msg.Found, p)
			}
		}
		slices.SortStableFunc(msg.Found, func(a, b Place) int { return cmp.Compare(a.Name, b.Name) })
		return msg, nil
	})
}

// placeAt says what is at a path; ok is false for what can't be a model.
func placeAt(path string) (p Place, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return p, false
	}
	p = Place{Ref: path, Name: filepath.Base(path)}
	if info.IsDir() {
		p.Folder = !exists(filepath.Join(path, "config.json"))
		return p, true
	}
	p.Bytes = info.Size()
	return p, info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(path), ".gguf")
}

// path is what a person means by a path: ~ is the home folder, and one that
// does not begin at the root begins at the working directory. A separator at
// its end stays.
func (e *Engine) path(typed string) string {
	path := settings.Folder(typed, cmp.Or(e.options.Getenv("HOME"), e.options.Getenv("USERPROFILE"), "~"))
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if n := len(typed); n > 0 && os.IsPathSeparator(typed[n-1]) && !os.IsPathSeparator(whole[len(whole)-1]) {
		whole += string(filepath.Separator)
	}
	return whole
}

// home writes the home folder at the beginning of a path as ~.
func (e *Engine) home(path string) string {
	home := e.options.Getenv("HOME")
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && home != "" {
		return fmt.Sprintf("~%c%s", filepath.Separator, rest)
	}
	return path
}
