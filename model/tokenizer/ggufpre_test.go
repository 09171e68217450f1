package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"tiller/model/checkpoint/gguf"
)

// TestPreTokenizers checks every name of tokenizer.ggml.pre on the vocabulary
// of gpt-2 and the strings of testdata/strings.json.gz. testdata/pre.json holds
// the start of the SHA-256 of the ids, spaces between them and a newline
// between strings; llama.cpp (release of October 2026) gives the same ids.
func TestPreTokenizers(t *testing.T) {
	path := shared(t, "vocab", "ggml-vocab-gpt-2.gguf")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	readGzip(t, "testdata/strings.json.gz", &texts)
	raw, err := os.ReadFile("testdata/pre.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	done := map[string]string{}
	for name, hash := range want {
		words, whole, _ := preWords(name)
		key := fmt.Sprint(words, whole)
		if done[key] == "" {
			done[key] = preHash(t, f, name, texts)
		}
		if done[key] != hash {
			t.Errorf("%s: the ids have the hash %s, want %s", name, done[key], hash)
		}
	}
	t.Logf("%d names, %d pre-tokenizers", len(want), len(done))
}

func preHash(t *testing.T, f *gguf.File, name string, texts []string) string {
	t.Helper()
	tok, err := FromGGUF(with(f, keyPre, name, keyAddBOS, false), name)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(texts))
	for i, text := range texts {
		got, err := tok.Encode(text, EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = strings.Trim(fmt.Sprint(idsOf(got)), "[]")
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

// with returns a file with other values for some keys; nil removes a key.
func with(f *gguf.File, pairs ...any) *gguf.File {
	changed := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		changed[pairs[i].(string)] = pairs[i+1]
	}
	var kvs []gguf.KeyValue
	for _, kv := range f.KVs {
		if _, ok := changed[kv.Key]; !ok {
			kvs = append(kvs, kv)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			kvs = append(kvs, gguf.KeyValue{Key: pairs[i].(string), Value: pairs[i+1]})
		}
	}
	var b strings.Builder
	if err := gguf.Write(&b, kvs, nil); err != nil {
		panic(err)
	}
	out, err := gguf.Parse("changed.gguf", []byte(b.String()))
	if err != nil {
		panic(err)
	}
	return out
}
