package vectorfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/gguf"
	"tiller/model/checkpoint/regularfile"
	"tiller/model/checkpoint/safetensors"
	"tiller/steering/vectorfile/archive"
	"tiller/steering/vectorfile/numpy"
	"tiller/steering/vectorfile/torch"
)

// Bounds on vector files. A direction for each of 128 layers of width 16,384 takes 8 MiB; a bank
// of many vectors may take more. Archives have no bound: of them only what is asked for is read.
const (
	maxFile = 1 << 28
	maxText = 1 << 26 // JSON
	maxCSV  = 1 << 22 // a field takes much more room than its text

	maxSafetensorsHeader = 1 << 24 // so does a name
)

// maxElements bounds the numbers of one vector.
const maxElements = 1 << 26

// maxLayer bounds the layer numbers that are believed.
const maxLayer = 1<<16 - 1

// source is a file or folder with its container parsed: at most one of the containers is set.
type source struct {
	path    string
	choices choices
	data    []byte // the whole of GGUF, safetensors, JSON and CSV, or else the beginning

	gguf        *gguf.File
	safetensors *safetensors.File
	array       *numpyArray
	arrays      *numpy.Archive
	torch       *torch.File
	sae         *autoencoder

	elements int // of the numbers read so far
	closers  []io.Closer
}

// open finds the container at a path.
func open(path string) (*source, error) {
	if folder, ok := folderOf(path); ok {
		return openAutoencoder(path, folder)
	}
	if path == "" {
		return nil, errors.New("cannot open the vector: no file is named")
	}
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the vector: %w", err)
	}
	s, err := load(path, f, size)
	if err != nil {
		f.Close()
		return nil, err
	}
	s.closers = append(s.closers, f)
	return s, nil
}

// folderOf is the folder of a sparse autoencoder that a path means: the folder itself, or the one
// that the file SAELens keeps the weights or the configuration in is in.
func folderOf(path string) (string, bool) {
	if base := filepath.Base(path); base == saeConfigFile || base == saeWeightsFile {
		path = filepath.Dir(path)
	}
	info, err := os.Stat(filepath.Join(path, saeConfigFile))
	return path, err == nil && !info.IsDir()
}

// Close closes the file.
func (s *source) Close() error {
	for _, c := range s.closers {
		c.Close() // it was only read
	}
	return nil
}

// parse is load for a file in memory.
func parse(path string, data []byte) (*source, error) {
	return load(path, bytes.NewReader(data), int64(len(data)))
}

// beginning is enough of a file to know its kind by.
const beginning = 256

// load recognises the container, and reads it whole if it is of a kind that is small.
func load(path string, r io.ReaderAt, size int64) (*source, error) {
	s := &source{path: path, data: make([]byte, min(size, beginning))}
	if err := readAt(r, s.data); err != nil {
		return nil, err
	}
	kind := filekind.Of(s.data)
	csv := isSteerCSV(s.data)
	switch {
	case kind == filekind.Zip:
		return s, s.openArchive(r, size)
	case kind == filekind.NumPy:
		return s, s.openArray(r, size)
	case kind == filekind.JSON && size > maxText, csv && size > maxCSV:
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that a vector file of text may have", path, size, map[bool]int{false: maxText, true: maxCSV}[csv])
	case kind == filekind.JSON || csv:
	case size > maxFile:
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that a vector file may have: is it a model?", path, size, maxFile)
	case kind != filekind.GGUF && kind != filekind.Safetensors:
		return s, nil
	}
	if kind == filekind.Safetensors {
		if header := binary.LittleEndian.Uint64(s.data); header > maxSafetensorsHeader && header < uint64(size) {
			return nil, fmt.Errorf("%s: its header has %d bytes, more than the %d that one of a vector file may have", path, header, maxSafetensorsHeader)
		}
	}
	s.data = make([]byte, size)
	if err := readAt(r, s.data); err != nil {
		return nil, err
	}
	var err error
	switch kind {
	case filekind.GGUF:
		s.gguf, err = gguf.Parse(path, s.data)
	case filekind.Safetensors:
		s.safetensors, err = safetensors.Parse(path, s.data)
	}
	return s, err
}

func readAt(r io.ReaderAt, data []byte) error {
	if n, err := r.ReadAt(data, 0); n < len(data) {
		return fmt.Errorf("cannot read the vector: %w", err)
	}
	return nil
}

