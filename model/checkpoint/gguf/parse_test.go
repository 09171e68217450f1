package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tiller/model/checkpoint/badfile"
)

// testdata/reference.gguf is written by model/checkpoint/testdata/make_fixtures.py.
func TestParseReferenceFile(t *testing.T) {
	f := parseFile(t, "testdata/reference.gguf")
	want := map[string]any{
		"general.architecture": "test",
		"a.uint8":              uint8(255), "a.int8": int8(-128), "a.uint16": uint16(65535), "a.int16": int16(-32768),
		"a.uint32": uint32(4294967295), "a.int32": int32(-2147483648),
		"a.uint64": uint64(18446744073709551615), "a.int64": int64(-9223372036854775808),
		"a.float32": float32(0.1), "a.float64": 0.1, "a.bool": true, "a.string": "Grüße\n",
		"a.strings": []string{"", "one", "▁two"}, "a.ints": []int32{1, -2, 3},
		"a.floats": []float32{0.5, -1.5}, "a.bools": []bool{true, false},
	}
	if len(f.KVs) != len(want) {
		t.Errorf("%d keys, want %d", len(f.KVs), len(want))
	}
	for key, value := range want {
		if got, ok := f.Lookup(key); !ok || !reflect.DeepEqual(got, value) {
			t.Errorf("%s = %#v, %v, want %#v", key, got, ok, value)
		}
	}
	if f.Version != 3 || f.Alignment != 32 {
		t.Errorf("version %d, alignment %d", f.Version, f.Alignment)
	}
	matrix, _ := f.Tensor("matrix")
	if matrix.Type != F32 || !reflect.DeepEqual(matrix.Shape, []int{2, 3}) || matrix.Data[4*5+3] != 0x40 {
		t.Errorf("matrix is %+v", matrix)
	}
	vector, _ := f.Tensor("vector")
	if vector.Type != F16 || !bytes.Equal(vector.Data, []byte{0x00, 0x3e, 0x00, 0xc1}) || vector.Offset%32 != 0 {
		t.Errorf("vector is %+v", vector)
	}
	if _, ok := f.Tensor("none"); ok {
		t.Error("found a tensor that isn't there")
	}
}

func parseFile(t *testing.T, path string) *File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// raw builds files that Write would not.
type raw struct{ encoder }

// start begins a file of version 3 that claims so many tensors and keys.
func start(tensors, keys uint64) *raw {
	r := &raw{}
	r.bytes = []byte("GGUF")
	r.uint32(3)
	r.uint64(tensors)
	r.uint64(keys)
	return r
}

func (r *raw) key(name string, value any) *raw {
	r.text(name)
	if err := r.value(value); err != nil {
		panic(err)
	}
	return r
}

func (r *raw) tensor(name string, kind Type, offset uint64, dims ...uint64) *raw {
	r.text(name)
	r.uint32(uint32(len(dims)))
	for _, d := range dims {
		r.uint64(d)
	}
	r.uint32(uint32(kind))
	r.uint64(offset)
	return r
}

func (r *raw) numbers(u32 ...uint32) *raw {
	for _, v := range u32 {
		r.uint32(v)
	}
	return r
}

// data pads the header and appends n bytes.
func (r *raw) data(n int) []byte {
	r.pad()
	return append(r.bytes, make([]byte, n)...)
}

