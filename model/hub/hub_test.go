package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// place fills dir: a content that begins with @ is a copy of that file of the
// model package's testdata, one that begins with > a link, and any other a text.
// Files are the older the later their names come in order.
func place(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	age := time.Duration(0)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		content := files[name]
		if target, ok := strings.CutPrefix(content, ">"); ok {
			if err := os.Symlink(filepath.FromSlash(target), path); err != nil {
				t.Skip(err)
			}
			continue
		}
		text := []byte(content)
		if source, ok := strings.CutPrefix(content, "@"); ok {
			var err error
			if text, err = os.ReadFile(filepath.Join("..", "testdata", filepath.FromSlash(source))); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		age += time.Hour
		if err := os.Chtimes(path, time.Time{}, time.Date(2026, 1, 30, 0, 0, 0, 0, time.UTC).Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
}

// show writes a listing in one line for each model, with the last words of why
// it can't be used.
func show(l Listing) string {
	var b strings.Builder
	for _, f := range l.Models {
		fmt.Fprintf(&b, "%s %s %d %q", f.Name, f.Kind, f.Bytes, f.Architecture)
		if !f.Supported() {
			words := strings.Fields(f.Why)
			b.WriteString(" … " + strings.Join(words[max(0, len(words)-4):], " "))
		}
		b.WriteByte('\n')
	}
	if l.Truncated {
		b.WriteString("…\n")
	}
	return b.String()
}

func TestFolder(t *testing.T) {
	const weights = "@llama-mha/model.safetensors"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"nothing", map[string]string{"notes.txt": "", "a/b/c/d/x.gguf": "", ".cache/x.gguf": ""}, ""},
		{"the newest first, in three levels", map[string]string{
			"c.gguf":       "@gguf/quantised-q8_0.gguf",
			"org/b/B.GGUF": "@gguf/quantised-q4_0.gguf",
			"a.gguf":       "@gguf/llama-mha-f32.gguf",
		}, "a.gguf gguf 18944 \"llama\"\nc.gguf gguf 17344 \"llama\"\norg/b/B.GGUF gguf 10944 \"llama\"\n"},
		{"Hugging Face folders", map[string]string{
			"one/config.json": "@llama-mha/config.json", "one/model.safetensors": weights, "one/onnx/x.gguf": "",
			"org/two/config.json": "@mistral/config.json", "org/two/model.safetensors": "@mistral/model.safetensors",
		}, "one folder 18064 \"llama\"\norg/two folder 13832 \"mistral\"\n"},
		{"another architecture", map[string]string{
			"m/config.json": `{"model_type":"gpt2"}`, "m/model.safetensors": weights,
		}, "m folder 18064 \"gpt2\" … only llama and mistral\n"},
		{"what can't be read", map[string]string{
			"a/config.json": `{"model_type":"qwen2"}`, "a/pytorch_model.bin": "abc",
			"b/config.json": `{"model_type":`, "b/model.safetensors": weights,
			"c/config.json": `{"model_type":"llama"}`, "c/model.safetensors": "",
			"d.gguf": "GGUF\x03\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f",
			"e.gguf": "",
			"f.gguf": "{}",
		}, `a folder 3 "qwen2" … or GGUF is needed
b folder 18064 "" … end of JSON input
c folder 0 "llama" … DIR/c/model.safetensors is empty
d.gguf gguf 24 "" … have at most 0
e.gguf gguf 0 "" … DIR/e.gguf is empty
f.gguf gguf 2 "" … like a JSON file
`},
		{"a split file", map[string]string{
			"big-00001-of-00003.gguf": "@gguf/quantised-q4_0.gguf", "big-00002-of-00003.gguf": "12", "big-00003-of-00003.gguf": "345",
			"big-00002-of-00002.gguf": "6",
		}, `big-00001-of-00003.gguf gguf 10949 "" … with llama-gguf-split --merge first
big-00002-of-00002.gguf gguf 1 "" … it begins with "6"
`},
		{"shards beside a copy of them", map[string]string{
			"m/config.json": `{}`, "m/model-00001-of-00002.safetensors": "12", "m/model-00002-of-00002.safetensors": "34", "m/consolidated.safetensors": "5678",
		}, "m folder 4 \"\" … it is part of\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			place(t, dir, c.files)
			l, err := Folder(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(show(l), dir, "DIR"); got != c.want {
				t.Errorf("found\n%swant\n%s", got, c.want)
			}
		})
	}
}

