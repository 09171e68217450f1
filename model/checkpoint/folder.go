package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/regularfile"
	"tiller/model/checkpoint/safetensors"
)

// The files of a Hugging Face folder.
const (
	configFile     = "config.json"
	generationFile = "generation_config.json"
	weightsFile    = "model.safetensors"
	indexFile      = "model.safetensors.index.json"
)

// Bounds on the JSON files, far above any in use.
const (
	maxConfig = 16 << 20
	maxIndex  = 64 << 20
)

// openFolder opens a Hugging Face folder. Like transformers, it takes model.safetensors before
// an index.
func (c *Checkpoint) openFolder() (err error) {
	entries, err := os.ReadDir(c.Path)
	if err != nil {
		return fmt.Errorf("cannot open the model: %w", err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	single := slices.Contains(names, weightsFile)
	if !single && !slices.Contains(names, indexFile) {
		return noWeights(c.Path, names)
	}
	if !slices.Contains(names, configFile) {
		return fmt.Errorf("the folder %s has weights but no %s, which says what model they are", c.Path, configFile)
	}
	if c.Config, err = readJSON(filepath.Join(c.Path, configFile), maxConfig); err != nil {
		return err
	}
	if slices.Contains(names, generationFile) {
		if c.GenerationConfig, err = readJSON(filepath.Join(c.Path, generationFile), maxConfig); err != nil {
			return err
		}
	}
	c.Format = FormatHuggingFace
	if single {
		return c.openShards([]string{weightsFile}, nil)
	}
	return c.openIndex(names)
}

// noWeights says what a folder without weights has instead.
func noWeights(path string, names []string) error {
	with := func(suffixes ...string) string {
		for _, name := range names {
			for _, suffix := range suffixes {
				if strings.HasSuffix(name, suffix) {
					return name
				}
			}
		}
		return ""
	}
	switch {
	case len(names) == 0:
		return fmt.Errorf("the folder %s is empty: a model folder has %s and %s", path, configFile, weightsFile)
	case with(".gguf") != "":
		return fmt.Errorf("the folder %s has no %s, but a GGUF file: give %q itself", path, weightsFile, filepath.Join(path, with(".gguf")))
	case with(".safetensors") != "":
		return fmt.Errorf("the folder %s has %q, but neither %s nor %s, which would say what it is part of", path, with(".safetensors"), weightsFile, indexFile)
	case with(".bin", ".bin.index.json", ".pth", ".pt") != "":
		return fmt.Errorf("the folder %s has its weights as PyTorch pickles only (%q), which can run code when loaded: safetensors or GGUF is needed", path, with(".bin", ".bin.index.json", ".pth", ".pt"))
	}
	return fmt.Errorf("the folder %s has no weights: neither %s nor %s", path, weightsFile, indexFile)
}

// readJSON reads a JSON file of limited size.
func readJSON(path string, most int64) ([]byte, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the model: %w", err)
	}
	defer f.Close()
	if size > most {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are allowed", path, size, most)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, fmt.Errorf("cannot read the model's configuration: %w", err)
	}
	if json.Valid(text) {
		return text, nil
	}
	if filekind.Of(text) != filekind.JSON {
		return nil, filekind.Refuse(path, "a JSON file", text)
	}
	var broken *json.SyntaxError
	if err := json.Unmarshal(text, new(any)); errors.As(err, &broken) {
		return nil, fmt.Errorf("%s is broken JSON at byte %d: %w", path, broken.Offset, err)
	}
	return nil, fmt.Errorf("%s is broken JSON", path)
}

// openIndex opens the shards that the folder's index lists.
func (c *Checkpoint) openIndex(names []string) error {
	path := filepath.Join(c.Path, indexFile)
	text, err := readJSON(path, maxIndex)
	if err != nil {
		return err
	}
	index, err := safetensors.ParseIndex(path, text)
	if err != nil {
		return err
	}
	var shards []string
	for _, shard := range index {
		shards = append(shards, shard)
	}
	slices.Sort(shards)
	shards = slices.Compact(shards)
	for _, shard := range shards {
		if !slices.Contains(names, shard) {
			return fmt.Errorf("%s lists the shard %s, which is not in the folder: the download may be incomplete", path, badfile.Quote(shard))
		}
	}
	return c.openShards(shards, index)
}

// openShards opens safetensors files of the folder. Every tensor of the index, if there is one,
// must be in the shard it names, and no tensor may be in two.
func (c *Checkpoint) openShards(shards []string, index safetensors.Index) error {
	parts := [][]byte{c.Config}
	home := map[string]string{} // tensor -> shard
	for _, shard := range shards {
		m, err := c.mapFile(filepath.Join(c.Path, shard))
		if err != nil {
			return err
		}
		if kind := filekind.Of(m.data); kind != filekind.Safetensors && kind != filekind.Unknown {
			return filekind.Refuse(m.path, "a safetensors file", m.data)
		}
		f, err := safetensors.Parse(m.path, m.data)
		if err != nil {
			return err
		}
		for _, t := range f.Tensors {
			if first, there := home[t.Name]; there {
				return fmt.Errorf("tensor %s stands in two shards of %s, %q and %q", badfile.Quote(t.Name), c.Path, first, shard)
			}
			home[t.Name] = shard
			c.tensors = append(c.tensors, Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t.Data, File: m.path, Offset: t.Offset})
		}
		parts = append(parts, m.data[:f.HeaderSize])
	}
	for _, tensor := range slices.Sorted(maps.Keys(index)) { // the same one is named every time
		if shard := index[tensor]; home[tensor] != shard {
			return fmt.Errorf("%s says that tensor %s is in the shard %q, and it is not", filepath.Join(c.Path, indexFile), badfile.Quote(tensor), shard)
		}
	}
	c.fingerprint = fingerprintOf(parts...)
	return nil
}