func TestParseRefuses(t *testing.T) {
	long := func(r *raw, n uint64) *raw { r.uint64(n); return r }
	name := func(r *raw, s string) *raw { r.text(s); return r }
	tests := []struct {
		name string
		file []byte
		want string // in the error
	}{
		{"empty", nil, `does not begin with "GGUF" but with ""`},
		{"other magic", []byte("GGML0000000000000000000000"), `but with "GGML"`},
		{"magic only", []byte("GGUF"), "ends here, inside its 24-byte header"},
		{"version 1", append([]byte("GGUF\x01\x00\x00\x00"), make([]byte, 16)...), "GGUF version 1"},
		{"version 4", append([]byte("GGUF\x04\x00\x00\x00"), make([]byte, 16)...), "GGUF version 4"},
		{"big-endian", append([]byte("GGUF\x00\x00\x00\x03"), make([]byte, 16)...), "big-endian"},
		{"2^60 tensors", start(1<<60, 0).bytes, "claims 1152921504606846976 tensors, and one of 24 bytes can have at most 0"},
		{"2^60 keys", start(0, 1<<60).bytes, "claims 1152921504606846976 keys"},
		{"key of 2^40 bytes", long(start(0, 1), 1<<40).data(64), "key 1 of 1 (byte 24): its name claims 1099511627776 bytes"},
		{"key longer than the file", long(start(0, 1), 60000).data(64), "a string of 60000 bytes is claimed"},
		{"empty key", start(0, 1).key("", uint8(1)).data(0), "key 1 of 1 (byte 24): its name is empty"},
		{"key not UTF-8", start(0, 1).key("a\xff", uint8(1)).data(0), `its name "a\xff" is not valid UTF-8`},
		{"long key not UTF-8", start(0, 1).key(strings.Repeat("x", 60000)+"\xff", uint8(1)).data(0), `its name "` + strings.Repeat("x", 100) + `…" is not valid UTF-8`},
		{"long key twice", start(0, 2).key(strings.Repeat("x", 60000), uint8(1)).key(strings.Repeat("x", 60000), uint8(1)).data(0), `key "` + strings.Repeat("x", 100) + `…" (byte 60037): it stands twice`},
		{"key twice", start(0, 2).key("a", uint8(1)).key("a", uint8(1)).data(0), `key "a" (byte 38): it stands twice, as key 1 and key 2`},
		{"unknown kind", name(start(0, 1), "a").numbers(13, 0, 0).bytes, `key "a" (byte 33): its value kind 13`},
		{"string of 2^40 bytes", long(name(start(0, 1), "a").numbers(8), 1<<40).data(64), `key "a" (byte 33): a string of 1099511627776 bytes is claimed`},
		{"bool 2", append(name(start(0, 1), "a").numbers(7).bytes, 2), "its boolean is stored as 2"},
		{"array of 2^40 numbers", long(name(start(0, 1), "a").numbers(9, 4), 1<<40).data(64), "its array claims 1099511627776 elements of kind uint32"},
		{"array of 2^61 numbers", long(name(start(0, 1), "a").numbers(9, 4), 1<<61).data(64), "its array claims 2305843009213693952 elements"},
		{"array of 2^63 strings", long(name(start(0, 1), "a").numbers(9, 8), 1<<63).data(64), "elements of kind string"},
		{"array of unknown kind", long(name(start(0, 1), "a").numbers(9, 99), 0).data(64), "element kind 99"},
		{"nested array", long(name(start(0, 1), "a").numbers(9, 9), 1).data(64), "an array of arrays"},
		{"too long a string in an array", long(long(name(start(0, 1), "a").numbers(9, 8), 2), 1<<40).data(64), "string 0 of its array: a string of 1099511627776 bytes"},
		{"bool 2 in an array", append(long(name(start(0, 1), "a").numbers(9, 7), 2).bytes, 1, 2), "boolean 1 of its array is stored as 2"},
		{"alignment 0", start(0, 1).key(alignmentKey, uint32(0)).bytes, "an alignment of 0"},
		{"alignment 24", start(0, 1).key(alignmentKey, uint32(24)).bytes, "an alignment of 24"},
		{"alignment 2^31", start(0, 1).key(alignmentKey, uint32(1<<31)).bytes, "an alignment of 2147483648"},
		{"alignment as text", start(0, 1).key(alignmentKey, "32").bytes, `key "general.alignment" (byte 49): its value is of kind string`},
		{"tensor without a name", start(1, 0).tensor("", F32, 0, 8).data(32), "tensor 1 of 1 (byte 24): its name is empty"},
		{"tensor not UTF-8", start(1, 0).tensor("\x80", F32, 0, 8).data(32), "is not valid UTF-8"},
		{"tensor twice", start(2, 0).tensor("a", F32, 0, 8).tensor("a", F32, 32, 8).data(64), `tensor "a" (byte 57): it stands twice`},
		{"five dimensions", start(1, 0).tensor("a", F32, 0, 1, 1, 1, 1, 1).data(32), "it has 5 dimensions"},
		{"dimension 0", start(1, 0).tensor("a", F32, 0, 8, 0).data(32), "its shape [0 8] has a dimension below 1"},
		{"dimension 2^63", start(1, 0).tensor("a", F32, 0, 1<<63).data(32), "its dimension 0 is 9223372036854775808"},
		{"product overflows", start(1, 0).tensor("a", F32, 0, 1<<32, 1<<32).data(32), "more elements than any file could hold"},
		{"product overflows to little", start(1, 0).tensor("a", F32, 0, 1<<62, 4).data(32), "more elements than any file could hold"},
		{"unknown type", start(1, 0).tensor("a", 99, 0, 8).data(32), `tensor "a" (byte 64): its type 99 is not a known tensor type`},
		{"removed type", start(1, 0).tensor("a", 4, 0, 32).data(32), "its type 4 is not a known tensor type"},
		{"rows not whole blocks", start(1, 0).tensor("a", Q8_0, 0, 48, 2).data(128), "its rows of 48 elements do not divide into Q8_0 blocks of 32"},
		{"misaligned", start(1, 0).tensor("a", F32, 8, 8).data(64), "its offset 8 is not a multiple of the file's alignment 32"},
		{"offset beyond the file", start(1, 0).tensor("a", F32, 1<<40, 8).data(32), "its data would begin at byte 1099511627776"},
		{"offset 2^63", start(1, 0).tensor("a", F32, 1<<63, 8).data(32), "its data would begin at byte 9223372036854775808"},
		{"data cut short", start(1, 0).tensor("a", F32, 0, 9).data(35), "its 36 bytes of F32, shape [9], go beyond the end of the file, which has 35 bytes from there on"},
		{"no data at all", start(1, 0).tensor("a", F32, 0, 9).bytes, "go beyond the end of the file, which has 0 bytes"},
		{"overlap", start(2, 0).tensor("a", F32, 0, 9).tensor("b", F32, 32, 8).data(96), `tensor "b" (byte 128): its data overlaps that of tensor "a"`},
		{"same place", start(2, 0).tensor("a", F32, 0, 8).tensor("b", F32, 0, 8).data(96), `overlaps that of tensor`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("model.gguf", test.file)
			var placed *badfile.Error
			if !errors.As(err, &placed) || !strings.HasPrefix(err.Error(), "model.gguf: ") || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want one with %s", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is not one line", err)
			}
		})
	}
}

