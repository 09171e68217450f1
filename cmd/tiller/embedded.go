package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"tiller/assets"
	"tiller/model"
	"tiller/model/checkpoint"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/vectorfile"
)

// References to what is built into the program begin with embeddedPrefix.
const (
	embeddedPrefix = "embedded:"
	embeddedBase   = embeddedPrefix + "base"
)

// embedded is what is built into the program.
var embedded = library{assets.FS}

// A library is a folder of models, vectors, plans and questions, laid out as
// package assets says.
type library struct{ files fs.FS }

// names lists, in order, the entries of a folder with this ending, without it;
// the ending "" is for folders.
func (l library) names(folder, ending string) []string {
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

// notEmbedded says that the program carries nothing of a name.
type notEmbedded string

func (e notEmbedded) Error() string { return string(e) }

// choose returns a notEmbedded error unless name is one of names, which are prefixed in
// it as the user would write them.
func choose(kind, prefix, name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	if len(names) == 0 {
		return notEmbedded(fmt.Sprintf("there is no embedded %s %q: this build of tiller carries none", kind, name))
	}
	written := make([]string, len(names))
	for i, n := range names {
		written[i] = prefix + n
	}
	return notEmbedded(fmt.Sprintf("there is no embedded %s %q, only %s", kind, name, strings.Join(written, ", ")))
}

// model returns the folder of an embedded model; nil if ref refers to none.
func (l library) model(ref string) (fs.FS, error) {
	name, ok := strings.CutPrefix(ref, embeddedPrefix)
	if !ok {
		return nil, nil
	}
	if err := choose("model", embeddedPrefix, name, l.names("models", "")); err != nil {
		return nil, err
	}
	return fs.Sub(l.files, path.Join("models", name))
}

// openModel opens the model that a reference names.
func openModel(ctx context.Context, ref string, o model.Options) (*model.Model, error) {
	folder, err := embedded.model(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return model.OpenFS(ctx, folder, ref, o)
	}
	return model.Open(ctx, ref, o)
}

// openCheckpoint opens the files of the model that a reference names.
func openCheckpoint(ref string) (*checkpoint.Checkpoint, error) {
	folder, err := embedded.model(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return checkpoint.OpenFS(folder, ref)
	}
	return checkpoint.Open(ref)
}

// openTokenizer opens the tokenizer of the model that a reference names.
func openTokenizer(ref string) (*tokenizer.Tokenizer, error) {
	folder, err := embedded.model(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return tokenizer.OpenFS(folder, ref)
	}
	return tokenizer.Open(ref)
}

// vectorEnding ends the names of vector files in a library.
const vectorEnding = ".safetensors"

// readVector reads a vector from a file or from a reference to an embedded one.
func readVector(ref string) (*steering.Vector, vectorfile.Info, error) {
	name, ok := strings.CutPrefix(ref, embeddedPrefix)
	if !ok {
		return vectorfile.Read(ref)
	}
	if err := choose("vector", embeddedPrefix, name, embedded.names("vectors", vectorEnding)); err != nil {
		return nil, vectorfile.Info{}, err
	}
	return vectorfile.ReadFS(embedded.files, path.Join("vectors", name+vectorEnding), ref)
}

// plan reads the plan that a library has under a name.
func (l library) plan(name string) (steering.Plan, error) {
	if err := choose("plan", "@", name, l.names("plans", ".json")); err != nil {
		return steering.Plan{}, err
	}
	file := path.Join("plans", name+".json")
	data, err := fs.ReadFile(l.files, file)
	if err != nil {
		return steering.Plan{}, fmt.Errorf("cannot read the embedded plan: %w", err)
	}
	plan, err := parsePlanFile(data)
	if err != nil {
		return plan, fmt.Errorf("%s%s: %w", embeddedPrefix, file, err)
	}
	return plan, nil
}

// demonstration is the question of the demonstration: the one of the test
// split that manifest.json names, or else the first.
func (l library) demonstration() (problem.Problem, error) {
	var manifest struct {
		Demonstration string `json:"demonstration"`
	}
	switch data, err := fs.ReadFile(l.files, "manifest.json"); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return problem.Problem{}, fmt.Errorf("cannot read the embedded manifest: %w", err)
	default:
		if err := json.Unmarshal(data, &manifest); err != nil {
			return problem.Problem{}, fmt.Errorf("cannot read %smanifest.json: %w", embeddedPrefix, err)
		}
	}
	data, err := fs.ReadFile(l.files, "splits/test.jsonl")
	if err != nil {
		return problem.Problem{}, errors.New("this build of tiller carries no demonstration: pass --model and --prompt")
	}
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		var p problem.Problem
		if err := json.Unmarshal(s.Bytes(), &p); err != nil {
			return p, fmt.Errorf("cannot read %ssplits/test.jsonl: %w", embeddedPrefix, err)
		}
		if manifest.Demonstration == "" || p.ID == manifest.Demonstration {
			return p, nil
		}
	}
	return problem.Problem{}, fmt.Errorf("%ssplits/test.jsonl lacks the question %q of the demonstration", embeddedPrefix, manifest.Demonstration)
}
