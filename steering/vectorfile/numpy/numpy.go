// Package numpy reads arrays of floating-point numbers from NumPy's .npy files and .npz
// archives. The format of .npy is that of numpy.lib.format
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3; an
// .npz is a zip archive of them. Arrays of Python objects, which are pickles, are refused.
package numpy

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/vectorfile/floats"
)

// MaxElements bounds how many numbers are read from one array.
const MaxElements = 1 << 26

// maxHeader bounds the length of a header, which takes about a hundred bytes.
const maxHeader = 1 << 14

// Header says what an array holds.
type Header struct {
	// DType is F16, F32 or F64.
	DType string
	// Shape has at most four dimensions; together they are at most 2^48 elements.
	Shape []int
	// Fortran is set if the first index varies fastest.
	Fortran bool

	big  bool // big-endian
	name string
	at   int64 // where the numbers begin
}

// ReadHeader reads up to where the array's numbers begin. The name is used in errors.
func ReadHeader(name string, r io.Reader) (Header, error) {
	h := Header{name: name}
	start := make([]byte, 12)
	if _, err := io.ReadFull(r, start[:10]); err != nil {
		return h, h.fail(0, "it ends inside the first 10 bytes of an .npy file")
	}
	if string(start[:6]) != "\x93NUMPY" {
		return h, h.fail(0, "it begins with %q, where an .npy file begins with %q", start[:6], "\x93NUMPY")
	}
	length := int(binary.LittleEndian.Uint16(start[8:]))
	h.at = 10
	switch start[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return h, h.fail(10, "it ends inside the header's length")
		}
		h.at = 12
		length = int(binary.LittleEndian.Uint32(start[8:]))
	default:
		return h, h.fail(6, "it is of format version %d, and versions 1 to 3 can be read", start[6])
	}
	if length > maxHeader {
		return h, h.fail(8, "its header is said to have %d bytes, and at most %d are read", length, maxHeader)
	}
	text := make([]byte, length)
	if n, err := io.ReadFull(r, text); err != nil {
		return h, h.fail(h.at+int64(n), "it ends inside its header")
	}
	if err := h.parse(text); err != nil {
		return h, err
	}
	h.at += int64(length)
	return h, nil
}

func (h *Header) fail(at int64, format string, args ...any) error {
	return &badfile.Error{File: h.name, Where: "NumPy array", Offset: at, Problem: fmt.Sprintf(format, args...)}
}

// Elements is the number of elements.
func (h *Header) Elements() int64 {
	n := int64(1)
	for _, d := range h.Shape {
		n *= int64(d)
	}
	return n
}

// itemSize is the number of bytes of an element.
func (h *Header) itemSize() int { return floats.Size(h.DType) }

// Read reads all numbers, in the order of the last index varying fastest whatever the file's;
// r is where ReadHeader left it. Float64 numbers are rounded to float32.
func (h *Header) Read(r io.Reader) ([]float32, error) {
	elements := h.Elements()
	if elements > MaxElements {
		return nil, h.fail(h.at, "its shape %v is of %d elements, and at most %d are read", h.Shape, elements, MaxElements)
	}
	values, err := h.floats(r, int(elements), h.at)
	if err != nil || !h.Fortran {
		return values, err
	}
	return transposed(values, h.Shape), nil
}

// ReadRow reads the numbers of one index of the first of two dimensions, as Read does.
func (h *Header) ReadRow(r io.Reader, row int) ([]float32, error) {
	if len(h.Shape) != 2 || row < 0 || row >= h.Shape[0] {
		return nil, h.fail(h.at, "its shape %v has no row %d", h.Shape, row)
	}
	columns := h.Shape[1]
	if columns > MaxElements {
		return nil, h.fail(h.at, "its rows have %d elements, and at most %d are read", columns, MaxElements)
	}
	if !h.Fortran {
		skip := int64(row) * int64(columns) * int64(h.itemSize())
		if err := h.skip(r, skip, h.at); err != nil {
			return nil, err
		}
		return h.floats(r, columns, h.at+skip)
	}
	var values []float32
	at := h.at
	for column := range columns {
		before := int64(row) // of this column
		if column > 0 {
			before = int64(h.Shape[0]) - 1
		}
		if err := h.skip(r, before*int64(h.itemSize()), at); err != nil {
			return nil, err
		}
		at += before * int64(h.itemSize())
		value, err := h.floats(r, 1, at)
		if err != nil {
			return nil, err
		}
		at += int64(h.itemSize())
		values = append(values, value[0])
	}
	return values, nil
}

func (h *Header) skip(r io.Reader, n, at int64) error {
	skipped, err := io.CopyN(io.Discard, r, n)
	return h.short(err, at+skipped)
}

// short says so if the numbers end too early.
func (h *Header) short(err error, at int64) error {
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		return h.fail(at, "it ends here, where an array of shape %v and type %s goes on: the file may be cut short", h.Shape, h.DType)
	}
	return fmt.Errorf("cannot read %s: %w", h.name, err)
}

// floats reads so many numbers in the order of the file. What it makes room for follows what the
// file has, since the header may lie.
func (h *Header) floats(r io.Reader, n int, at int64) ([]float32, error) {
	const chunk = 1 << 14
	size := h.itemSize()
	buffer := make([]byte, min(n, chunk)*size)
	values := make([]float32, 0, min(n, chunk))
	for len(values) < n {
		part := buffer[:min(n-len(values), chunk)*size]
		got, err := io.ReadFull(r, part)
		if err := h.short(err, at+int64(len(values)*size+got)); err != nil {
			return nil, err
		}
		if h.big {
			swap(part, size)
		}
		if values, err = floats.Append(floats.Grow(values, n), h.DType, part); err != nil {
			return nil, h.fail(at, "%v", err)
		}
	}
	return values, nil
}

// swap turns big-endian numbers of this many bytes into little-endian ones.
func swap(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		slices.Reverse(b[:size])
	}
}

// transposed puts numbers whose first index varies fastest into the order in which the last does.
func transposed(values []float32, shape []int) []float32 {
	out := make([]float32, len(values))
	index := make([]int, len(shape))
	for i := range out {
		from, stride := 0, 1
		for d, n := range shape {
			from += index[d] * stride
			stride *= n
		}
		out[i] = values[from]
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}
