package library

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tiller/model"
	"tiller/model/checkpoint"
	"tiller/model/tokenizer"
)

// ModelFolder returns the folder of an embedded model; nil if ref is a path.
// Its error is a [*NotEmbeddedError].
func (l Library) ModelFolder(ref string) (fs.FS, error) {
	name, ok := strings.CutPrefix(ref, Prefix)
	if !ok {
		return nil, nil
	}
	if err := choose("model", Prefix, name, l.Models()); err != nil {
		return nil, err
	}
	return fs.Sub(l.files, path.Join(modelFolder, name))
}

// OpenModel opens the model that a reference names, as [model.Open] does. The
// caller closes it.
func (l Library) OpenModel(ctx context.Context, ref string, o model.Options) (*model.Model, error) {
	folder, err := l.ModelFolder(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return model.OpenFS(ctx, folder, ref, o)
	}
	return model.Open(ctx, ref, o)
}

// OpenCheckpoint opens the files of the model that a reference names, as
// [checkpoint.Open] does. The caller closes it.
func (l Library) OpenCheckpoint(ref string) (*checkpoint.Checkpoint, error) {
	folder, err := l.ModelFolder(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return checkpoint.OpenFS(folder, ref)
	}
	return checkpoint.Open(ref)
}

// OpenTokenizer opens the tokenizer of the model that a reference names, as
// [tokenizer.Open] does.
func (l Library) OpenTokenizer(ref string) (*tokenizer.Tokenizer, error) {
	folder, err := l.ModelFolder(ref)
	switch {
	case err != nil:
		return nil, err
	case folder != nil:
		return tokenizer.OpenFS(folder, ref)
	}
	return tokenizer.Open(ref)
}

// A Summary says which model something was done with.
type Summary struct {
	// Ref is the reference that the model was opened by.
	Ref string `json:"ref"`
	// Architecture is as the checkpoint names it: "llama".
	Architecture string `json:"architecture"`
	// Fingerprint is that of [checkpoint.Checkpoint.Fingerprint].
	Fingerprint string `json:"fingerprint"`
	// Weights are the stored types of the matrices, as "Q4_1+F16", the one that
	// takes the most space first.
	Weights string `json:"weights"`
	Layers  int    `json:"layers"`
	DModel  int    `json:"d_model"`
	Vocab   int    `json:"vocab"`
}

// Describe summarises an open model.
func Describe(ref string, m *model.Model) Summary {
	c := m.Config()
	return Summary{
		Ref: ref, Architecture: c.Architecture, Fingerprint: m.Checkpoint().Fingerprint(),
		Weights: weights(m.Checkpoint()), Layers: c.Layers, DModel: c.DModel, Vocab: c.Vocab,
	}
}

// Line describes the model in one line for people; the reference in it is
// untrusted text.
func (s Summary) Line() string {
	return fmt.Sprintf("%s · %s · %d layers of %d · %s", filepath.Base(s.Ref), s.Architecture, s.Layers, s.DModel, s.Weights)
}

// weights names the stored types of the matrices.
func weights(c *checkpoint.Checkpoint) string {
	size := map[string]int{}
	for _, t := range c.Tensors() {
		if len(t.Shape) == 2 {
			size[t.DType] += len(t.Data)
		}
	}
	types := slices.SortedFunc(maps.Keys(size), func(a, b string) int {
		return cmp.Or(cmp.Compare(size[b], size[a]), cmp.Compare(a, b))
	})
	return strings.Join(types, "+")
}
