// Package torch reads tensors from the files that PyTorch's torch.save writes: zip archives of a
// pickle, data.pkl, and one member with the numbers of each storage, as
// torch/serialization.py in https://github.com/pytorch/pytorch describes them. Nothing in the
// pickle is executed: what it may name are tensors and storages of floating-point numbers, and
// anything else is refused by its name.
package torch

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/vectorfile/archive"
	"tiller/steering/vectorfile/floats"
	"tiller/steering/vectorfile/pickle"
)

// MaxElements bounds how many numbers are read from one tensor, and over how many of its
// storage's they may be spread.
const MaxElements = 1 << 26

// maxPassed bounds how many bytes of storages are read for all tensors together: many small
// tensors may each lie at the far end of a large storage.
const maxPassed = 1 << 32

// maxDimensions bounds a tensor's shape.
const maxDimensions = 8

// File is what a file of torch.save holds.
type File struct {
	// Root is the saved value: *Tensor, or what package pickle reads with *Tensor in it.
	Root any

	name   string
	zip    *archive.Archive
	folder string // of the archive, such as "archive/"
	passed int64  // bytes of storages read so far
}

// pickleName ends the name of the member that is the pickle.
const pickleName = "data.pkl"

// Is reports whether a zip archive is a file of torch.save.
func Is(zip *archive.Archive) bool {
	_, ok := folderOf(zip)
	return ok
}

// folderOf finds the folder that the members of the archive are in.
func folderOf(zip *archive.Archive) (string, bool) {
	for _, member := range zip.Names() {
		folder, ok := strings.CutSuffix(member, pickleName)
		if ok && strings.Count(folder, "/") == 1 && strings.HasSuffix(folder, "/") {
			return folder, true
		}
	}
	return "", false
}

// Read reads the pickle of a file of torch.save; tensors read their numbers when asked. The name
// is used in errors.
func Read(name string, zip *archive.Archive) (*File, error) {
	folder, ok := folderOf(zip)
	if !ok {
		return nil, fmt.Errorf("%s is a zip archive without a %s, so not a file of torch.save", name, pickleName)
	}
	f := &File{name: name, zip: zip, folder: folder}
	if zip.Has(folder + "constants.pkl") {
		return nil, fmt.Errorf("%s is a TorchScript program, where a file of torch.save with tensors is expected", name)
	}
	if order := folder + "byteorder"; zip.Has(order) {
		text, err := zip.Bytes(order, 16)
		if err != nil {
			return nil, err
		}
		if string(text) != "little" {
			return nil, fmt.Errorf("%s: its byte order is %s, and only little is read", name, badfile.Quote(string(text)))
		}
	}
	program, err := zip.Bytes(folder+pickleName, pickle.MaxBytes)
	if err != nil {
		return nil, err
	}
	if f.Root, err = pickle.Read(name, pickleName, program, (*host)(f)); err != nil {
		return nil, err
	}
	return f, nil
}

// storage is a row of numbers in a member of its own.
type storage struct {
	member   string
	dtype    string
	elements int
}

// Tensor is a view of a storage.
type Tensor struct {
	// Shape has at most eight dimensions; it is empty for a single number.
	Shape []int

	file    *File
	storage *storage
	offset  int // all in elements
	stride  []int
}

// Elements is the number of elements.
func (t *Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// DType is F16, BF16, F32 or F64.
func (t *Tensor) DType() string { return t.storage.dtype }

// Float32s reads the numbers, row by row. F64 is rounded to float32.
func (t *Tensor) Float32s() ([]float32, error) {
	n := t.Elements()
	if n == 0 {
		return []float32{}, nil
	}
	span := 1
	for i, d := range t.Shape {
		span += (d - 1) * t.stride[i]
	}
	if n > MaxElements || span > MaxElements {
		return nil, fmt.Errorf("%s: a tensor of shape %v has %d elements among %d, and at most %d are read", t.file.name, t.Shape, n, span, MaxElements)
	}
	stored, err := t.read(span)
	if err != nil || t.dense() {
		return stored, err
	}
	values := make([]float32, n)
	index := make([]int, len(t.Shape))
	at := 0
	for i := range values {
		values[i] = stored[at]
		for d := len(index) - 1; d >= 0; d-- {
			if at += t.stride[d]; index[d] < t.Shape[d]-1 {
				index[d]++
				break
			}
			at -= t.stride[d] * t.Shape[d]
			index[d] = 0
		}
	}
	return values, nil
}

// dense reports whether the storage has the numbers row by row, without gaps.
func (t *Tensor) dense() bool {
	next := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] > 1 && t.stride[i] != next {
			return false
		}
		next *= t.Shape[i]
	}
	return true
}

// Row is a view of one index of the first dimension.
func (t *Tensor) Row(i int) (*Tensor, error) {
	if len(t.Shape) == 0 || i < 0 || i >= t.Shape[0] {
		return nil, fmt.Errorf("%s: a tensor of shape %v has no row %d", t.file.name, t.Shape, i)
	}
	row := *t
	row.offset += i * t.stride[0]
	row.Shape, row.stride = t.Shape[1:], t.stride[1:]
	return &row, nil
}