// openArchive tells the kinds of zip archives apart.
func (s *source) openArchive(r io.ReaderAt, size int64) error {
	zip, err := archive.Open(s.path, r, size)
	if err != nil {
		return err
	}
	if torch.Is(zip) {
		s.torch, err = torch.Read(s.path, zip)
		return err
	}
	arrays, ok := numpy.OpenArchive(s.path, zip)
	if !ok {
		return fmt.Errorf("%s is a zip archive, but neither of PyTorch (data.pkl in a folder) nor of NumPy (members that end in .npy)", s.path)
	}
	s.arrays = arrays
	return nil
}

// tensors returns the container's tensors, whichever it is.
func (s *source) tensors() []checkpoint.Tensor {
	var all []checkpoint.Tensor
	if s.gguf != nil {
		for _, t := range s.gguf.Tensors {
			all = append(all, checkpoint.Tensor{Name: t.Name, DType: t.Type.String(), Shape: t.Shape, Data: t.Data, File: s.path, Offset: t.Offset})
		}
	}
	if s.safetensors != nil {
		for _, t := range s.safetensors.Tensors {
			all = append(all, checkpoint.Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t.Data, File: s.path, Offset: t.Offset})
		}
	}
	return all
}

// directionPrefix begins the names of the tensors of control vectors.
const directionPrefix = "direction."

// hasDirection reports whether a tensor's name begins as those of directions do.
func (s *source) hasDirection() bool {
	return slices.ContainsFunc(s.tensors(), func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, directionPrefix) })
}

// directions decodes the file's tensors, all of which must be called direction.X, one layer
// each. The layer that X means is what layer says.
func (s *source) directions(layer func(x string) (int, error)) (map[int][]float32, error) {
	d := newDirections(s.path, "tensor")
	for _, t := range s.tensors() {
		x, ok := strings.CutPrefix(t.Name, directionPrefix)
		if !ok {
			return nil, fmt.Errorf("%s: tensor %s is not a direction, and a vector file of this format holds nothing else", s.path, badfile.Quote(t.Name))
		}
		at, err := layer(x)
		if err != nil {
			return nil, fmt.Errorf("%s: tensor %s: %w", s.path, badfile.Quote(t.Name), err)
		}
		direction, err := decode(t)
		if err != nil {
			return nil, err
		}
		if err := d.add(at, t.Name, direction); err != nil {
			return nil, err
		}
	}
	return d.byLayer, nil
}

// directions collects what a file holds, and refuses what can't be one vector.
type directions struct {
	path    string
	what    string // how the format calls its parts, such as "tensor"
	byLayer map[int][]float32
	first   string
	width   int
}

func newDirections(path, what string) *directions {
	return &directions{path: path, what: what, byLayer: map[int][]float32{}}
}

// add puts the direction of this name at a layer.
func (d *directions) add(layer int, name string, direction []float32) error {
	if _, twice := d.byLayer[layer]; twice {
		return fmt.Errorf("%s: %s %s names a layer that another %s names too", d.path, d.what, badfile.Quote(name), d.what)
	}
	if d.first == "" {
		d.first, d.width = name, len(direction)
	}
	if len(direction) != d.width {
		return fmt.Errorf("%s: %s %s has %d elements and %s %s has %d, where all directions must have the model's width", d.path, d.what, badfile.Quote(name), len(direction), d.what, badfile.Quote(d.first), d.width)
	}
	d.byLayer[layer] = direction
	return nil
}

// decode turns a one-dimensional tensor of floating-point numbers into float32.
func decode(t checkpoint.Tensor) ([]float32, error) {
	if len(t.Shape) != 1 {
		return nil, fmt.Errorf("%s: tensor %s has shape %v, where a direction has one dimension", t.File, badfile.Quote(t.Name), t.Shape)
	}
	if t.Shape[0] == 0 {
		return nil, fmt.Errorf("%s: tensor %s has no elements, where a direction has one for each of the model's width", t.File, badfile.Quote(t.Name))
	}
	if !slices.Contains([]string{"F32", "F16", "BF16"}, t.DType) {
		return nil, fmt.Errorf("%s: tensor %s is stored as %s, where a direction is F32, F16 or BF16", t.File, badfile.Quote(t.Name), t.DType)
	}
	return t.Float32s()
}

// number reads a layer number of at least least.
func number(x string, least int) (int, error) {
	n, err := strconv.ParseUint(x, 10, 32)
	if err != nil || n > maxLayer || int(n) < least {
		return 0, fmt.Errorf("%s is not a layer number from %d to %d", badfile.Quote(x), least, maxLayer)
	}
	return int(n), nil
}
