// Package floats decodes stored floating-point numbers of the types that vector files use.
package floats

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"tiller/model/kernel"
)

// Size is the number of bytes of one number of a type: F16, BF16, F32 or F64. It is 0 for others.
func Size(dtype string) int {
	return map[string]int{"F16": 2, "BF16": 2, "F32": 4, "F64": 8}[dtype]
}

// believed is how many numbers a file has to have before it is believed to have as many as it says.
const believed = 1 << 22

// Grow makes room for n numbers in all once values holds enough of them that what the file says of
// its length may be true. Before, they grow as they come.
func Grow(values []float32, n int) []float32 {
	if len(values) < believed || len(values) >= n {
		return values
	}
	return slices.Grow(values, n-len(values))
}

// Append decodes little-endian numbers of a type with a Size, of which b holds whole ones, and
// appends them to values. F64 is rounded to float32; what is too large becomes infinite.
func Append(values []float32, dtype string, b []byte) ([]float32, error) {
	if dtype == "F64" {
		for ; len(b) >= 8; b = b[8:] {
			values = append(values, float32(math.Float64frombits(binary.LittleEndian.Uint64(b))))
		}
		return values, nil
	}
	stored, ok := kernel.ParseType(dtype)
	if !ok || Size(dtype) == 0 {
		return nil, fmt.Errorf("%q is not a type of floating-point numbers that can be read", dtype)
	}
	n := len(b) / Size(dtype)
	if n == 0 {
		return values, nil
	}
	row, err := kernel.NewMatrix(stored, 1, n, b[:n*Size(dtype)])
	if err != nil {
		return nil, err
	}
	start := len(values)
	values = append(values, make([]float32, n)...)
	row.DecodeRow(values[start:], 0)
	return values, nil
}
