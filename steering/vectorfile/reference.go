package vectorfile

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A reference to a vector is a path, and after a # what to choose from the file there:
// FILE#feature=123, FILE#layer=20,feature=123, FILE#shift=-1, FILE#key=happy/layers. The key goes
// last, as it may have commas.

// choices begin with the first # that is followed by one of their names.
var choicesBegin = regexp.MustCompile(`#(feature|layer|shift|key)=`)

// choices are what a reference chooses, by name.
type choices struct {
	text   string // as written, with the #
	values map[string]string
	used   map[string]bool
}

// Files are the files that a reference to a vector is read from, some of which may not exist.
func Files(reference string) []string {
	path, _ := cut(reference)
	files := []string{path}
	if folder, ok := folderOf(path); ok {
		for _, name := range []string{saeConfigFile, saeWeightsFile, sparsifyWeightsFile} {
			files = append(files, filepath.Join(folder, name))
		}
	}
	return files
}

// endings are those that the formats' files have, but for sparse autoencoders, which need more
// than a path.
var endings = []string{".gguf", ".safetensors", ".npy", ".npz", ".pt", ".svec"}

// TrimEnding takes the ending off the name of a file that may hold a vector.
func TrimEnding(file string) (name string, ok bool) {
	for _, ending := range endings {
		if name, ok := strings.CutSuffix(file, ending); ok {
			return name, true
		}
	}
	return file, false
}

// cut parts a reference into its path and the text of its choices.
func cut(reference string) (path, text string) {
	at := choicesBegin.FindStringIndex(reference)
	if at == nil {
		return reference, ""
	}
	return reference[:at[0]], reference[at[0]:]
}

// parseChoices reads the text that cut found.
func parseChoices(text string) (choices, error) {
	c := choices{text: text, values: map[string]string{}, used: map[string]bool{}}
	rest := strings.TrimPrefix(text, "#")
	for rest != "" {
		name, value, ok := strings.Cut(rest, "=")
		rest = ""
		switch {
		case !ok:
		case name == "key":
		case name == "feature" || name == "layer" || name == "shift":
			value, rest, _ = strings.Cut(value, ",")
			if _, err := strconv.Atoi(value); err != nil {
				return c, fmt.Errorf("the choice %q says %s=%s, where a whole number is expected", text, name, strconv.Quote(value))
			}
		default:
			ok = false
		}
		if !ok {
			return c, fmt.Errorf("the choice %q is not of the form #feature=N, #layer=N, #shift=N or #key=NAME, with commas between several and key last", text)
		}
		if _, twice := c.values[name]; twice {
			return c, fmt.Errorf("the choice %q says %s twice", text, name)
		}
		c.values[name] = value
	}
	return c, nil
}

// choice returns what the reference chooses by this name.
func (s *source) choice(name string) (string, bool) {
	value, ok := s.choices.values[name]
	if ok {
		s.choices.used[name] = true
	}
	return value, ok
}

// chooses reports whether the reference chooses by this name.
func (s *source) chooses(name string) bool {
	_, ok := s.choices.values[name]
	return ok
}

// chosen is choice for a number.
func (s *source) chosen(name string) (int, bool) {
	value, ok := s.choice(name)
	n, _ := strconv.Atoi(value) // parseChoices has tried
	return n, ok
}

// unused reports a choice that the format has no use for.
func (s *source) unused(format string) error {
	for _, name := range []string{"feature", "layer", "key", "shift"} {
		if _, ok := s.choices.values[name]; ok && !s.choices.used[name] {
			return fmt.Errorf("%s: the choice %q says %s, which means nothing for a %s of this content: leave it out", s.path, s.choices.text, name, format)
		}
	}
	return nil
}
