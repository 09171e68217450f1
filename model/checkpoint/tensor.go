package checkpoint

import (
	"fmt"
	"math"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/kernel"
)

// Tensor is one stored weight.
type Tensor struct {
	Name string
	// DType is the stored type: "F32", "BF16", "Q8_0", ...
	DType string
	// Shape is row-major: [rows, columns] for a matrix.
	Shape []int
	// Data is a view of the mapped file, which need not be aligned.
	Data []byte
	// File is the path of the file, and Offset where in it Data begins.
	File   string
	Offset int64
}

// Matrix returns a two-dimensional weight as a kernel matrix over the mapped file.
func (t Tensor) Matrix() (kernel.Matrix, error) {
	if len(t.Shape) != 2 {
		return kernel.Matrix{}, fmt.Errorf("%s: tensor %s has shape %v, where a matrix is expected", t.File, badfile.Quote(t.Name), t.Shape)
	}
	return t.matrix(t.Shape[0], t.Shape[1])
}

func (t Tensor) matrix(rows, cols int) (kernel.Matrix, error) {
	stored, ok := kernel.ParseType(t.DType)
	if !ok {
		return kernel.Matrix{}, fmt.Errorf("%s: tensor %s is stored as %q, which is not supported: supported are %s", t.File, badfile.Quote(t.Name), t.DType, supported())
	}
	m, err := kernel.NewMatrix(stored, rows, cols, t.Data)
	if err != nil {
		return kernel.Matrix{}, fmt.Errorf("%s: tensor %s: %w", t.File, badfile.Quote(t.Name), err)
	}
	return m, nil
}

// supported lists the types that kernels multiply.
func supported() string {
	var names []string
	for t := kernel.Type(0); ; t++ {
		if _, ok := kernel.ParseType(t.String()); !ok {
			return strings.Join(names, ", ")
		}
		names = append(names, t.String())
	}
}

// Float32s decodes a weight of any shape into a new slice, row by row. It is meant for norms and
// biases, and refuses NaN and infinity.
func (t Tensor) Float32s() ([]float32, error) {
	rows, cols := 1, 1
	for i, d := range t.Shape {
		if i == len(t.Shape)-1 {
			cols = d
		} else {
			rows *= d
		}
	}
	m, err := t.matrix(rows, cols)
	if err != nil {
		return nil, err
	}
	values := make([]float32, rows*cols)
	err = whileMapped(t.File, func() error {
		for r := range rows {
			m.DecodeRow(values[r*cols:(r+1)*cols], r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("%s: tensor %s holds %v at index %d", t.File, badfile.Quote(t.Name), v, i)
		}
	}
	return values, nil
}
