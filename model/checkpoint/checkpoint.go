// Package checkpoint opens models as they lie on disk, Hugging Face folders and GGUF files, and
// offers their weights as views of the memory-mapped files. Nothing is converted: a weight is
// multiplied in the type it is stored in.
package checkpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"tiller/model/checkpoint/gguf"
)

// The values of Checkpoint.Format.
const (
	FormatGGUF        = "gguf"
	FormatHuggingFace = "huggingface"
)

// Checkpoint is an opened model. It is safe for concurrent use until it is closed.
type Checkpoint struct {
	// Path is what was opened.
	Path string
	// Format is FormatGGUF or FormatHuggingFace.
	Format string
	// GGUF is the parsed file; nil for a Hugging Face folder.
	GGUF *gguf.File
	// Config is config.json, and GenerationConfig generation_config.json if there is one; both
	// are nil for a GGUF file.
	Config, GenerationConfig []byte

	files       []*mapped
	tensors     []Tensor // sorted by name
	fingerprint string
}

// Open opens a Hugging Face folder (config.json with model.safetensors, or with shards and
// model.safetensors.index.json) or a GGUF file. The files are mapped read-only; the caller
// closes the checkpoint when no view of them is in use any more.
func Open(path string) (*Checkpoint, error) {
	if err := refuseReference(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no model at %q: give a Hugging Face folder or a .gguf file: %w", path, os.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open the model: %w", err)
	}
	c := &Checkpoint{Path: path}
	open := c.openGGUF
	if info.IsDir() {
		open = c.openFolder
	}
	if err := whileMapped(path, open); err != nil {
		c.Close()
		return nil, err
	}
	slices.SortFunc(c.tensors, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	return c, nil
}

// refuseReference answers the kinds of model reference that are not files.
func refuseReference(path string) error {
	for _, kind := range []string{"hf:", "embedded:"} {
		if strings.HasPrefix(path, kind) {
			return fmt.Errorf("%q can't be opened: today a model is a Hugging Face folder or a .gguf file on this machine", path)
		}
	}
	return nil
}

// Close unmaps the files. Every Tensor's Data becomes invalid: touching it crashes the program.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, m := range c.files {
		errs = append(errs, m.close())
	}
	c.files, c.tensors = nil, nil
	return errors.Join(errs...)
}

// Changed reports a file of the checkpoint that has shrunk or grown since it was opened. A read
// beyond the end of a mapped file that shrank is a memory fault; whoever recovers from one finds
// here what happened.
func (c *Checkpoint) Changed() error {
	for _, m := range c.files {
		if err := m.changed(); err != nil {
			return err
		}
	}
	return nil
}

// Tensors returns all weights, sorted by name.
func (c *Checkpoint) Tensors() []Tensor { return slices.Clone(c.tensors) }

// Tensor returns the weight with this name.
func (c *Checkpoint) Tensor(name string) (Tensor, bool) {
	i, ok := slices.BinarySearchFunc(c.tensors, name, func(t Tensor, name string) int { return cmp.Compare(t.Name, name) })
	if !ok {
		return Tensor{}, false
	}
	return c.tensors[i], true
}

// Fingerprint identifies the model by what its files say about themselves: 16 hexadecimal digits
// of the SHA-256 of config.json and the safetensors headers, or of a GGUF file's metadata and
// tensor table. Weights of the same names, types and shapes but other values are not told apart.
func (c *Checkpoint) Fingerprint() string { return c.fingerprint }

// fingerprintOf hashes parts of files, each with its length, so that bytes can't move between
// parts unnoticed.
func fingerprintOf(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
