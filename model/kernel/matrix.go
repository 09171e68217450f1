package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// Matrix is a weight [Rows, Cols], row-major, in its stored type. Data may be a
// mapped file and need not be aligned.
type Matrix struct {
	Type       Type
	Rows, Cols int
	Data       []byte
}

// NewMatrix checks that data is exactly rows*cols elements of type t and that
// rows hold whole blocks.
func NewMatrix(t Type, rows, cols int, data []byte) (Matrix, error) {
	if !t.known() {
		return Matrix{}, fmt.Errorf("weight type %d is not one that can be multiplied", uint8(t))
	}
	if rows < 1 || cols < 1 {
		return Matrix{}, fmt.Errorf("a weight matrix of %d rows and %d columns is empty", rows, cols)
	}
	if cols%t.BlockSize() != 0 {
		return Matrix{}, fmt.Errorf("rows of %d columns don't hold whole %v blocks of %d", cols, t, t.BlockSize())
	}
	if cols > math.MaxInt/t.BlockBytes() || rows > math.MaxInt/t.RowBytes(cols) {
		return Matrix{}, fmt.Errorf("a weight matrix of %d rows and %d columns is too large for this machine", rows, cols)
	}
	if want := rows * t.RowBytes(cols); len(data) != want {
		return Matrix{}, fmt.Errorf("%d bytes of data are not the %d of a %v matrix [%d, %d]", len(data), want, t, rows, cols)
	}
	return Matrix{Type: t, Rows: rows, Cols: cols, Data: data}, nil
}

// FromFloat32 views data [rows, cols] as an F32 matrix; changes of data are
// changes of the matrix. Machines are taken to be little-endian, as the files
// are.
func FromFloat32(rows, cols int, data []float32) Matrix {
	if rows < 0 || cols < 0 || len(data) != rows*cols {
		panic(fmt.Sprintf("kernel: %d floats are not a matrix [%d, %d]", len(data), rows, cols))
	}
	return Matrix{Type: F32, Rows: rows, Cols: cols, Data: floatBytes(data)}
}

// floatBytes views floats as the bytes they are.
func floatBytes(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// DecodeRow dequantises one row to dst [Cols], bit-equal to the reference
// dequantisers of the Python package gguf.
func (m Matrix) DecodeRow(dst []float32, row int) {
	m.check()
	if len(dst) != m.Cols {
		panic(fmt.Sprintf("kernel: a row of %d columns doesn't fit into %d floats", m.Cols, len(dst)))
	}
	active.decode(m.Type, dst, m.rows(row, row+1))
}

// rows is the stored bytes of rows lo..hi-1.
func (m Matrix) rows(lo, hi int) []byte {
	n := m.Type.RowBytes(m.Cols)
	return m.Data[lo*n : hi*n]
}

// check panics unless Data holds the matrix: callers may build a Matrix by
// hand, and assembly trusts its sizes.
func (m Matrix) check() {
	if !m.Type.known() || m.Rows < 0 || m.Cols < 0 || m.Cols%m.Type.BlockSize() != 0 ||
		len(m.Data) != m.Rows*m.Type.RowBytes(m.Cols) {
		panic(fmt.Sprintf("kernel: %d bytes of data are not a %v matrix [%d, %d]", len(m.Data), m.Type, m.Rows, m.Cols))
	}
}
