// Package library finds what people name: models, tokenizers, vectors, plans,
// questions and contrast texts, in files or built into the program.
package library

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Prefix begins references to what is built into the program.
const Prefix = "embedded:"

// IsEmbedded reports whether a reference names something built into the
// program, whether it is there or not.
func IsEmbedded(ref string) bool { return strings.HasPrefix(ref, Prefix) }

// A Library opens things by the references that people write: a path, or
// [Prefix] and a name. It is safe for concurrent use.
type Library struct{ files fs.FS }

// New returns a Library whose embedded part is files, laid out as package
// assets says. A folder that files lacks has nothing to name.
func New(files fs.FS) Library { return Library{files} }

// The folders of what can be named, and the endings of the files there; the
// ending "" is for folders.
const (
	modelFolder, modelEnding       = "models", ""
	vectorFolder, vectorEnding     = "vectors", ".safetensors"
	planFolder, planEnding         = "plans", ".json"
	contrastFolder, contrastEnding = "contrast", ".jsonl"
)

// Models lists the embedded models' names in order, without [Prefix].
func (l Library) Models() []string { return l.names(modelFolder, modelEnding) }

// Vectors lists the embedded vectors' names in order, without [Prefix].
func (l Library) Vectors() []string { return l.names(vectorFolder, vectorEnding) }

// Plans lists the embedded plans' names in order, without the @.
func (l Library) Plans() []string { return l.names(planFolder, planEnding) }

// Contrasts lists the names of the embedded files of contrast pairs in order,
// without [Prefix].
func (l Library) Contrasts() []string { return l.names(contrastFolder, contrastEnding) }

// names lists, in order, the entries of a folder with this ending, without it.
func (l Library) names(folder, ending string) []string {
	entries, err := fs.ReadDir(l.files, folder)
	if err != nil {
		return nil // a library without the folder has none
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok && e.IsDir() == (ending == "") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A NotEmbeddedError says that the program carries nothing of a name.
type NotEmbeddedError struct {
	// Kind is what was looked for, such as "model".
	Kind string
	// Name is what was asked for.
	Name string
	// There are the references to what there is of the kind.
	There []string
}

func (e *NotEmbeddedError) Error() string {
	if len(e.There) == 0 {
		return fmt.Sprintf("there is no embedded %s %q: this build of tiller carries none", e.Kind, e.Name)
	}
	return fmt.Sprintf("there is no embedded %s %q, only %s", e.Kind, e.Name, strings.Join(e.There, ", "))
}

// choose returns a [*NotEmbeddedError] unless name is one of names, which are
// prefixed in it as the user would write them.
func choose(kind, prefix, name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	e := &NotEmbeddedError{Kind: kind, Name: name}
	for _, n := range names {
		e.There = append(e.There, prefix+n)
	}
	return e
}