// cache makes a Hugging Face cache and returns its folder.
func cache(t *testing.T) string {
	dir := t.TempDir()
	place(t, dir, map[string]string{
		// As it is downloaded, with an older revision beside.
		"models--org--name/blobs/c1":                         "@llama-mha/config.json",
		"models--org--name/blobs/w1":                         "@llama-mha/model.safetensors",
		"models--org--name/refs/main":                        "rev1\n",
		"models--org--name/snapshots/rev0/config.json":       "{}",
		"models--org--name/snapshots/rev0/model.safetensors": "old",
		"models--org--name/snapshots/rev1/config.json":       ">../../blobs/c1",
		"models--org--name/snapshots/rev1/model.safetensors": ">../../blobs/w1",
		"models--org--files/refs/main":                       "../../escape",
		"models--org--files/snapshots/r/q8.gguf":             "@gguf/quantised-q8_0.gguf",
		"models--org--files/snapshots/r/Q4/q4.gguf":          "@gguf/quantised-q4_0.gguf",
		"models--gpt2/snapshots/r/config.json":               `{"model_type":"gpt2"}`,
		"models--gpt2/snapshots/r/model.safetensors":         "@llama-mha/model.safetensors",
		"models--org--tokens/snapshots/r/tokenizer.json":     "{}",
		"models--org--gone/snapshots/r/x.gguf":               ">../../blobs/gone",
		"models--org--out/snapshots/r/x.gguf":                ">../../../../outside.gguf",
		"models--org--empty/refs/main":                       "r",
		"datasets--org--name/snapshots/r/x.gguf":             "@gguf/quantised-q8_0.gguf",
		"version.txt":                                        "1",
	})
	return dir
}

func TestCached(t *testing.T) {
	outer := t.TempDir()
	place(t, outer, map[string]string{"outside.gguf": "@gguf/quantised-q8_0.gguf"})
	dir := filepath.Join(outer, "hub")
	if err := os.Rename(cache(t), dir); err != nil {
		t.Fatal(err)
	}
	l, err := Cached(t.Context(), func(name string) string { return map[string]string{"HF_HUB_CACHE": dir}[name] })
	if err != nil {
		t.Fatal(err)
	}
	const want = `org/out/x.gguf gguf 17344 "" … out of the cache
gpt2 folder 18064 "gpt2" … only llama and mistral
org/files/Q4/q4.gguf gguf 10944 "llama"
org/files/q8.gguf gguf 17344 "llama"
org/name folder 18064 "llama"
org/gone/x.gguf gguf 0 "" … file does not exist
`
	if got := show(l); got != want {
		t.Errorf("found\n%swant\n%s", got, want)
	}
	for _, f := range l.Models {
		if f.Name == "org/name" && f.Ref != filepath.Join(dir, "models--org--name", "snapshots", "rev1") {
			t.Errorf("it is taken from %s", f.Ref)
		}
	}
}

// TestMovedCache reads a cached model whose folder is a link to another disk.
func TestMovedCache(t *testing.T) {
	dir, elsewhere := t.TempDir(), cache(t)
	place(t, dir, map[string]string{"models--org--name": ">" + filepath.Join(elsewhere, "models--org--name")})
	l, err := Cached(t.Context(), func(name string) string { return map[string]string{"HF_HUB_CACHE": dir}[name] })
	if err != nil || show(l) != "org/name folder 18064 \"llama\"\n" {
		t.Errorf("%s, %v", show(l), err)
	}
}

func TestCacheFolder(t *testing.T) {
	for _, c := range []struct {
		environment map[string]string
		want        string
	}{
		{nil, ""},
		{map[string]string{"HOME": "/h"}, "/h/.cache/huggingface/hub"},
		{map[string]string{"USERPROFILE": "/u"}, "/u/.cache/huggingface/hub"},
		{map[string]string{"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"},
		{map[string]string{"HOME": "/h", "XDG_CACHE_HOME": "/x", "HF_HOME": "~/hf"}, "/h/hf/hub"},
		{map[string]string{"HOME": "/h", "HF_HOME": "/hf", "HF_HUB_CACHE": "/c"}, "/c"},
		{map[string]string{"HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old"},
	} {
		if got := CacheFolder(func(name string) string { return c.environment[name] }); got != filepath.FromSlash(c.want) {
			t.Errorf("%v: %q, want %q", c.environment, got, c.want)
		}
	}
}

// TestNothing looks where there is nothing, and for nobody.
func TestNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, place := range []string{"", missing} {
		if l, err := Cached(t.Context(), func(string) string { return place }); err != nil || len(l.Models) > 0 {
			t.Errorf("a cache at %q: %v, %v", place, l, err)
		}
	}
	if _, err := Folder(t.Context(), missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that isn't there: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	dir := cache(t)
	if _, err := Folder(cancelled, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Cached(cancelled, func(string) string { return dir }); !errors.Is(err, context.Canceled) {
		t.Errorf("the cache: %v", err)
	}
}

// TestTruncated has more than is listed.
func TestTruncated(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{}
	for i := range maxModels + 1 {
		files[fmt.Sprintf("%04d.gguf", i)] = "x"
	}
	place(t, dir, files)
	l, err := Folder(t.Context(), dir)
	if err != nil || !l.Truncated || len(l.Models) != maxModels || l.Models[0].Name != "0000.gguf" {
		t.Errorf("%d models, truncated: %v, %v", len(l.Models), l.Truncated, err)
	}
}

// TestFolderItself looks into a folder that is a model, by a relative path.
func TestFolderItself(t *testing.T) {
	l, err := Folder(t.Context(), filepath.Join("..", "testdata", "llama-mha"))
	if err != nil || show(l) != "llama-mha folder 18064 \"llama\"\n" {
		t.Errorf("%s, %v", show(l), err)
	}
}
