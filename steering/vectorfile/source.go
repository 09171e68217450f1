package vectorfile

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/gguf"
	"tiller/model/checkpoint/regularfile"
	"tiller/model/checkpoint/safetensors"
)

// maxFile bounds a vector file. A direction for each of 128 layers of width 16,384 takes 8 MiB;
// a bank of many vectors may take more.
const maxFile = 1 << 30

// maxLayer bounds the layer numbers that are believed.
const maxLayer = 1<<16 - 1

// source is a file with its container parsed: at most one of gguf and safetensors is set.
type source struct {
	path        string
	data        []byte
	gguf        *gguf.File
	safetensors *safetensors.File
}

// open reads a file whole; vectors are small, and their numbers are copied out anyway.
func open(path string) (*source, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the vector: %w", err)
	}
	defer f.Close()
	if size > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that a vector file may have: is it a model?", path, size, maxFile)
	}
	data, err := read(f, size)
	if err != nil {
		return nil, fmt.Errorf("cannot read the vector: %w", err)
	}
	return parse(path, data)
}

// beginning is enough of a file to know its kind by.
const beginning = 256

// read reads a file of this size, or only its beginning if that is not one of a vector's.
func read(f io.Reader, size int64) ([]byte, error) {
	start := make([]byte, min(size, beginning))
	if _, err := io.ReadFull(f, start); err != nil {
		return nil, err
	}
	if kind := filekind.Of(start); kind != filekind.GGUF && kind != filekind.Safetensors {
		return start, nil
	}
	data := make([]byte, size)
	_, err := io.ReadFull(f, data[copy(data, start):])
	return data, err
}

// parse recognises the container.
func parse(path string, data []byte) (s *source, err error) {
	s = &source{path: path, data: data}
	switch filekind.Of(data) {
	case filekind.GGUF:
		s.gguf, err = gguf.Parse(path, data)
	case filekind.Safetensors:
		s.safetensors, err = safetensors.Parse(path, data)
	}
	return s, err
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

// directionPrefix begins the names of the tensors in every format so far.
const directionPrefix = "direction."

// hasDirection reports whether a tensor's name begins as those of directions do.
func (s *source) hasDirection() bool {
	return slices.ContainsFunc(s.tensors(), func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, directionPrefix) })
}

// directions decodes the file's tensors, all of which must be called direction.X, one layer
// each. The layer that X means is what layer says.
func (s *source) directions(layer func(x string) (int, error)) (map[int][]float32, error) {
	directions := map[int][]float32{}
	first, width := "", 0
	for _, t := range s.tensors() {
		x, ok := strings.CutPrefix(t.Name, directionPrefix)
		if !ok {
			return nil, fmt.Errorf("%s: tensor %s is not a direction, and a vector file of this format holds nothing else", s.path, badfile.Quote(t.Name))
		}
		at, err := layer(x)
		if err != nil {
			return nil, fmt.Errorf("%s: tensor %s: %w", s.path, badfile.Quote(t.Name), err)
		}
		if _, twice := directions[at]; twice {
			return nil, fmt.Errorf("%s: tensor %s names a layer that another tensor names too", s.path, badfile.Quote(t.Name))
		}
		direction, err := decode(t)
		if err != nil {
			return nil, err
		}
		if first == "" {
			first, width = t.Name, len(direction)
		}
		if len(direction) != width {
			return nil, fmt.Errorf("%s: tensor %s has %d elements and tensor %s has %d, where all directions must have the model's width", s.path, badfile.Quote(t.Name), len(direction), badfile.Quote(first), width)
		}
		directions[at] = direction
	}
	return directions, nil
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
