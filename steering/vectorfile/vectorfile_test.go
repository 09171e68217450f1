package vectorfile

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tiller/model/checkpoint/gguf"
	"tiller/model/checkpoint/safetensors"
	"tiller/steering"
)

// The files of testdata are written by model/checkpoint/testdata/make_fixtures.py; element i of
// direction n is (i+1)(n+1)/8.
func TestReadReferenceFiles(t *testing.T) {
	tests := []struct {
		file   string
		format string
		layers []int
		meta   map[string]string
		note   string
	}{
		{"cvector-generator.gguf", "llama.cpp control vector (GGUF)", []int{1, 2, 3}, map[string]string{"model_hint": "llama"}, "may come from llama-cvector-generator"},
		{"repeng.gguf", "llama.cpp control vector (GGUF)", []int{1, 2, 3}, map[string]string{"model_hint": "llama"}, "if it comes from repeng"},
		{"easysteer.gguf", "EasySteer vector (GGUF)", []int{0, 1, 2}, map[string]string{"model_hint": "qwen2.5", "method": "diffmean", "normalize": "1", "token_pos": "-1"}, "direction at layer 0"},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			path := filepath.Join("testdata", test.file)
			v, info, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if v.Name != strings.TrimSuffix(test.file, ".gguf") || v.Source != path || v.DModel != 4 || !reflect.DeepEqual(v.Meta, test.meta) {
				t.Errorf("vector is %+v", v)
			}
			if info.Format != test.format || info.DModel != 4 || !slices.Equal(info.Layers, test.layers) || info.Convention != "direction.N acts after block N, counted from 0" {
				t.Errorf("info is %+v", info)
			}
			if info.Metadata["general.architecture"] != "controlvector" || info.Metadata["controlvector.layer_count"] != "3" {
				t.Errorf("metadata is %q", info.Metadata)
			}
			if !strings.Contains(strings.Join(info.Notes, " "), test.note) {
				t.Errorf("notes are %q", info.Notes)
			}
			for _, n := range test.layers {
				for i, x := range v.Directions[n] {
					if want := float32((i+1)*(n+1)) / 8; x != want {
						t.Errorf("direction %d, element %d is %g, want %g", n, i, x, want)
					}
				}
			}
		})
	}
}

// vector makes a vector with these layers; at each, element i is layer + 1/(i+1).
func vector(width int, layers ...int) *steering.Vector {
	v := &steering.Vector{Name: "happy", DModel: width, Directions: map[int][]float32{}, Meta: map[string]string{}}
	for _, layer := range layers {
		for i := range width {
			v.Directions[layer] = append(v.Directions[layer], float32(layer)+1/float32(i+1))
		}
	}
	return v
}

func TestRoundTrip(t *testing.T) {
	full := vector(5, steering.Embed, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	full.Meta = map[string]string{MetaModelFingerprint: "0123456789abcdef", MetaSeed: "7", "odd": "a\x1b[0m\n\"b\""}
	full.Directions[3][2] = float32(math.Copysign(0, -1))
	full.Directions[4][1] = math.SmallestNonzeroFloat32
	gguf := vector(3, 1, 12, 30)
	gguf.Meta[MetaModelHint] = "qwen2"
	for name, v := range map[string]*steering.Vector{"v.safetensors": full, "v.gguf": gguf} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, v); err != nil {
			t.Fatal(err)
		}
		got, info, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%x", got.Directions) != fmt.Sprintf("%x", v.Directions) || got.DModel != v.DModel || !reflect.DeepEqual(got.Meta, v.Meta) {
			t.Errorf("%s: wrote %+v and read %+v", name, v, got)
		}
		if !slices.Equal(info.Layers, v.Layers()) {
			t.Errorf("%s: info %+v", name, info)
		}
		if name == "v.safetensors" && (got.Name != "happy" || len(info.Notes) > 0) {
			t.Errorf("named %q, notes %q", got.Name, info.Notes)
		}
	}
}

