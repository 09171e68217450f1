package checkpoint

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"tiller/model/checkpoint/safetensors"
)

// OpenFS opens the Hugging Face folder at the root of fsys: config.json and
// model.safetensors, and generation_config.json if there is one. It reads the
// files whole, which suits models that are embedded in a program or were just
// made. Name is the checkpoint's Path, and names it in errors.
func OpenFS(fsys fs.FS, name string) (*Checkpoint, error) {
	config, err := fs.ReadFile(fsys, configFile)
	if err != nil {
		return nil, fmt.Errorf("cannot open the model %s: %w", name, err)
	}
	generation, err := fs.ReadFile(fsys, generationFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot open the model %s: %w", name, err)
	}
	weights, err := fs.ReadFile(fsys, weightsFile)
	if err != nil {
		return nil, fmt.Errorf("cannot open the model %s: %w", name, err)
	}
	return FromBytes(name, config, generation, weights)
}

// FromBytes makes a checkpoint of the contents of config.json,
// generation_config.json (nil for none) and model.safetensors. They must not
// change while it is in use.
func FromBytes(name string, config, generation, weights []byte) (*Checkpoint, error) {
	for _, part := range []struct {
		file string
		text []byte
	}{{configFile, config}, {generationFile, generation}} {
		if part.text != nil && !json.Valid(part.text) {
			return nil, fmt.Errorf("%s is broken JSON", filepath.Join(name, part.file))
		}
	}
	path := filepath.Join(name, weightsFile)
	f, err := safetensors.Parse(path, weights)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Path: name, Format: FormatHuggingFace, Config: config, GenerationConfig: generation}
	for _, t := range f.Tensors {
		c.tensors = append(c.tensors, Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t.Data, File: path, Offset: t.Offset})
	}
	slices.SortFunc(c.tensors, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	c.fingerprint = fingerprintOf(config, weights[:f.HeaderSize])
	return c, nil
}
