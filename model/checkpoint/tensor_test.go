package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/model/kernel"
)

// testdata/dequant.gguf has a tensor of each type, with scales at the edges of float16, and
// beside it what the reference makes of it; see testdata/make_fixtures.py.
func TestDequantise(t *testing.T) {
	c := open(t, "testdata/dequant.gguf")
	checked := 0
	for _, tensor := range c.Tensors() {
		want, ok := c.Tensor(tensor.Name + ".expected")
		if !ok {
			continue
		}
		if _, supported := kernel.ParseType(tensor.DType); !supported {
			if _, err := tensor.Matrix(); err == nil || !strings.Contains(err.Error(), `is stored as "`+tensor.DType+`", which is not supported: supported are F32, F16, BF16`) {
				t.Errorf("%s: error %v", tensor.Name, err)
			}
			continue
		}
		checked++
		for i, got := range decodeAll(t, tensor) {
			if bits := binary.LittleEndian.Uint32(want.Data[4*i:]); bits != math.Float32bits(got) {
				t.Fatalf("%s: element %d is %g (%08x), want %g (%08x)", tensor.Name, i, got, math.Float32bits(got), math.Float32frombits(bits), bits)
			}
		}
	}
	if checked < 6 {
		t.Errorf("only %d types were checked", checked)
	}
}

func decodeAll(t *testing.T, tensor Tensor) []float32 {
	t.Helper()
	if len(tensor.Shape) == 1 {
		tensor.Shape = []int{1, tensor.Shape[0]}
	}
	m, err := tensor.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, m.Rows*m.Cols)
	for r := range m.Rows {
		m.DecodeRow(values[r*m.Cols:(r+1)*m.Cols], r)
	}
	return values
}

// testdata/dequant_sha256.json has for each real file and type the hash of all tensors of that
// type, as the reference dequantises them.
func TestDequantiseRealFiles(t *testing.T) {
	text, err := os.ReadFile("testdata/dequant_sha256.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	files := sharedModels(t)
	if len(files) == 0 {
		t.Fatal("found no models")
	}
	for _, path := range files {
		c := open(t, path)
		hashes := map[string][]byte{}
		sums := map[string]string{}
		for _, tensor := range c.Tensors() {
			if _, supported := kernel.ParseType(tensor.DType); !supported {
				continue
			}
			for _, v := range decodeAll(t, tensor) {
				hashes[tensor.DType] = binary.LittleEndian.AppendUint32(hashes[tensor.DType], math.Float32bits(v))
			}
		}
		for dtype, values := range hashes {
			sum := sha256.Sum256(values)
			sums[dtype] = hex.EncodeToString(sum[:])
			if sums[dtype] != want[filepath.Base(path)][dtype] {
				t.Errorf("%s: the %s tensors differ from the reference", path, dtype)
			}
		}
	}
}

// sharedModels lists the GGUF models in ../shared of the repository.
func sharedModels(t *testing.T) []string {
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
	models := filepath.Join(filepath.Dir(dir), "shared", "models")
	if _, err := os.Stat(models); err != nil {
		t.Skip("no ../shared: the real models are not there")
	}
	found, _ := filepath.Glob(filepath.Join(models, "*", "*.gguf"))
	return found
}

func TestTensorRefuses(t *testing.T) {
	one := func(dtype string, shape []int, data []byte) Tensor {
		return Tensor{Name: "t\x1b", DType: dtype, Shape: shape, Data: data, File: "m.gguf"}
	}
	half := func(bits ...uint16) (data []byte) {
		for _, b := range bits {
			data = binary.LittleEndian.AppendUint16(data, b)
		}
		return data
	}
	matrix := func(t Tensor) error { _, err := t.Matrix(); return err }
	floats32 := func(t Tensor) error { _, err := t.Float32s(); return err }
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"vector as matrix", matrix(one("F32", []int{2}, make([]byte, 8))), `m.gguf: tensor "t\x1b" has shape [2], where a matrix is expected`},
		{"unknown type", matrix(one("I32", []int{1, 2}, make([]byte, 8))), `is stored as "I32", which is not supported: supported are F32, F16, BF16, Q8_0, Q4_0, Q4_1`},
		{"empty", matrix(one("F32", []int{0, 2}, nil)), `m.gguf: tensor "t\x1b": a weight matrix of 0 rows`},
		{"wrong size", matrix(one("F32", []int{1, 2}, make([]byte, 7))), "7 bytes of data"},
		{"NaN", floats32(one("F16", []int{3}, half(0, 0x3c00, 0x7e00))), `m.gguf: tensor "t\x1b" holds NaN at index 2`},
		{"infinity", floats32(one("BF16", []int{2}, half(0, 0xff80))), "holds -Inf at index 1"},
		{"unknown type of floats", floats32(one("I64", []int{1}, make([]byte, 8))), `is stored as "I64"`},
	}
	for _, test := range tests {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %s", test.name, test.err, test.want)
		}
	}
}

