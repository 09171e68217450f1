package gguf

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestLookups(t *testing.T) {
	var b bytes.Buffer
	err := Write(&b, []KeyValue{
		{"u8", uint8(7)}, {"u64", uint64(math.MaxUint64)}, {"i32", int32(9)}, {"negative", int64(-1)},
		{"f32", float32(0.5)}, {"f64", 0.25}, {"text", "x"}, {"flag", true},
		{"texts", []string{"a"}}, {"f32s", []float32{1}}, {"f64s", []float64{2}},
		{"i8s", []int8{-1}}, {"u64s", []uint64{1}}, {"large", []uint64{0, 1 << 63}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("keys.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		key  string
		as   string
		call func(string) (any, bool, error)
		want string // the value, "none", or part of the error
	}{
		{"u8", "uint", three(f.Uint), "7"},
		{"u64", "uint", three(f.Uint), "18446744073709551615"},
		{"i32", "uint", three(f.Uint), "9"},
		{"negative", "uint", three(f.Uint), `keys.gguf: key "negative" is -1`},
		{"f32", "uint", three(f.Uint), `keys.gguf: key "f32" holds a value of kind float32, where a whole number is expected`},
		{"missing", "uint", three(f.Uint), "none"},
		{"f32", "float", three(f.Float), "0.5"},
		{"f64", "float", three(f.Float), "0.25"},
		{"u8", "float", three(f.Float), "floating-point number is expected"},
		{"missing", "float", three(f.Float), "none"},
		{"text", "text", three(f.Text), "x"},
		{"flag", "text", three(f.Text), "a string is expected"},
		{"missing", "text", three(f.Text), "none"},
		{"flag", "flag", three(f.Flag), "true"},
		{"text", "flag", three(f.Flag), "a boolean is expected"},
		{"texts", "texts", three(f.Texts), "[a]"},
		{"text", "texts", three(f.Texts), "array of strings is expected"},
		{"f32s", "floats", three(f.Floats), "[1]"},
		{"f64s", "floats", three(f.Floats), "[2]"},
		{"i8s", "floats", three(f.Floats), "array of floating-point numbers is expected"},
		{"missing", "floats", three(f.Floats), "none"},
		{"i8s", "ints", three(f.Ints), "[-1]"},
		{"u64s", "ints", three(f.Ints), "[1]"},
		{"large", "ints", three(f.Ints), "has 9223372036854775808 at index 1"},
		{"text", "ints", three(f.Ints), "array of whole numbers is expected"},
		{"missing", "ints", three(f.Ints), "none"},
	}
	for _, test := range tests {
		value, ok, err := test.call(test.key)
		got := fmt.Sprint(value)
		if err != nil {
			got = err.Error()
		} else if !ok {
			got = "none"
		}
		if !strings.Contains(got, test.want) || (err == nil && got != test.want) {
			t.Errorf("%s as %s: %s, want %s", test.key, test.as, got, test.want)
		}
	}
}

func three[T any](call func(string) (T, bool, error)) func(string) (any, bool, error) {
	return func(key string) (any, bool, error) {
		v, ok, err := call(key)
		return v, ok, err
	}
}
