package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tiller/model/checkpoint/badfile"
)

// testdata/reference.safetensors is written by model/checkpoint/testdata/make_fixtures.py.
func TestParseReferenceFile(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("reference", data)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"format": "np", "Grüße": "a \"quoted\" <value>\n"}; !maps.Equal(f.Metadata, want) {
		t.Errorf("metadata is %q", f.Metadata)
	}
	tests := []struct {
		name, dtype string
		shape       []int
		bytes       int
	}{
		{"scalar", "I64", []int{}, 8},
		{"empty", "F32", []int{0, 4}, 0},
		{"matrix", "F32", []int{2, 3}, 24},
		{"half", "F16", []int{3}, 6},
	}
	if len(f.Tensors) != len(tests) {
		t.Errorf("%d tensors", len(f.Tensors))
	}
	for _, test := range tests {
		tensor, ok := f.Tensor(test.name)
		if !ok || tensor.DType != test.dtype || !reflect.DeepEqual(tensor.Shape, test.shape) || len(tensor.Data) != test.bytes {
			t.Errorf("%s is %+v", test.name, tensor)
		}
		if !bytes.Equal(data[tensor.Offset:][:len(tensor.Data)], tensor.Data) {
			t.Errorf("%s is not at its offset %d", test.name, tensor.Offset)
		}
	}
	if half, _ := f.Tensor("half"); !bytes.Equal(half.Data, []byte{0x00, 0x3e, 0x00, 0xc1, 0x00, 0x34}) {
		t.Errorf("half holds %x", half.Data)
	}
	var b bytes.Buffer
	if err := Write(&b, f.Metadata, f.Tensors); err != nil {
		t.Fatal(err)
	}
	second, err := Parse("again", b.Bytes())
	if err != nil || !reflect.DeepEqual(second.Metadata, f.Metadata) || len(second.Tensors) != len(f.Tensors) {
		t.Errorf("written and parsed again: %+v, %v", second, err)
	}
}