func TestFloat32s(t *testing.T) {
	tensor := Tensor{DType: "F16", Shape: []int{2, 1, 2}, Data: []byte{0, 0x3c, 0, 0x40, 0, 0xc0, 1, 0}}
	got, err := tensor.Float32s()
	if err != nil || len(got) != 4 || got[0] != 1 || got[1] != 2 || got[2] != -2 || got[3] != 0x1p-24 {
		t.Errorf("%v, %v", got, err)
	}
	scalar := Tensor{DType: "F32", Data: []byte{0, 0, 0x80, 0x3f}}
	if got, err := scalar.Float32s(); err != nil || len(got) != 1 || got[0] != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCheckFinite(t *testing.T) {
	put := func(n, at int, b ...byte) []byte {
		data := make([]byte, n)
		copy(data[at:], b)
		return data
	}
	tests := []struct {
		dtype string
		data  []byte
		want  string // "" for none
	}{
		{"F32", floats(9), ""},
		{"F32", put(36, 32, 0, 0, 0x7f, 0x7f), ""},
		{"F32", put(36, 32, 0, 0, 0x80, 0xff), "a NaN or an infinity at index 8"},
		{"F32", put(36, 4, 1, 0, 0x80, 0x7f), "at index 1"},
		{"F16", put(22, 20, 0xff, 0x7b), ""},
		{"F16", put(22, 20, 0x00, 0xfc), "at index 10"},
		{"F16", put(22, 2, 0x00, 0x7e), "at index 1:"},
		{"BF16", put(22, 6, 0x7f, 0x7f), ""},
		{"BF16", put(22, 6, 0xc0, 0x7f), "at index 3"},
		{"F64", put(24, 16, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f), "at index 2"},
		{"Q8_0", put(68, 34, 0, 0x7c), "as scale of its elements 32 to 63"},
		{"Q8_0", put(68, 36, 0, 0x7c), ""},
		{"Q4_1", put(40, 22, 0, 0xfe), "as scale of its elements 32 to 63"},
		{"Q6_K", put(210, 208, 0, 0xfe), "as scale of its elements 0 to 255"},
		{"I32", put(4, 0, 0xff, 0xff, 0xff, 0xff), ""},
	}
	for _, test := range tests {
		c := Checkpoint{tensors: []Tensor{{Name: "t", DType: test.dtype, Data: test.data, File: "m"}}}
		err := c.CheckFinite(context.Background())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: error %v, want %q", test.dtype, err, test.want)
		}
	}
}

// A fault far into a tensor is found at its place, and a cancelled search stops.
func TestCheckFiniteLong(t *testing.T) {
	data := make([]byte, 3*stride)
	binary.LittleEndian.PutUint32(data[2*stride+400:], 0x7fc00000)
	c := Checkpoint{tensors: []Tensor{{Name: "t", DType: "F32", Data: data, File: "m"}}}
	if err := c.CheckFinite(context.Background()); err == nil || !strings.Contains(err.Error(), "at index 2097252:") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.CheckFinite(ctx); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// A file that shrinks under its mapping is an error, not a crash.
func TestShrunkenFile(t *testing.T) {
	path := filepath.Join(folder(t, map[string]string{"m.gguf": model(nil, "a") + strings.Repeat("\x00", 1<<16)}), "m.gguf")
	c := open(t, path)
	if err := c.Changed(); err != nil {
		t.Errorf("before it changed: %v", err)
	}
	a, _ := c.Tensor("a")
	if err := os.Truncate(path, 0); err != nil {
		t.Skip("a mapped file can't be cut short here")
	}
	if err := c.Changed(); err == nil || !strings.Contains(err.Error(), path+" changed while it was in use: it had ") {
		t.Errorf("error %v", err)
	}
	if _, err := a.Float32s(); err == nil || !strings.Contains(err.Error(), "it shrank while it was in use") {
		t.Errorf("error %v", err)
	}
	if err := c.CheckFinite(context.Background()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}
