package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shared returns the path of a file of ../shared, or skips the test.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no ../shared: %v", err)
	}
	return path
}

// TestLlamaCppVocabularies compares with the ids that llama.cpp expects of its
// own test strings, special tokens not parsed and none put before. Two of the
// vocabularies are not in ../shared; the tokenizer.json files of the same models
// stand in for them.
func TestLlamaCppVocabularies(t *testing.T) {
	for name, file := range map[string]string{
		"gpt-2": "", "llama-spm": "", "deepseek-llm": "", "falcon": "", "llama-bpe": "llama3.json", "qwen2": "qwen2_5.json",
	} {
		t.Run(name, func(t *testing.T) {
			ids := shared(t, "vocab", "ggml-vocab-"+name+".gguf.out")
			path := strings.TrimSuffix(ids, ".out")
			if file != "" {
				dir := os.Getenv("TILLER_TOKENIZERS")
				if dir == "" {
					t.Skipf("TILLER_TOKENIZERS names no folder with %s", file)
				}
				path = filepath.Join(dir, file)
			}
			tok, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			texts, want := vocabStrings(t, strings.TrimSuffix(ids, ".out"))
			right := 0
			for i, text := range texts {
				got, err := tok.Encode(text, EncodeOptions{NoSpecial: true})
				if err != nil {
					t.Fatal(err)
				}
				if g := fmt.Sprint(idsOf(got)); g != fmt.Sprint(want[i]) {
					t.Errorf("%q:\n got %s\nwant %v", text, g, want[i])
					continue
				}
				right++
			}
			t.Logf("%d of %d", right, len(texts))
		})
	}
}

func idsOf(tokens []Token) []int {
	ids := make([]int, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID
	}
	return ids
}

func vocabStrings(t *testing.T, path string) (texts []string, ids [][]int) {
	t.Helper()
	in, err := os.ReadFile(path + ".inp")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(path + ".out")
	if err != nil {
		t.Fatal(err)
	}
	texts = strings.Split(string(in), "\n__ggml_vocab_test__\n")
	if texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		row := []int{}
		for _, field := range strings.Fields(line) {
			id, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, id)
		}
		ids = append(ids, row)
	}
	if len(texts) != len(ids) {
		t.Fatalf("%d texts and %d lines of ids", len(texts), len(ids))
	}
	return texts, ids
}