// read decodes so many of the storage's numbers from where the tensor begins.
func (t *Tensor) read(n int) ([]float32, error) {
	const chunk = 1 << 14
	size := floats.Size(t.storage.dtype)
	member := t.storage.member
	if t.file.passed += int64(t.offset+n) * int64(size); t.file.passed > maxPassed {
		return nil, fmt.Errorf("%s: its tensors lie so far apart in their storages that more than %d bytes would have to be read: save copies of them", t.file.name, int64(maxPassed))
	}
	r, err := t.file.zip.Open(member)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, int64(t.offset)*int64(size)); err != nil {
		return nil, t.file.zip.Damaged(member, err)
	}
	var values []float32
	buffer := make([]byte, min(n, chunk)*size)
	for len(values) < n {
		part := buffer[:min(n-len(values), chunk)*size]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, t.file.zip.Damaged(member, err)
		}
		if values, err = floats.Append(floats.Grow(values, n), t.storage.dtype, part); err != nil {
			return nil, err
		}
	}
	if t.offset+n == t.storage.elements { // to the end, where the checksum is compared
		if _, err := io.Copy(io.Discard, r); err != nil {
			return nil, t.file.zip.Damaged(member, err)
		}
	}
	return values, nil
}

// host lends a pickle the names of tensors and storages.
type host File

// rebuild is what every tensor is pickled as a call of.
var rebuild = pickle.Global{Module: "torch._utils", Name: "_rebuild_tensor_v2"}

// storageTypes are the types of storages that are read.
var storageTypes = map[pickle.Global]string{
	{Module: "torch", Name: "HalfStorage"}:     "F16",
	{Module: "torch", Name: "BFloat16Storage"}: "BF16",
	{Module: "torch", Name: "FloatStorage"}:    "F32",
	{Module: "torch", Name: "DoubleStorage"}:   "F64",
}

// Knows reports whether a name is one of tensors and storages.
func (h *host) Knows(g pickle.Global) bool { return g == rebuild || storageTypes[g] != "" }

// Persistent makes a storage of its description: ("storage", type, key, device, elements).
func (h *host) Persistent(id any) (any, error) {
	fields, _ := id.(pickle.Tuple)
	if len(fields) != 5 || fields[0] != "storage" {
		return nil, errors.New("it refers to something outside of it that is not a storage")
	}
	class, _ := fields[1].(pickle.Global)
	key, isText := fields[2].(string)
	elements, isNumber := fields[4].(int64)
	dtype := storageTypes[class]
	if dtype == "" || !isText || !isNumber || elements < 0 {
		return nil, errors.New("it describes a storage in a way that torch.save does not")
	}
	s := &storage{member: h.folder + "data/" + key, dtype: dtype, elements: int(elements)}
	if !h.zip.Has(s.member) {
		return nil, fmt.Errorf("it refers to the storage %s, which the archive lacks", badfile.Quote(key))
	}
	size := int64(floats.Size(dtype))
	if has := h.zip.Size(s.member); elements > has/size || elements*size != has {
		return nil, fmt.Errorf("it says that the storage %s has %d elements of %s, and the archive has %d bytes for it", badfile.Quote(key), elements, dtype, has)
	}
	return s, nil
}

// Call makes a tensor of a storage, an offset, a shape and strides. What follows those, whether
// it requires gradients and hooks, means nothing here.
func (h *host) Call(g pickle.Global, args pickle.Tuple) (any, error) {
	if g != rebuild {
		return nil, fmt.Errorf("it makes a %s of its own: the pickle is damaged", badfile.Quote(g.String()))
	}
	if len(args) < 4 {
		return nil, fmt.Errorf("it makes a tensor of %d values, where a storage, an offset, a shape and strides are expected", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, errors.New("it makes a tensor of something that is not a storage")
	}
	offset, ok := args[1].(int64)
	shape, err := counts(args[2])
	if !ok || err != nil {
		return nil, errors.New("it makes a tensor whose offset or shape is not of whole numbers")
	}
	stride, err := counts(args[3])
	if err != nil || len(stride) != len(shape) {
		return nil, errors.New("it makes a tensor whose strides are not one whole number for each dimension")
	}
	t := &Tensor{file: (*File)(h), storage: s, offset: int(offset), Shape: shape, stride: stride}
	return t, t.check()
}

// counts reads a tuple of whole numbers that are at least 0.
func counts(value any) ([]int, error) {
	items, ok := value.(pickle.Tuple)
	if !ok || len(items) > maxDimensions {
		return nil, errors.New("it is not a tuple of a few numbers")
	}
	numbers := []int{}
	for _, item := range items {
		n, ok := item.(int64)
		if !ok || n < 0 {
			return nil, errors.New("it holds something other than whole numbers")
		}
		numbers = append(numbers, int(n))
	}
	return numbers, nil
}

// check refuses a tensor that reaches beyond its storage, or repeats it beyond what is read.
func (t *Tensor) check() error {
	const most = 1 << 48
	elements, last := 1, t.offset
	if t.offset < 0 || t.offset > most {
		return fmt.Errorf("it makes a tensor that begins at element %d of its storage", t.offset)
	}
	for i, d := range t.Shape {
		if d > 0 && elements > most/d || d > 1 && t.stride[i] > most/d {
			return fmt.Errorf("it makes a tensor of shape %v and strides %v, which is too large", t.Shape, t.stride)
		}
		elements *= d
		last += max(d-1, 0) * t.stride[i]
	}
	if elements > 0 && last >= t.storage.elements {
		return fmt.Errorf("it makes a tensor of shape %v that reaches to element %d of a storage of %d", t.Shape, last, t.storage.elements)
	}
	return nil
}
