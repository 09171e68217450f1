package checkpoint

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tiller/model/checkpoint/gguf"
	"tiller/model/checkpoint/safetensors"
)

// floats returns a row of n numbers as stored.
func floats(n int) []byte { return bytes.Repeat([]byte{0, 0, 0x80, 0x3f}, n) }

// shard returns a safetensors file of F32 tensors [2, 2] with these names.
func shard(names ...string) string {
	var tensors []safetensors.Tensor
	for _, name := range names {
		tensors = append(tensors, safetensors.Tensor{Name: name, DType: "F32", Shape: []int{2, 2}, Data: floats(4)})
	}
	return written(func(w io.Writer) error { return safetensors.Write(w, nil, tensors) })
}

// model returns a GGUF file of F32 tensors [2, 2] with these names.
func model(kvs []gguf.KeyValue, names ...string) string {
	var tensors []gguf.Tensor
	for _, name := range names {
		tensors = append(tensors, gguf.Tensor{Name: name, Type: gguf.F32, Shape: []int{2, 2}, Data: floats(4)})
	}
	return written(func(w io.Writer) error { return gguf.Write(w, kvs, tensors) })
}

func written(write func(io.Writer) error) string {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

// index returns a shard index.
func index(weightMap map[string]string) string {
	text, err := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": weightMap})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// names lists a checkpoint's tensors.
func names(c *Checkpoint) []string {
	var all []string
	for _, t := range c.Tensors() {
		all = append(all, t.Name)
	}
	return all
}

func open(t testing.TB, path string) *Checkpoint {
	t.Helper()
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestOpenFolder(t *testing.T) {
	dir := folder(t, map[string]string{
		"config.json": `{"model_type": "llama"}`, "generation_config.json": `{"eos_token_id": 2}`,
		"model.safetensors": shard("b", "a"),
	})
	c := open(t, dir)
	if c.Format != FormatHuggingFace || c.GGUF != nil || c.Path != dir {
		t.Errorf("%+v", c)
	}
	if string(c.Config) != `{"model_type": "llama"}` || string(c.GenerationConfig) != `{"eos_token_id": 2}` {
		t.Errorf("config %s, generation config %s", c.Config, c.GenerationConfig)
	}
	if got := names(c); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("tensors %v", got)
	}
	a, ok := c.Tensor("a")
	if !ok || a.DType != "F32" || a.File != filepath.Join(dir, "model.safetensors") || !bytes.Equal(a.Data, floats(4)) {
		t.Errorf("a is %+v", a)
	}
	if _, ok := c.Tensor("c"); ok {
		t.Error("found a tensor that isn't there")
	}
}

func TestOpenShards(t *testing.T) {
	files := map[string]string{
		"config.json":                  "{}",
		"s-1.safetensors":              shard("a", "c"),
		"s-2.safetensors":              shard("b", "unlisted"),
		"model.safetensors.index.json": index(map[string]string{"a": "s-1.safetensors", "b": "s-2.safetensors", "c": "s-1.safetensors"}),
	}
	c := open(t, folder(t, files))
	if got := names(c); !reflect.DeepEqual(got, []string{"a", "b", "c", "unlisted"}) {
		t.Errorf("tensors %v", got)
	}
	if b, _ := c.Tensor("b"); filepath.Base(b.File) != "s-2.safetensors" {
		t.Errorf("b is in %s", b.File)
	}
	if c.GenerationConfig != nil {
		t.Errorf("generation config %q", c.GenerationConfig)
	}
	// A single file goes before an index.
	files["model.safetensors"] = shard("single")
	if got := names(open(t, folder(t, files))); !reflect.DeepEqual(got, []string{"single"}) {
		t.Errorf("tensors %v", got)
	}
}

// Hugging Face's cache is made of links to files elsewhere.
func TestOpenLinkedShards(t *testing.T) {
	blobs := folder(t, map[string]string{"0123": shard("a"), "4567": "{}"})
	dir := t.TempDir()
	for name, blob := range map[string]string{"model.safetensors": "0123", "config.json": "4567"} {
		if err := os.Symlink(filepath.Join(blobs, blob), filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	open(t, dir)
}

func TestOpenGGUF(t *testing.T) {
	kvs := []gguf.KeyValue{{Key: "general.architecture", Value: "llama"}, {Key: "split.count", Value: uint16(1)}}
	path := filepath.Join(folder(t, map[string]string{"m-00001-of-00001.gguf": model(kvs, "b", "a")}), "m-00001-of-00001.gguf")
	c := open(t, path)
	if c.Format != FormatGGUF || c.Config != nil || c.GGUF == nil {
		t.Errorf("%+v", c)
	}
	if got := names(c); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("tensors %v", got)
	}
	if a, _ := c.Tensor("a"); a.File != path || a.DType != "F32" || !bytes.Equal(a.Data, floats(4)) {
		t.Errorf("a is %+v", a)
	}
}

func TestOpenRefuses(t *testing.T) {
	const config = "{}"
	sharded := func(weightMap map[string]string, more ...string) map[string]string {
		files := map[string]string{"config.json": config, "model.safetensors.index.json": index(weightMap)}
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = more[i+1]
		}
		return files
	}
	tests := []struct {
		name  string
		files map[string]string
		open  string // a file of the folder, or the folder itself if empty
		want  string
	}{
		{"empty folder", nil, "", "is empty: a model folder has config.json and model.safetensors"},
		{"missing", nil, "none", "there is no model at"},
		{"no weights", map[string]string{"config.json": config}, "", "has no weights: neither model.safetensors nor model.safetensors.index.json"},
		{"no config", map[string]string{"model.safetensors": shard("a")}, "", "has weights but no config.json"},
		{"PyTorch", map[string]string{"config.json": config, "pytorch_model.bin": "PK\x03\x04"}, "", `PyTorch pickles only ("pytorch_model.bin"), which can run code when loaded: safetensors or GGUF is needed`},
		{"PyTorch shards", map[string]string{"config.json": config, "pytorch_model.bin.index.json": "{}"}, "", "PyTorch pickles only"},
		{"GGUF inside", map[string]string{"m.gguf": model(nil, "a")}, "", "has no model.safetensors, but a GGUF file: give"},
		{"other name", map[string]string{"adapter_model.safetensors": shard("a")}, "", `has "adapter_model.safetensors", but neither model.safetensors nor`},
		{"config as web page", map[string]string{"config.json": "<!doctype html>", "model.safetensors": shard("a")}, "", "config.json is not a JSON file but looks like a web page"},
		{"broken config", map[string]string{"config.json": `{"a": }`, "model.safetensors": shard("a")}, "", "config.json is broken JSON at byte 7"},
		{"empty config", map[string]string{"config.json": "", "model.safetensors": shard("a")}, "", "config.json is empty"},
		{"broken generation config", map[string]string{"config.json": config, "generation_config.json": "{", "model.safetensors": shard("a")}, "", "generation_config.json is broken JSON"},
		{"LFS pointer", map[string]string{"config.json": config, "model.safetensors": "version https://git-lfs.github.com/spec/v1\n"}, "", "model.safetensors is not a safetensors file but looks like a Git LFS pointer"},
		{"empty weights", map[string]string{"config.json": config, "model.safetensors": ""}, "", "model.safetensors is empty"},
		{"cut weights", map[string]string{"config.json": config, "model.safetensors": shard("a")[:40]}, "", "model.safetensors: safetensors header"},
		{"shard missing", sharded(map[string]string{"a": "s-1.safetensors", "b": "s-2.safetensors"}, "s-1.safetensors", shard("a")), "", `lists the shard "s-2.safetensors", which is not in the folder`},
		{"tensor elsewhere", sharded(map[string]string{"a": "s-1.safetensors", "b": "s-1.safetensors", "c": "s-2.safetensors"}, "s-1.safetensors", shard("a"), "s-2.safetensors", shard("b", "c")), "", `says that tensor "b" is in the shard "s-1.safetensors", and it is not`},
		{"tensors elsewhere", sharded(map[string]string{"c": "s-1.safetensors", "b": "s-1.safetensors", "d": "s-1.safetensors", "a": "s-1.safetensors"}, "s-1.safetensors", shard("a")), "", `says that tensor "b" is in`},
		{"tensor nowhere", sharded(map[string]string{"a": "s-1.safetensors", "b": "s-1.safetensors"}, "s-1.safetensors", shard("a")), "", `says that tensor "b" is in the shard`},
		{"tensor in two shards", sharded(map[string]string{"a": "s-1.safetensors", "b": "s-2.safetensors"}, "s-1.safetensors", shard("a"), "s-2.safetensors", shard("a", "b")), "", `tensor "a" stands in two shards`},
		{"escaping index", sharded(map[string]string{"a": "../s-1.safetensors"}), "", `"../s-1.safetensors" is not the plain name`},
		{"broken index", map[string]string{"config.json": config, "model.safetensors.index.json": `{"weight_map":`}, "", "model.safetensors.index.json is broken JSON"},
		{"GGUF part by name", map[string]string{"m-00002-of-00003.gguf": model(nil)}, "m-00002-of-00003.gguf", "is one of 3 parts of a split model"},
		{"GGUF part by key", map[string]string{"m.gguf": model([]gguf.KeyValue{{Key: "split.count", Value: uint16(3)}})}, "m.gguf", "is one of 3 parts of a split model"},
		{"empty file", map[string]string{"m.gguf": ""}, "m.gguf", "is empty"},
		{"safetensors file", map[string]string{"model.safetensors": shard("a")}, "model.safetensors", "is a safetensors file: give the folder it is in"},
		{"zip", map[string]string{"m.gguf": "PK\x03\x04"}, "m.gguf", "is not a GGUF file but looks like a zip archive"},
		{"web page", map[string]string{"m.gguf": "<html><title>404"}, "m.gguf", "looks like a web page"},
		{"LFS pointer for GGUF", map[string]string{"m.gguf": "version https://git-lfs.github.com/spec/v1\n"}, "m.gguf", "looks like a Git LFS pointer"},
		{"text", map[string]string{"m.gguf": "hello"}, "m.gguf", `is not a GGUF file: it begins with "hello"`},
		{"cut GGUF", map[string]string{"m.gguf": model(nil, "a")[:50]}, "m.gguf", "m.gguf: tensor"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(filepath.Join(folder(t, test.files), test.open))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

// A configuration that is too large is refused by its size.
func TestOpenRefusesLargeConfig(t *testing.T) {
	dir := folder(t, map[string]string{"config.json": "{}", "model.safetensors": shard("a")})
	if err := os.Truncate(filepath.Join(dir, "config.json"), 1<<32); err != nil {
		t.Skip("no sparse files here")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(dir)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "config.json has 4294967296 bytes, more than the 16777216 that are allowed") {
		t.Errorf("error %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("refusing it took %d bytes", n)
	}
}

// A device or a pipe in the place of any file is refused before it is read.
func TestOpenRefusesDevices(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no devices here")
	}
	whole := map[string]string{"config.json": "{}", "generation_config.json": "{}", "model.safetensors": shard("a")}
	sharded := map[string]string{"config.json": "{}", "model.safetensors.index.json": index(map[string]string{"a": "s.safetensors"}), "s.safetensors": shard("a")}
	for _, files := range []map[string]string{whole, sharded} {
		for name := range files {
			dir := folder(t, files)
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/dev/zero", filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), name+" is not a regular file") {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	if _, err := Open("/dev/zero"); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("error %v", err)
	}
}

func TestOpenRefusesReferences(t *testing.T) {
	for _, path := range []string{"hf:org/name@main", "embedded:reason"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "today a model is a Hugging Face folder or a .gguf file") {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// The fingerprint follows from headers and configuration alone.
func TestFingerprint(t *testing.T) {
	with := func(config, weights string) string {
		return open(t, folder(t, map[string]string{"config.json": config, "model.safetensors": weights})).Fingerprint()
	}
	same := with("{}", shard("a"))
	other := shard("a")
	if len(same) != 16 || with("{}", other[:len(other)-1]+"x") != same {
		t.Errorf("fingerprint %s depends on weights", same)
	}
	if with("{ }", shard("a")) == same || with("{}", shard("b")) == same {
		t.Error("another configuration or table has the same fingerprint")
	}
	one := func(kvs ...gguf.KeyValue) string {
		return open(t, filepath.Join(folder(t, map[string]string{"m.gguf": model(kvs, "a")}), "m.gguf")).Fingerprint()
	}
	if a, b := one(), one(gguf.KeyValue{Key: "k", Value: "v"}); a == b || len(a) != 16 {
		t.Errorf("fingerprints %s and %s", a, b)
	}
}
