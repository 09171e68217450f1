package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/strictjson"
)

// Bounds on what is remembered.
const (
	maxState   = 16 << 20 // bytes of the file: more than what follows takes as JSON
	maxRecent  = 20       // models
	maxHistory = 200      // prompts
	maxPrompts = 1 << 20  // bytes of all prompts
	maxText    = 64 << 10
)

// State is what tiller remembers from one sitting to the next. It can be lost without harm.
type State struct {
	Recent   []string `json:"recent,omitempty"`  // references of models, the last opened first
	History  []string `json:"history,omitempty"` // prompts, the last asked at the end
	LastPlan string   `json:"last_plan,omitempty"`
}

// Opened remembers that a model was opened.
func (s *State) Opened(reference string) {
	s.Recent = append([]string{reference}, slices.DeleteFunc(slices.Clone(s.Recent), func(r string) bool { return r == reference })...)
	s.bound()
}

// Asked remembers a prompt; one that was asked before moves to the end.
func (s *State) Asked(prompt string) {
	s.History = append(slices.DeleteFunc(slices.Clone(s.History), func(p string) bool { return p == prompt }), prompt)
	s.bound()
}

// bound forgets what is too much, the oldest first, and what JSON can't hold.
func (s *State) bound() {
	unfit := func(text string) bool { return text == "" || len(text) > maxText || !utf8.ValidString(text) }
	s.Recent = slices.DeleteFunc(s.Recent, unfit)
	s.Recent = s.Recent[:min(len(s.Recent), maxRecent)]
	s.History = slices.DeleteFunc(s.History, unfit)
	kept, size := len(s.History), 0
	for kept > max(0, len(s.History)-maxHistory) && size+len(s.History[kept-1]) <= maxPrompts {
		kept--
		size += len(s.History[kept])
	}
	s.History = slices.Clone(s.History[kept:])
	if unfit(s.LastPlan) {
		s.LastPlan = ""
	}
}

// LoadState reads the state file. It always returns a state to go on with: an empty one if there
// is no file or it can't be read. A file that is not what tiller writes is moved aside, to the same
// name with ".bad" at its end. The warning, empty if all is well, says so in a sentence.
func LoadState(path string) (s State, warning string) {
	data, err := readFile(path, maxState)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return State{}, ""
	case errors.Is(err, errTooLong):
		return State{}, setAside(path, err)
	case err != nil:
		return State{}, fmt.Sprintf("%v; nothing is remembered.", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, setAside(path, fmt.Errorf("%s is not what tiller remembered: %s", path, strictjson.Explain(err)))
	}
	s.bound()
	return s, ""
}

// setAside moves a file out of the way, over an older one, and returns a sentence that says why.
func setAside(path string, why error) string {
	bad := path + ".bad"
	if err := os.Rename(path, bad); err != nil {
		return fmt.Sprintf("%v; it can't be moved aside either: %v.", why, err)
	}
	return fmt.Sprintf("%v; it is now %s, and all begins anew.", why, filepath.Base(bad))
}

// Save writes the state file, whole or not at all; its folder is made if it is not there. Prompts
// are private: a new folder is its owner's alone. Of two tillers the last to save is remembered.
func (s State) Save(path string) error {
	s.Recent, s.History = slices.Clone(s.Recent), slices.Clone(s.History)
	s.bound()
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}
