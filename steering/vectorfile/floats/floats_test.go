package floats

import (
	"math"
	"slices"
	"testing"
)

func TestAppend(t *testing.T) {
	tests := []struct {
		dtype string
		bytes []byte
		want  []float32
	}{
		{"F16", []byte{0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc}, []float32{1, 0x1p-24, float32(math.Inf(-1))}},
		{"BF16", []byte{0x80, 0x3f, 0x40, 0xc0}, []float32{1, -3}},
		{"F32", []byte{0, 0, 0x80, 0x3f, 1, 0, 0, 0}, []float32{1, math.SmallestNonzeroFloat32}},
		{"F64", []byte{0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0, 0, 0, 0, 0, 0, 0xf0, 0x7e}, []float32{0.1, float32(math.Inf(1))}},
		{"F32", nil, nil},
	}
	for _, test := range tests {
		got, err := Append([]float32{7}, test.dtype, test.bytes)
		if err != nil || !slices.Equal(got, append([]float32{7}, test.want...)) {
			t.Errorf("%s: %v, %v; want %v", test.dtype, got, err, test.want)
		}
		if n := len(test.want); n > 0 && Size(test.dtype) != len(test.bytes)/n {
			t.Errorf("%s has size %d", test.dtype, Size(test.dtype))
		}
	}
	for _, dtype := range []string{"Q8_0", "I32", ""} {
		if _, err := Append(nil, dtype, make([]byte, 34)); err == nil || Size(dtype) != 0 {
			t.Errorf("%q was read, or has size %d", dtype, Size(dtype))
		}
	}
}

func TestGrow(t *testing.T) {
	if got := Grow(make([]float32, 10), 1<<40); cap(got) > 100 {
		t.Errorf("10 numbers make room for %d", cap(got))
	}
	if got := Grow(make([]float32, believed), believed+1<<20); len(got) != believed || cap(got) < believed+1<<20 {
		t.Errorf("%d numbers with room for %d", len(got), cap(got))
	}
	if got := Grow(make([]float32, believed), 5); len(got) != believed {
		t.Errorf("%d numbers are left", len(got))
	}
}