// Bytes that a file lacks at its end are missed wherever they are cut, unless they are padding.
func TestParseTruncated(t *testing.T) {
	whole, err := os.ReadFile("testdata/reference.gguf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("whole", whole)
	if err != nil {
		t.Fatal(err)
	}
	needed := 0
	for _, tensor := range f.Tensors {
		needed = max(needed, int(tensor.Offset)+len(tensor.Data))
	}
	for n := range len(whole) {
		_, err := Parse("cut", whole[:n])
		if n < needed && err == nil {
			t.Errorf("cut to %d of %d bytes, it is taken for whole", n, len(whole))
		}
		if n >= needed && err != nil {
			t.Errorf("without its last padding: %v", err)
		}
	}
}

// A header may claim anything, and must not make us allocate it.
func TestParseAllocatesLittle(t *testing.T) {
	array := start(0, 1)
	array.text("a")
	array.numbers(9, 8)
	array.uint64(100_000)
	files := map[string][]byte{
		"counts": start(1<<60, 1<<60).data(1 << 10),
		"array":  array.data(1 << 10),
		"shape":  start(1, 0).tensor("a", F32, 0, 1<<30, 1<<20).data(1 << 10),
	}
	for name, file := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			if _, err := Parse(name, file); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) / 10; used > 64<<10 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, used, len(file))
		}
	}
}

