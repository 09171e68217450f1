// Package safetensors reads and writes safetensors files, the format of Hugging Face models.
//
// A file is a u64 little-endian header length, a JSON header of that many bytes (which may be
// padded with spaces) and the tensors' data. The header is an object from tensor name to
//
//	{"dtype": "F32", "shape": [rows, columns], "data_offsets": [begin, end]}
//
// with offsets counted from the end of the header; the name `__metadata__` is reserved for an
// object from string to string. The data must be covered exactly: no holes, no overlaps.
//
// The specification is https://huggingface.co/docs/safetensors (repository
// https://github.com/huggingface/safetensors).
package safetensors

import (
	"fmt"

	"tiller/model/checkpoint/badfile"
)

// Tensor is one stored array of numbers.
type Tensor struct {
	Name string
	// DType is the element type as the format names it: "F32", "BF16", ...
	DType string
	// Shape is row-major: [rows, columns] for a matrix.
	Shape []int
	// Data holds the elements, little-endian. After Parse it is a view of the bytes given, not
	// a copy.
	Data []byte
	// Offset is where Data begins, in bytes from the start of the file. Write ignores it.
	Offset int64
}

// File is a parsed safetensors file.
type File struct {
	// Metadata is the content of `__metadata__`; nil if there is none.
	Metadata map[string]string
	// Tensors are sorted by offset.
	Tensors []Tensor
	// HeaderSize is the number of bytes before the data: the length field and the JSON.
	HeaderSize int64

	byName map[string]int
}

// Tensor returns the tensor with this name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

const (
	metadataKey = "__metadata__"
	// maxHeader is the reference implementation's limit.
	maxHeader = 100_000_000
	// maxDims is far above what any model has.
	maxDims = 16
	prefix  = 8
)

// bitsOf holds the element types of the format and how many bits an element takes.
var bitsOf = map[string]int{
	"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
	"F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
}

// size returns how many bytes a tensor takes, or what is wrong with its type or shape.
func size(dtype string, shape []int) (int64, error) {
	bits, ok := bitsOf[dtype]
	if !ok {
		return 0, fmt.Errorf("its type %s is not one that safetensors has", badfile.Quote(dtype))
	}
	const most = 1 << 56 // elements; leaves room to multiply by an element's bits
	elements := int64(1)
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("its shape %v has a dimension below 0", shape)
		}
		if d > 0 && elements > most/int64(d) {
			return 0, fmt.Errorf("its shape %v has more elements than any file could hold", shape)
		}
		elements *= int64(d)
	}
	if elements*int64(bits)%8 != 0 {
		return 0, fmt.Errorf("its %d elements of %d bits do not fill whole bytes", elements, bits)
	}
	return elements * int64(bits) / 8, nil
}

// index makes the table from name to tensor.
func (f *File) index() {
	f.byName = make(map[string]int, len(f.Tensors))
	for i, t := range f.Tensors {
		f.byName[t.Name] = i
	}
}
