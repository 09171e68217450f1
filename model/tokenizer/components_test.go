package tokenizer

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// component is a small tokenizer.json and what the reference makes of texts.
type component struct {
	Name  string
	Model string
	Parts map[string]json.RawMessage
	Cases []componentCase
	// Decodes are ids that no text gives.
	Decodes []decodeCase
	file    []byte
}

type decodeCase struct {
	ids       []int
	all, skip string
}

// UnmarshalJSON reads [ids, all, skip].
func (c *decodeCase) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&c.ids, &c.all, &c.skip})
}

type componentCase struct {
	text      string
	ids       []int
	all, skip string // decoded with and without special tokens
}

// UnmarshalJSON reads [text, ids, all, skip].
func (c *componentCase) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&c.text, &c.ids, &c.all, &c.skip})
}

// readGzip reads a compressed JSON file.
func readGzip(t testing.TB, path string, into any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// components reads the fixtures that testdata/components.mjs writes.
func components(t testing.TB) []component {
	t.Helper()
	var j struct {
		Models   map[string]json.RawMessage
		Fixtures []component
	}
	readGzip(t, "testdata/components.json.gz", &j)
	for i, c := range j.Fixtures {
		c.Parts["version"] = json.RawMessage(`"1.0"`)
		c.Parts["model"] = j.Models[c.Model]
		var err error
		if j.Fixtures[i].file, err = json.Marshal(c.Parts); err != nil {
			t.Fatal(err)
		}
	}
	return j.Fixtures
}

func parseComponent(t testing.TB, c component) *Tokenizer {
	t.Helper()
	tok, err := Parse(c.Name, c.file)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestComponents compares every component with the npm package
// tokenizers@0.23.2, both ways.
func TestComponents(t *testing.T) {
	count := 0
	for _, c := range components(t) {
		t.Run(c.Name, func(t *testing.T) {
			tok := parseComponent(t, c)
			for _, want := range c.Cases {
				count++
				got, err := tok.Encode(want.text, EncodeOptions{ParseSpecial: true})
				if err != nil {
					t.Errorf("%q: %v", want.text, err)
					continue
				}
				if !slices.Equal(idsOf(got), want.ids) {
					t.Errorf("%q:\n got %v\nwant %v", want.text, idsOf(got), want.ids)
				}
				checkOffsets(t, want.text, got)
				if text := tok.Decode(want.ids, false); text != want.all {
					t.Errorf("Decode(%q):\n got %q\nwant %q", want.text, text, want.all)
				}
				if text := tok.Decode(want.ids, true); text != want.skip {
					t.Errorf("Decode(%q) without special tokens:\n got %q\nwant %q", want.text, text, want.skip)
				}
			}
			for _, want := range c.Decodes {
				if text := tok.Decode(want.ids, false); text != want.all {
					t.Errorf("Decode(%v):\n got %q\nwant %q", want.ids, text, want.all)
				}
				if text := tok.Decode(want.ids, true); text != want.skip {
					t.Errorf("Decode(%v) without special tokens:\n got %q\nwant %q", want.ids, text, want.skip)
				}
			}
		})
	}
	t.Logf("%d cases", count)
}

// checkOffsets makes sure that tokens go through the text from left to right.
func checkOffsets(t testing.TB, text string, tokens []Token) {
	t.Helper()
	start, end := 0, 0
	for i, tok := range tokens {
		if tok.Start < start || tok.End < end || tok.Start > tok.End || tok.End > len(text) {
			t.Errorf("%q: token %d covers [%d, %d) after [%d, %d)", text, i, tok.Start, tok.End, start, end)
		}
		start, end = tok.Start, tok.End
	}
}