// A control vector that we write has what llama.cpp and repeng read, and nothing else.
func TestWriteControlVector(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.GGUF")
	if err := Write(path, vector(4, 10, 2)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []gguf.KeyValue{
		{Key: "general.architecture", Value: "controlvector"},
		{Key: "controlvector.model_hint", Value: "unknown"},
		{Key: "controlvector.layer_count", Value: uint32(2)},
	}
	if !reflect.DeepEqual(f.KVs, want) {
		t.Errorf("keys are %v", f.KVs)
	}
	if len(f.Tensors) != 2 || f.Tensors[0].Name != "direction.2" || f.Tensors[1].Name != "direction.10" {
		t.Errorf("tensors are %+v", f.Tensors)
	}
	for _, tensor := range f.Tensors {
		if tensor.Type != gguf.F32 || !slices.Equal(tensor.Shape, []int{4}) {
			t.Errorf("tensor is %+v", tensor)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	nan := vector(2, 1)
	nan.Directions[1][1] = float32(math.NaN())
	tests := []struct {
		name string
		file string
		v    *steering.Vector
		want string
	}{
		{"layer 0", "v.gguf", vector(2, 0, 1), `has a direction at layer 0, and llama.cpp's control vectors begin at layer 1: give a name ending in .safetensors instead`},
		{"embed", "v.gguf", vector(2, steering.Embed), "has a direction at layer embed"},
		{"other extension", "v.npy", vector(2, 1), `cannot tell from the name "v.npy" which format to write: end it in .gguf for a llama.cpp control vector (GGUF), or end it in .safetensors`},
		{"no extension", "v", vector(2, 1), "cannot tell from the name"},
		{"NaN", "v.gguf", nan, "NaN at index 1"},
		{"empty", "v.safetensors", vector(2), "has no directions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			err := Write(test.file, test.v)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("%v was written", left)
			}
		})
	}
}

// control makes a control-vector GGUF of these tensors.
func control(architecture string, tensors ...gguf.Tensor) string {
	return bytesOf(func(w io.Writer) error {
		return gguf.Write(w, []gguf.KeyValue{{Key: "general.architecture", Value: architecture}}, tensors)
	})
}

func direction(name string, values ...float32) gguf.Tensor {
	return gguf.Tensor{Name: name, Type: gguf.F32, Shape: []int{len(values)}, Data: littleEndian(values)}
}

// native makes a safetensors file of these tensors.
func native(metadata map[string]string, tensors ...safetensors.Tensor) string {
	return bytesOf(func(w io.Writer) error { return safetensors.Write(w, metadata, tensors) })
}

func row(name string, values ...float32) safetensors.Tensor {
	return safetensors.Tensor{Name: name, DType: "F32", Shape: []int{len(values)}, Data: littleEndian(values)}
}

func bytesOf(write func(io.Writer) error) string {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

func TestReadRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	tests := []struct{ name, content, want string }{
		{"empty", "", "is empty, where a vector file that can be read (GGUF, .safetensors, .npy, .npz, .pt, .svec, lm-eval's .csv, or a folder of SAELens) is expected"},
		{"text", "hello", `begins with "hello"`},
		{"zip", "PK\x03\x04", "a zip archive ends with its directory, and this one has none"},
		{"pickle", "\x80\x02.", "looks like a Python pickle"},
		{"LFS pointer", "version https://git-lfs.github.com/spec/v1", "looks like a Git LFS pointer"},
		{"model", control("llama", direction("blk.0", 1)), `it is a GGUF file of architecture "llama" without a tensor direction.N`},
		{"model's safetensors", native(nil, row("model.norm.weight", 1)), `a safetensors file with tensors such as "model.norm.weight"`},
		{"no tensors", native(nil), "looks like a safetensors file"},
		{"no directions", control("controlvector"), "has no directions"},
		{"another tensor", control("controlvector", direction("direction.1", 1), direction("mean", 1)), `tensor "mean" is not a direction`},
		{"layer as text", control("controlvector", direction("direction.one", 1)), `tensor "direction.one": "one" is not a layer number from 1 to 65535`},
		{"negative layer", control("controlvector", direction("direction.-1", 1)), `"-1" is not a layer number`},
		{"huge layer", control("controlvector", direction("direction.99999999999", 1)), "is not a layer number"},
		{"embed in GGUF", control("controlvector", direction("direction.embed", 1)), `"embed" is not a layer number`},
		{"layer twice", control("controlvector", direction("direction.1", 1), direction("direction.01", 1)), `tensor "direction.01" names a layer that another tensor names too`},
		{"widths", control("controlvector", direction("direction.1", 1, 2), direction("direction.2", 1)), `tensor "direction.2" has 1 elements and tensor "direction.1" has 2`},
		{"NaN", control("controlvector", direction("direction.1", 1, nan)), `tensor "direction.1" holds NaN at index 1`},
		{"infinity", native(nil, row("direction.1", inf)), `tensor "direction.1" holds -Inf at index 0`},
		{"zero", native(nil, row("direction.1", 0, 0)), "is zero at every layer"},
		{"empty direction", native(nil, row("direction.1")), `tensor "direction.1" has no elements`},
		{"long name", control("controlvector", direction("direction."+strings.Repeat("x", 1000), 1)), `tensor "direction.` + strings.Repeat("x", 90) + `…": "` + strings.Repeat("x", 100) + `…" is not a layer number`},
		{"long architecture", control(strings.Repeat("x", 1<<16), direction("blk.0", 1)), `of architecture "` + strings.Repeat("x", 100) + `…" without`},
		{"matrix", control("controlvector", gguf.Tensor{Name: "direction.1", Type: gguf.F32, Shape: []int{1, 2}, Data: make([]byte, 8)}), `tensor "direction.1" has shape [1 2], where a direction has one dimension`},
		{"quantised", control("controlvector", gguf.Tensor{Name: "direction.1", Type: gguf.Q8_0, Shape: []int{32}, Data: make([]byte, 34)}), "is stored as Q8_0, where a direction is F32, F16 or BF16"},
		{"integers", native(nil, safetensors.Tensor{Name: "direction.1", DType: "I32", Shape: []int{1}, Data: make([]byte, 4)}), "is stored as I32"},
		{"later version", native(map[string]string{"tiller_vector": "2"}, row("direction.1", 1)), `it is a tiller vector of version "2", and only version 1 can be read`},
		{"wrong width said", native(map[string]string{"d_model": "3"}, row("direction.1", 1)), `its directions have 1 elements, and its metadata says that d_model is "3"`},
		{"cut", control("controlvector", direction("direction.1", 1))[:100], `v: tensor "direction.1" (byte 77): the file ends inside it`},
		{"escapes", control("controlvector", direction("\x1b[31m", 1)), `tensor "\x1b[31m" is not a direction`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("v", []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, err := Read("v")
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
	if _, _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		if _, _, err := Read("/dev/zero"); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
			t.Errorf("error %v", err)
		}
	}
	if _, _, err := Read("none.gguf"); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("error %v", err)
	}
}

// unwrapped is the innermost *os.PathError.
func unwrapped(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if _, is := err.(*os.PathError); is || !ok {
			return err
		}
		err = u.Unwrap()
	}
}