// A version 2 file differs in its number only.
func TestParseVersion2(t *testing.T) {
	file := start(1, 1).key("a", int32(-7)).tensor("t", F32, 0, 2, 3).data(24)
	binary.LittleEndian.PutUint32(file[4:], 2)
	f, err := Parse("v2", file)
	if err != nil || f.Version != 2 || !reflect.DeepEqual(f.Tensors[0].Shape, []int{3, 2}) {
		t.Fatalf("%+v, %v", f, err)
	}
}

// The alignment of the file holds wherever its key stands.
func TestParseAlignment(t *testing.T) {
	r := start(2, 2).key(alignmentKey, uint32(8)).key("z", "text").tensor("a", F32, 0, 1).tensor("b", F32, 8, 1)
	for len(r.bytes)%8 != 0 {
		r.bytes = append(r.bytes, 0)
	}
	file := append(r.bytes, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8)
	f, err := Parse("aligned", file)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := f.Tensor("b"); f.Alignment != 8 || !bytes.Equal(b.Data, []byte{5, 6, 7, 8}) {
		t.Fatalf("alignment %d, b = %v", f.Alignment, b.Data)
	}
}

func TestParseSharedFiles(t *testing.T) {
	for _, path := range sharedFiles(t) {
		parseFile(t, path)
	}
}

// sharedFiles lists the GGUF files in ../shared of the repository.
func sharedFiles(t *testing.T) []string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		dir = filepath.Dir(dir)
	}
	shared := filepath.Join(filepath.Dir(dir), "shared")
	if !exists(shared) {
		t.Skip("no ../shared: the real files are not there")
	}
	var found []string
	for _, pattern := range []string{"*/*.gguf", "*/*/*.gguf"} {
		paths, _ := filepath.Glob(filepath.Join(shared, pattern))
		found = append(found, paths...)
	}
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func FuzzParse(f *testing.F) {
	reference, err := os.ReadFile("testdata/reference.gguf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(reference)
	f.Add(start(1, 1).key(alignmentKey, uint32(8)).tensor("a", Q8_0, 0, 32).data(34))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("fuzz", data)
		if err != nil {
			var placed *badfile.Error
			if !errors.As(err, &placed) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q of type %T", err, err)
			}
			return
		}
		for _, tensor := range file.Tensors {
			if !bytes.Equal(tensor.Data, data[tensor.Offset:][:len(tensor.Data)]) {
				t.Fatalf("tensor %q is not where it says", tensor.Name)
			}
		}
		again(t, file)
	})
}

// again writes what was parsed and parses that.
func again(t *testing.T, file *File) {
	kvs := make([]KeyValue, 0, len(file.KVs))
	for _, kv := range file.KVs {
		if kv.Key != alignmentKey {
			kvs = append(kvs, kv)
		}
	}
	var b bytes.Buffer
	if err := Write(&b, kvs, file.Tensors); err != nil {
		t.Fatalf("what was parsed can't be written: %v", err)
	}
	second, err := Parse("again", b.Bytes())
	if err != nil {
		t.Fatalf("what was written can't be parsed: %v", err)
	}
	if fmt.Sprintf("%#v", second.KVs) != fmt.Sprintf("%#v", kvs) { // DeepEqual would not find NaN equal
		t.Fatalf("keys %#v became %#v", kvs, second.KVs)
	}
	for i, tensor := range file.Tensors {
		other := second.Tensors[i]
		if tensor.Name != other.Name || tensor.Type != other.Type || fmt.Sprint(tensor.Shape) != fmt.Sprint(other.Shape) || !bytes.Equal(tensor.Data, other.Data) {
			t.Fatalf("tensor %+v became %+v", tensor, other)
		}
	}
}

// BenchmarkParseVocabulary parses a vocabulary of 50,000 pieces with scores and types.
func BenchmarkParseVocabulary(b *testing.B) {
	const n = 50_000
	pieces, scores, kinds := make([]string, n), make([]float32, n), make([]int32, n)
	for i := range n {
		pieces[i] = fmt.Sprintf("▁piece%d", i)
	}
	var file bytes.Buffer
	err := Write(&file, []KeyValue{
		{"tokenizer.ggml.tokens", pieces}, {"tokenizer.ggml.scores", scores}, {"tokenizer.ggml.token_type", kinds},
	}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if _, err := Parse("vocabulary", file.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
