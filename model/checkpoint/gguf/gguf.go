// Package gguf reads and writes GGUF files, the single-file format of the ggml family of tools.
//
// A file is, in this order and little-endian throughout:
//
//	"GGUF"  version u32  tensor_count u64  kv_count u64
//	kv_count times:      key string  kind u32  value
//	tensor_count times:  name string  n_dims u32  n_dims x u64  type u32  offset u64
//	padding to `general.alignment` (32 unless a key says otherwise)
//	tensor data, each tensor at its offset, a multiple of the alignment, counted from here
//
// A string is a u64 length and that many bytes. An array value is a u32 kind, a u64 count and
// the elements. Dimensions are stored fastest first; Tensor.Shape turns them round, so that a
// weight matrix reads [rows, columns].
//
// Versions 2 and 3 are read (they differ only in that 3 allows big-endian files, which are
// refused), version 3 is written. The specification is
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
package gguf

// KeyValue is one piece of metadata.
type KeyValue struct {
	Key string
	// Value is a uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64,
	// bool or string, or a slice of one of those.
	Value any
}

// Tensor is one stored array of numbers.
type Tensor struct {
	Name string
	Type Type
	// Shape is row-major: [rows, columns] for a matrix.
	Shape []int
	// Data holds the stored elements. After Parse it is a view of the bytes given, not a copy.
	Data []byte
	// Offset is where Data begins, in bytes from the start of the file. Write ignores it.
	Offset int64
}

// File is a parsed GGUF file. Everything but the tensors' data is copied out of the bytes it
// was parsed from.
type File struct {
	// Version is 2 or 3.
	Version uint32
	// KVs and Tensors are in file order.
	KVs     []KeyValue
	Tensors []Tensor
	// Alignment is the file's `general.alignment`, in bytes.
	Alignment int
	// DataOffset is where the tensor data section begins, in bytes from the start of the file.
	DataOffset int64

	name     string // for errors
	byKey    map[string]int
	byTensor map[string]int
}

// Tensor returns the tensor with this name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.byTensor[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Lookup returns the value of a key.
func (f *File) Lookup(key string) (any, bool) {
	i, ok := f.byKey[key]
	if !ok {
		return nil, false
	}
	return f.KVs[i].Value, true
}