// Half-precision directions are read, from either container.
// A large file that is no vector is not read.
func TestReadLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxFile); err != nil {
		t.Skip("no sparse files here")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := Read(path)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "begins with") || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes for the error %v", after.TotalAlloc-before.TotalAlloc, err)
	}
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), "is it a model?") {
		t.Errorf("error %v", err)
	}
}

func TestReadHalves(t *testing.T) {
	half := []byte{0x00, 0x3c, 0x00, 0xc0}
	for name, content := range map[string]string{
		"GGUF":        control("controlvector", gguf.Tensor{Name: "direction.3", Type: gguf.F16, Shape: []int{2}, Data: half}),
		"safetensors": native(nil, safetensors.Tensor{Name: "direction.3", DType: "F16", Shape: []int{2}, Data: half}),
	} {
		path := filepath.Join(t.TempDir(), "v")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		v, info, err := Read(path)
		if err != nil || !slices.Equal(v.Directions[3], []float32{1, -2}) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if len(info.Notes) == 0 {
			t.Errorf("%s: nothing is said of the unknown origin", name)
		}
	}
}

func TestNameFor(t *testing.T) {
	for _, test := range [][3]string{
		{"", "dir/happy mean.v2.gguf", "happy-mean.v2"},
		{"joy_1", "x.gguf", "joy_1"},
		{"a\x1b[0m/ü", "x.gguf", "a--0m--"},
		{"", ".gguf", "vector"},
		{strings.Repeat("n", 1<<20), "x.gguf", strings.Repeat("n", 100)},
	} {
		if got := nameFor(test[0], test[1]); got != test[2] {
			t.Errorf("%q, %q: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func TestReadSharedFiles(t *testing.T) {
	tests := []struct {
		pattern, format string
		d               int
		layers          [2]int
	}{
		{"vectors/babyllama105.*.gguf", "llama.cpp control vector (GGUF)", 128, [2]int{1, 4}},
		{"vectors/stories260K.*.gguf", "llama.cpp control vector (GGUF)", 64, [2]int{1, 4}},
		{"vectors/rand-d64-l26.sine.gguf", "llama.cpp control vector (GGUF)", 64, [2]int{1, 25}},
		{"peer-vectors/easysteer_replications_improve_reasoning_reason.gguf", "EasySteer vector (GGUF)", 4096, [2]int{0, 31}},
		{"peer-vectors/easysteer_vectors_happy_diffmean.gguf", "EasySteer vector (GGUF)", 1536, [2]int{0, 27}},
	}
	dir := filepath.Join(shared(t), "reference")
	for _, test := range tests {
		paths, _ := filepath.Glob(filepath.Join(dir, test.pattern))
		if len(paths) == 0 {
			t.Errorf("found no %s", test.pattern)
		}
		for _, path := range paths {
			v, info, err := Read(path)
			if err != nil {
				t.Error(err)
				continue
			}
			layers := v.Layers()
			if info.Format != test.format || v.DModel != test.d || [2]int{layers[0], layers[len(layers)-1]} != test.layers {
				t.Errorf("%s: %s, width %d, layers %v", path, info.Format, v.DModel, layers)
			}
		}
	}
}

// shared is ../shared of the repository.
func shared(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	found := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(found); err != nil {
		t.Skip("no ../shared: the real vectors are not there")
	}
	return found
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"cvector-generator.gguf", "repeng.gguf", "easysteer.gguf"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(native(map[string]string{"tiller_vector": "1", "name": "n", "d_model": "2"}, row("direction.embed", 1, 2), row("direction.7", 3, 4))))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse("fuzz", data)
		if err != nil {
			return
		}
		v, info, err := s.vector()
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		if err := v.Check(); err != nil || info.DModel != v.DModel || !slices.Equal(info.Layers, v.Layers()) {
			t.Fatalf("read %+v, info %+v, %v", v, info, err)
		}
		again, err := parse("again", []byte(bytesOf(func(w io.Writer) error { return writeNative(w, v) })))
		if err != nil {
			t.Fatal(err)
		}
		second, _, err := again.vector()
		if err != nil || fmt.Sprintf("%x", second.Directions) != fmt.Sprintf("%x", v.Directions) || second.Name != v.Name {
			t.Fatalf("%+v became %+v, %v", v, second, err)
		}
	})
}
