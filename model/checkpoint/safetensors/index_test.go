package safetensors

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"tiller/model/checkpoint/badfile"
)

func TestParseIndex(t *testing.T) {
	index, err := ParseIndex("i.json", []byte(`{"metadata": {"total_size": 12, "deep": [{"x": null}]},
		"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}, "more": 1} `))
	if err != nil {
		t.Fatal(err)
	}
	want := Index{"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
	if !maps.Equal(index, want) {
		t.Errorf("index is %v", index)
	}
}

func TestParseIndexRefuses(t *testing.T) {
	at := func(file string) string { return `{"weight_map":{"a":"` + file + `"}}` }
	tests := []struct{ name, text, want string }{
		{"empty", "", "the JSON ends inside it"},
		{"no map", `{"metadata":{}}`, `its "weight_map" is missing or empty`},
		{"empty map", `{"weight_map":{}}`, `its "weight_map" is missing or empty`},
		{"map twice", `{"weight_map":{"a":"a.safetensors"},"weight_map":{"a":"a.safetensors"}}`, `the name "weight_map" stands twice`},
		{"tensor twice", `{"weight_map":{"a":"a.safetensors","a":"a.safetensors"}}`, `the name "a" stands twice`},
		{"not a string", `{"weight_map":{"a":1}}`, `at tensor "a", a string is expected`},
		{"list", `[]`, `"{" is expected`},
		{"more", `{"weight_map":{"a":"a.safetensors"}} {}`, "follows"},
		{"deep", `{"x":` + strings.Repeat("[", 100_000), "the JSON is broken"},
		{"not UTF-8", "{\"weight_map\":{\"\xff\":\"a.safetensors\"}}", "is not valid UTF-8"},
		{"up", at("../a.safetensors"), `at tensor "a", "../a.safetensors" is not the plain name of a .safetensors file`},
		{"down", at("sub/a.safetensors"), "plain name"},
		{"absolute", at("/etc/a.safetensors"), "plain name"},
		{"backslash", at(`..\\a.safetensors`), "plain name"},
		{"drive", at("C:a.safetensors"), "plain name"},
		{"other kind", at("pytorch_model.bin"), "plain name"},
		{"empty name", at(""), "plain name"},
		{"null byte", at(`a\u0000.safetensors`), "plain name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseIndex("i.json", []byte(test.text))
			var placed *badfile.Error
			if !errors.As(err, &placed) || !strings.HasPrefix(err.Error(), "i.json: shard index (byte ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":1},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"b.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../b.safetensors"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		index, err := ParseIndex("fuzz", text)
		if err != nil {
			var placed *badfile.Error
			if !errors.As(err, &placed) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q of type %T", err, err)
			}
			return
		}
		for tensor, file := range index {
			if filepath.Dir(filepath.Join("folder", file)) != "folder" || filepath.Base(file) != file {
				t.Fatalf("tensor %q is in %q, outside the folder", tensor, file)
			}
		}
	})
}