// file makes a safetensors file of this header and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func TestParseRefuses(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "ends here, inside the 8 bytes"},
		{"length only", []byte("\x10\x00\x00\x00\x00\x00\x00\x00"), "given as 16 bytes, and the file has 0 after the length"},
		{"length 2^60", append([]byte("\x00\x00\x00\x00\x00\x00\x00\x10"), '{'), "given as 1152921504606846976 bytes, and at most 100000000"},
		{"length 2^63", append([]byte("\x00\x00\x00\x00\x00\x00\x00\x80"), '{'), "at most 100000000"},
		{"length 0", file("", 8), `does not begin with "{"`},
		{"an array", file("[]", 0), `does not begin with "{" but with "["`},
		{"broken JSON", file(`{"a":}`, 0), "the JSON is broken"},
		{"unfinished JSON", file(`{"a"`, 0), "the JSON ends inside it"},
		{"text after the object", file(`{} x`, 0), "something other than spaces follows"},
		{"second object", file(`{}{}`, 0), "something other than spaces follows"},
		{"not UTF-8", file("{\"a\xff\":1}", 0), "byte 3 is not valid UTF-8"},
		{"tensor twice", file("{"+a+","+a+"}", 8), `the name "a" stands twice`},
		{"field twice", file(`{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), `tensor "a" (byte 35): the name "dtype" stands twice`},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, 0), "stands twice"},
		{"metadata key twice", file(`{"__metadata__":{"k":"1","k":"2"}}`, 0), `__metadata__ (byte 36): the name "k" stands twice`},
		{"metadata number", file(`{"__metadata__":{"k":1}}`, 0), `a string is expected where it has "1"`},
		{"metadata list", file(`{"__metadata__":[]}`, 0), `"{" is expected where it has "["`},
		{"tensor null", file(`{"a":null}`, 0), `"{" is expected where it has null`},
		{"long name", file(`{"`+strings.Repeat("x", 1<<16)+`":1}`, 0), `tensor "` + strings.Repeat("x", 100) + `…" (byte`},
		{"long field", file(`{"a":{"`+strings.Repeat("x", 1<<16)+`":1}}`, 0), `in its field "` + strings.Repeat("x", 100) + `…", safetensors`},
		{"long dtype", file(`{"a":{"dtype":"`+strings.Repeat("x", 1<<16)+`","shape":[2],"data_offsets":[0,8]}}`, 8), `its type "` + strings.Repeat("x", 100) + `…" is not`},
		{"empty name", file(`{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), `tensor "" (byte 59): its name is empty`},
		{"missing dtype", file(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, 8), `one of its fields "dtype", "shape" and "data_offsets" is missing`},
		{"missing shape", file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), "is missing"},
		{"missing offsets", file(`{"a":{"dtype":"F32","shape":[2]}}`, 8), "is missing"},
		{"unknown field", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), `in its field "x", safetensors has no such field`},
		{"dtype number", file(`{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}`, 8), `in its field "dtype", a string is expected`},
		{"unknown dtype", file(`{"a":{"dtype":"Q4_K","shape":[2],"data_offsets":[0,8]}}`, 8), `its type "Q4_K" is not one that safetensors has`},
		{"fraction", file(`{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, 8), `in its field "shape", a whole number from 0 to 2^62-1 is expected where it has "2.0"`},
		{"negative", file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), `where it has "-2"`},
		{"huge number", file(`{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}`, 8), "where it has"},
		{"shape as text", file(`{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}`, 8), "a whole number"},
		{"nested shape", file(`{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}`, 8), "a whole number"},
		{"many dimensions", file(`{"a":{"dtype":"F32","shape":[`+strings.Repeat("1,", 16)+`1],"data_offsets":[0,4]}}`, 4), "a list has more than 16 numbers"},
		{"product overflows", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "more elements than any file could hold"},
		{"overflow to nothing", file(`{"a":{"dtype":"F32","shape":[4611686018427387903,4],"data_offsets":[0,0]}}`, 0), "more elements than any file could hold"},
		{"half bytes", file(`{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}`, 2), "do not fill whole bytes"},
		{"wrong byte count", file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "its data_offsets hold 8 bytes, and F32, shape [3], takes 12"},
		{"one offset", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, 8), "its data_offsets [8] are not a beginning and an end"},
		{"three offsets", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, 8), "a list has more than 2 numbers"},
		{"offsets reversed", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "are not a beginning and an end"},
		{"beyond the file", file("{"+a+"}", 7), "its data ends at byte 8 of the data section, which has 7: the file may be cut short"},
		{"left over", file("{"+a+"}", 9), "data section (byte 70): 1 bytes at the end belong to no tensor"},
		{"data but no tensors", file("{}", 1), "1 bytes at the end belong to no tensor"},
		{"hole at the start", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), "leaving a hole from byte 0"},
		{"hole between", file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3), `tensor "b" (byte 64): its data begins at byte 2 of the data section, leaving a hole from byte 1`},
		{"overlap", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3), `its data overlaps that of tensor "a"`},
		{"same place", file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2), "overlaps"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("m.safetensors", test.file)
			var placed *badfile.Error
			if !errors.As(err, &placed) || !strings.HasPrefix(err.Error(), "m.safetensors: ") || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

func TestParseTruncated(t *testing.T) {
	whole, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if _, err := Parse("cut", whole[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes, it is taken for whole", n, len(whole))
		}
	}
}

func TestParseAllocatesLittle(t *testing.T) {
	data := file(`{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}`, 8)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Parse("m", data); err == nil {
		t.Error("no error")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
		t.Errorf("%d bytes allocated", used)
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	tensors := []Tensor{
		{Name: "b", DType: "F32", Shape: []int{1}, Data: []byte{1, 2, 3, 4}},
		{Name: "wide", DType: "F64", Shape: []int{1}, Data: make([]byte, 8)},
		{Name: "a", DType: "F32", Data: []byte{5, 6, 7, 8}},
		{Name: "<&\u2028", DType: "U8", Shape: []int{2, 0}},
	}
	metadata := map[string]string{"z": "1", "a": "\x1b[0m", "k": ""}
	var first bytes.Buffer
	if err := Write(&first, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	tensors[0], tensors[2] = tensors[2], tensors[0]
	var second bytes.Buffer
	if err := Write(&second, metadata, tensors); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("another order of the same tensors gives other bytes")
	}
	f, err := Parse("written", first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tensor := range f.Tensors {
		names = append(names, tensor.Name)
	}
	if fmt.Sprintf("%q", names) != `["wide" "a" "b" "<&\u2028"]` || !maps.Equal(f.Metadata, metadata) {
		t.Errorf("names %q, metadata %q", names, f.Metadata)
	}
	if f.HeaderSize%8 != 0 {
		t.Errorf("data begins at byte %d", f.HeaderSize)
	}
}

func TestWriteRefuses(t *testing.T) {
	one := Tensor{Name: "t", DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}
	with := func(change func(*Tensor)) []Tensor { c := one; change(&c); return []Tensor{c} }
	tests := []struct {
		name     string
		metadata map[string]string
		tensors  []Tensor
		want     string
	}{
		{"metadata key", map[string]string{"\xff": ""}, nil, "not valid UTF-8"},
		{"metadata value", map[string]string{"k": "\xff"}, nil, `cannot write metadata key "k"`},
		{"twice", nil, []Tensor{one, one}, `cannot write tensor "t": it is given twice`},
		{"empty name", nil, with(func(t *Tensor) { t.Name = "" }), "its name is empty"},
		{"reserved name", nil, with(func(t *Tensor) { t.Name = "__metadata__" }), "reserved"},
		{"name not UTF-8", nil, with(func(t *Tensor) { t.Name = "\xff" }), "not valid UTF-8"},
		{"unknown type", nil, with(func(t *Tensor) { t.DType = "Q8_0" }), `its type "Q8_0"`},
		{"wrong size", nil, with(func(t *Tensor) { t.Data = nil }), "its 0 bytes of data are not the 4 that F32, shape [1], takes"},
		{"negative", nil, with(func(t *Tensor) { t.Shape = []int{-1} }), "below 0"},
		{"dimensions", nil, with(func(t *Tensor) { t.Shape = make([]int, 17) }), "17 dimensions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			err := Write(&b, test.metadata, test.tensors)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written", b.Len())
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	reference, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reference)
	f.Add(file(`{"__metadata__":{"k":"v"},"a":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}`, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := Parse("fuzz", data)
		if err != nil {
			var placed *badfile.Error
			if !errors.As(err, &placed) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q of type %T", err, err)
			}
			return
		}
		for _, tensor := range parsed.Tensors {
			if !bytes.Equal(tensor.Data, data[tensor.Offset:][:len(tensor.Data)]) {
				t.Fatalf("tensor %q is not where it says", tensor.Name)
			}
		}
		again(t, parsed)
	})
}

// again writes what was parsed and parses that.
func again(t *testing.T, parsed *File) {
	var b bytes.Buffer
	if err := Write(&b, parsed.Metadata, parsed.Tensors); err != nil {
		t.Fatalf("what was parsed can't be written: %v", err)
	}
	second, err := Parse("again", b.Bytes())
	if err != nil {
		t.Fatalf("what was written can't be parsed: %v", err)
	}
	if !maps.Equal(second.Metadata, parsed.Metadata) || len(second.Tensors) != len(parsed.Tensors) {
		t.Fatalf("%+v became %+v", parsed, second)
	}
	for _, tensor := range parsed.Tensors {
		other, ok := second.Tensor(tensor.Name)
		if !ok || tensor.DType != other.DType || !reflect.DeepEqual(tensor.Shape, other.Shape) || !bytes.Equal(tensor.Data, other.Data) {
			t.Fatalf("tensor %+v became %+v", tensor, other)
		}
	}
}
