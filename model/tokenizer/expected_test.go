package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// expectation is what the npm package tokenizers@0.23.2 makes of the strings of
// testdata/strings.json.gz (testdata/expect.mjs).
type expectation struct {
	SHA256 string
	IDs    [][]int
	Texts  []*string // nil: the string itself
}

// source returns the tokenizer.json that an expectation was made with: of
// ../shared, converted from there, or of a folder that the environment names.
func source(t *testing.T, name string) []byte {
	t.Helper()
	var path string
	switch {
	case slices.Contains(converted, name):
		return convert(t, name)
	case name == "tiny":
		path = filepath.Join("testdata", "tiny", "tokenizer.json")
	case name == "stories":
		path = shared(t, "models", "stories260K", "hf", "tokenizer.json")
	case name == "baby":
		path = shared(t, "models", "babyllama105", "hf", "tokenizer.json")
	default:
		dir := os.Getenv("TILLER_TOKENIZERS")
		if dir == "" {
			t.Skipf("TILLER_TOKENIZERS names no folder with %s.json", name)
		}
		path = filepath.Join(dir, name+".json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	return data
}

// TestExpected compares whole tokenizers with the reference, both ways.
func TestExpected(t *testing.T) {
	var texts []string
	readGzip(t, "testdata/strings.json.gz", &texts)
	files, err := filepath.Glob("testdata/expected/*.json.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no expectations: %v", err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json.gz")
		t.Run(name, func(t *testing.T) {
			data := source(t, name)
			var want expectation
			readGzip(t, path, &want)
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
				t.Fatalf("the tokenizer.json is not the one that the expectations were made with")
			}
			tok, err := Parse(name, data)
			if err != nil {
				t.Fatal(err)
			}
			right := 0
			for i, text := range texts {
				if compareExpected(t, tok, text, want.IDs[i], want.Texts[i]) {
					right++
				}
			}
			t.Logf("%d of %d", right, len(texts))
			if slices.Contains(converted, name) {
				compareGGUF(t, name, texts, want)
			}
		})
	}
}

func compareExpected(t *testing.T, tok *Tokenizer, text string, ids []int, decoded *string) bool {
	t.Helper()
	got, err := tok.Encode(text, EncodeOptions{ParseSpecial: true})
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return false
	}
	checkOffsets(t, text, got)
	want := text
	if decoded != nil {
		want = *decoded
	}
	if !slices.Equal(idsOf(got), ids) {
		t.Errorf("%q:\n got %v\nwant %v", text, idsOf(got), ids)
		return false
	}
	if back := tok.Decode(ids, false); back != want {
		t.Errorf("Decode(%q):\n got %q\nwant %q", text, back, want)
		return false
	}
	return true
}

// compareGGUF compares the tokenizer in the GGUF file with what the reference
// makes of its conversion.
func compareGGUF(t *testing.T, name string, texts []string, want expectation) {
	t.Helper()
	tok, err := Open(shared(t, "vocab", "ggml-vocab-"+name+".gguf"))
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, text := range texts {
		got, err := tok.Encode(text, EncodeOptions{ParseSpecial: true, NoSpecial: true})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		ids := want.IDs[i]
		if name == "llama-spm" {
			ids = ids[1:] // BOS
		}
		if !slices.Equal(idsOf(got), ids) {
			t.Errorf("the GGUF file on %q:\n got %v\nwant %v", text, idsOf(got), ids)
			continue
		}
		right++
	}
	t.Logf("the GGUF file: %d of %d", right, len(texts))
}
