package gguf

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// What the reference writer wrote, we write in the same bytes.
func TestWriteReferenceFile(t *testing.T) {
	f := parseFile(t, "testdata/reference.gguf")
	var b bytes.Buffer
	if err := Write(&b, f.KVs, f.Tensors); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/reference.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("wrote %d bytes that differ from the reference's %d", b.Len(), len(want))
	}
}

func TestWriteEveryKind(t *testing.T) {
	kvs := []KeyValue{
		{"uint8", uint8(1)}, {"int8", int8(-1)}, {"uint16", uint16(1)}, {"int16", int16(-1)},
		{"uint32", uint32(1)}, {"int32", int32(-1)}, {"uint64", uint64(1)}, {"int64", int64(-1)},
		{"float32", float32(1.5)}, {"float64", -1.5}, {"bool", false}, {"string", "\x00\xff"},
		{"uint8s", []uint8{1, 2}}, {"int8s", []int8{-1}}, {"uint16s", []uint16{1}}, {"int16s", []int16{-1}},
		{"uint32s", []uint32{1}}, {"int32s", []int32{-1}}, {"uint64s", []uint64{1}}, {"int64s", []int64{-1}},
		{"float32s", []float32{1.5}}, {"float64s", []float64{-1.5}}, {"bools", []bool{true, false}},
		{"strings", []string{"", "a"}}, {"none", []string{}},
	}
	tensors := []Tensor{
		{Name: "odd", Type: Type(24), Shape: []int{3}, Data: []byte{1, 2, 3}},
		{Name: "number", Type: F32, Data: []byte{0, 0, 0, 1}},
		{Name: "matrix", Type: Q4_0, Shape: []int{2, 32}, Data: bytes.Repeat([]byte{7}, 36)},
	}
	var b bytes.Buffer
	if err := Write(&b, kvs, tensors); err != nil {
		t.Fatal(err)
	}
	f, err := Parse("written", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.KVs, kvs) {
		t.Errorf("keys are %#v", f.KVs)
	}
	for i, want := range tensors {
		got := f.Tensors[i]
		if got.Name != want.Name || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) || len(got.Shape) != len(want.Shape) {
			t.Errorf("tensor is %+v, want %+v", got, want)
		}
	}
	if b.Len()%32 != 0 {
		t.Errorf("%d bytes, not padded at the end", b.Len())
	}
}

func TestWriteRefuses(t *testing.T) {
	one := Tensor{Name: "t", Type: F32, Shape: []int{1}, Data: make([]byte, 4)}
	with := func(change func(*Tensor)) []Tensor { c := one; change(&c); return []Tensor{c} }
	tests := []struct {
		name    string
		kvs     []KeyValue
		tensors []Tensor
		want    string
	}{
		{"empty key", []KeyValue{{"", uint8(1)}}, nil, `cannot write key "": its name is empty`},
		{"key twice", []KeyValue{{"a", uint8(1)}, {"a", uint8(1)}}, nil, "it is given twice"},
		{"key not UTF-8", []KeyValue{{"\xff", uint8(1)}}, nil, "not valid UTF-8"},
		{"alignment", []KeyValue{{alignmentKey, uint32(64)}}, nil, "alignment of 32"},
		{"int", []KeyValue{{"a", 1}}, nil, `cannot write key "a": GGUF has no value of kind int`},
		{"nil", []KeyValue{{"a", nil}}, nil, "no value of kind <nil>"},
		{"nested", []KeyValue{{"a", [][]int32{{1}}}}, nil, "no value of kind [][]int32"},
		{"tensor twice", nil, []Tensor{one, one}, "it is given twice"},
		{"wrong size", nil, with(func(t *Tensor) { t.Data = t.Data[:3] }), "its 3 bytes of data are not the 4 that F32, shape [1], takes"},
		{"too many dimensions", nil, with(func(t *Tensor) { t.Shape = []int{1, 1, 1, 1, 1} }), "5 dimensions"},
		{"unknown type", nil, with(func(t *Tensor) { t.Type = 77 }), "type 77 is not a known tensor type"},
		{"long name", nil, with(func(t *Tensor) { t.Name = strings.Repeat("n", maxNameBytes+1) }), "at most 1024"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			err := Write(&b, test.kvs, test.tensors)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteReportsTheWriter(t *testing.T) {
	tensor := Tensor{Name: "t", Type: F32, Shape: []int{4096}, Data: make([]byte, 4*4096)}
	if err := Write(full{}, nil, []Tensor{tensor}); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}
