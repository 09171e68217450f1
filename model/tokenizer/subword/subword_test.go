package subword

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
)

func parseModel(t testing.TB, text string) Model {
	t.Helper()
	m, err := Parse(json.RawMessage(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func ids(tokens []Token) []int {
	var out []int
	for _, t := range tokens {
		out = append(out, t.ID)
	}
	return out
}

func TestTokenize(t *testing.T) {
	const bpe = `"type":"BPE","vocab":{"<u>":0,"a":1,"b":2,"c":3,"ab":4,"abc":5,"é":6,"<0xF0>":7},"merges":["a b",["ab","c"]]`
	const prefixed = `{"type":"BPE","continuing_subword_prefix":"##","end_of_word_suffix":"$",
		"vocab":{"a":0,"##b":1,"##c$":2,"ab":3,"abc$":4,"a$":5},"merges":["a ##b","ab ##c$"]}`
	const pieces = `{"type":"WordPiece","unk_token":"?","vocab":{"?":0,"un":1,"##aff":2,"##able":3,"##a":4},"max_input_chars_per_word":9}`
	const unigram = `{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-1],["b",-1],["ab",-1.5],["abb",-9],["é",-3]]}`
	tests := []struct {
		model, word string
		want        []int
	}{
		{`{` + bpe + `}`, "", nil},
		{`{` + bpe + `}`, "abc", []int{5}},
		{`{` + bpe + `}`, "aabcb", []int{1, 5, 2}},
		{`{` + bpe + `}`, "axb", []int{4}}, /* as the reference: the unknown character goes first */
		{`{` + bpe + `,"unk_token":"<u>"}`, "xyab", []int{0, 0, 4}},
		{`{` + bpe + `,"unk_token":"<u>","fuse_unk":true}`, "xyaxé", []int{0, 1, 0, 6}},
		{`{` + bpe + `,"unk_token":"<u>","byte_fallback":true}`, "🤗", []int{0}},
		{`{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[],"ignore_merges":true}`, "ab", []int{2}},
		{`{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[],"ignore_merges":true}`, "aba", []int{0, 1, 0}},
		{prefixed, "abc", []int{4}},
		{prefixed, "a", []int{5}},
		{pieces, "unaffable", []int{1, 2, 3}},
		{pieces, "unx", []int{0}},
		{pieces, "unaaaaaaaaa", []int{0}},
		{unigram, "ab", []int{3}},
		{unigram, "abb", []int{3, 2}},
		{unigram, "axyb", []int{1, 0, 2}},
		{unigram, "é", []int{5}},
		{`{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}`, "a", []int{1}},
		{`{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}`, "aa", []int{0}},
	}
	for _, tc := range tests {
		got, err := parseModel(t, tc.model).Tokenize(tc.word, nil)
		if err != nil {
			t.Errorf("%s on %q: %v", tc.model, tc.word, err)
		}
		if !reflect.DeepEqual(ids(got), tc.want) {
			t.Errorf("%s on %q: got %v, want %v", tc.model, tc.word, ids(got), tc.want)
		}
	}
}

func TestRefusedModels(t *testing.T) {
	for text, want := range map[string]string{
		`null`:                 "there is no model",
		`{"type":"Magic"}`:     `the model type "Magic" is not supported`,
		`{"type":"BPE"}`:       "vocab must be an object",
		`{"type":"WordPiece"}`: "vocab must be an object",
		`{"type":"BPE","vocab":{},"merges":[],"dropout":0.1}`:                                      "dropout is 0.1",
		`{"type":"BPE","vocab":{"a":0}}`:                                                           "there are no merges",
		`{"type":"BPE","vocab":{"a":0},"merges":["a b"]}`:                                          `merges[0]: the token "b" is not in vocab`,
		`{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}`:                                    `merges[0]: the token "ab", which joins "a" and "b", is not in vocab`,
		`{"type":"BPE","vocab":{"a":0,"b":1},"merges":["ab"]}`:                                     `merges[0]: "ab" must be two tokens`,
		`{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a"]]}`:                                    "merges[0]: it must be a pair",
		`{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b","c"]]}`:                            "merges[0]: it must be a pair",
		`{"type":"BPE","vocab":{"a":0,"b":1},"merges":{"a":"b"}}`:                                  "merges must be a list",
		`{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}`:                                         `the tokens "a" and "b" both have the id 0`,
		`{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}`:                                         `the token "a" is there twice, with the ids 0 and 1`,
		`{"type":"BPE","vocab":{"a":-1},"merges":[]}`:                                              `the token "a" has the id -1, which is out of range`,
		`{"type":"BPE","vocab":{"a":99999999},"merges":[]}`:                                        "out of range for a vocabulary of 1",
		`{"type":"BPE","vocab":{"a":1.5},"merges":[]}`:                                             `the id of the token "a": it must be a whole number`,
		`{"type":"BPE","vocab":{"a":"x"},"merges":[]}`:                                             `the id of the token "a": it must be a whole number`,
		`{"type":"BPE","vocab":["a"],"merges":[]}`:                                                 "vocab must be an object",
		`{"type":"WordPiece","vocab":{"a":0}}`:                                                     `unk_token "[UNK]" is not in vocab`,
		`{"type":"WordPiece","vocab":{"[UNK]":0},"max_input_chars_per_word":100000}`:               "at most 1000",
		`{"type":"WordLevel","vocab":{"a":0}}`:                                                     "needs unk_token",
		`{"type":"Unigram","vocab":[["a",0]],"unk_id":1}`:                                          "unk_id is 1, with 1 tokens",
		`{"type":"Unigram","vocab":[["a",0],["a",1]],"unk_id":0}`:                                  `vocab[1]: the token "a" is there twice`,
		`{"type":"Unigram","vocab":[["` + strings.Repeat("a", 2000) + `",0]],"unk_id":0}`:          "vocab[0]: a token has 2000 bytes",
		`{"type":"Unigram","vocab":[["a","b"]],"unk_id":0}`:                                        "vocab[0]",
		`{"type":"BPE","continuing_subword_prefix":"####","vocab":{"a":0,"b":1},"merges":["a b"]}`: "shorter than continuing_subword_prefix",
	} {
		_, err := Parse(json.RawMessage(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: got %v, want %q", text, err, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	for model, want := range map[string]string{
		`{"type":"WordLevel","unk_token":"?","vocab":{"a":1}}`:       "has no unknown token",
		`{"type":"Unigram","vocab":[["a",0]]}`:                       "no unknown token",
		`{"type":"BPE","unk_token":"?","vocab":{"a":0},"merges":[]}`: `neither is the unknown token "?"`,
	} {
		_, err := parseModel(t, model).Tokenize("x", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", model, err, want)
		}
	}
}

// slowMerge is byte-pair encoding as the paper states it: look at all pairs,
// join the first of the best rank, and start again.
func slowMerge(m *BPE, word string) []int {
	tokens, _ := m.characters(word, nil)
	for {
		best, at := merge{rank: 1 << 30}, -1
		for i := range len(tokens) - 1 {
			if got, ok := m.lookup(word, tokens[i], tokens[i+1]); ok && got.rank < best.rank {
				best, at = got, i
			}
		}
		if at < 0 {
			return ids(tokens)
		}
		tokens[at].ID, tokens[at].End = int(best.id), tokens[at+1].End
		tokens = append(tokens[:at+1], tokens[at+2:]...)
	}
}

// TestMergesAgainstThePaper compares the heap with the plain algorithm on
// random merges and words.
func TestMergesAgainstThePaper(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 200 {
		vocab := NewVocab(0)
		names := []string{"a", "b", "c"}
		for i, n := range names {
			if err := vocab.Add(n, i, 1000); err != nil {
				t.Fatal(err)
			}
		}
		var merges []string
		var scores []float32
		for range 3 {
			scores = append(scores, 0)
		}
		for range 30 {
			left, right := names[rng.Intn(len(names))], names[rng.Intn(len(names))]
			if _, ok := vocab.ID(left + right); !ok {
				if err := vocab.Add(left+right, len(names), 1000); err != nil {
					t.Fatal(err)
				}
				names = append(names, left+right)
				scores = append(scores, float32(-rng.Intn(8)))
			}
			merges = append(merges, left+" "+right)
		}
		merged, err := MergedBPE(vocab, merges, false)
		if err != nil {
			t.Fatal(err)
		}
		scored, err := ScoredBPE(vocab, scores, ByteIDs(nil), 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			var word strings.Builder
			for range rng.Intn(40) {
				word.WriteByte("abc"[rng.Intn(3)])
			}
			for _, m := range []*BPE{merged, scored} {
				got, err := m.Tokenize(word.String(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if want := slowMerge(m, word.String()); fmt.Sprint(ids(got)) != fmt.Sprint(want) {
					t.Fatalf("%q with %q: got %v, want %v", word.String(), merges, ids(got), want)
				}
			}
		}
	}
}

// TestMergeWork counts the pairs that are taken from the heap for words that
// join in every way: there are never more than a few per character.
func TestMergeWork(t *testing.T) {
	var merges []string
	vocab := NewVocab(0)
	for _, unit := range []string{"a", "b"} {
		if err := vocab.Add(unit, vocab.Count(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	for _, unit := range []string{"a", "ab"} {
		for n := 1; n <= 64; n *= 2 {
			left := strings.Repeat(unit, n)
			right := left
			if unit == "ab" && n == 1 {
				if err := vocab.Add("ab", vocab.Count(), 1000); err != nil {
					t.Fatal(err)
				}
				merges = append(merges, "a b")
			}
			if err := vocab.Add(left+right, vocab.Count(), 1000); err != nil {
				t.Fatal(err)
			}
			merges = append(merges, left+" "+right)
		}
	}
	m, err := MergedBPE(vocab, merges, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"a", "b", "ab", "aab", "abb"} {
		word := strings.Repeat(unit, 1<<16/len(unit))
		tokens, err := m.characters(word, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := mergeWord{model: m, word: word, tokens: tokens}
		w.run()
		if w.pops > 4*len(word) {
			t.Errorf("%q...: %d pairs for %d characters", unit, w.pops, len(word))
		}
	}
}

func BenchmarkTokenize(b *testing.B) {
	m := parseModel(b, `{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"aa":3,"aaaa":4,"abab":5},"merges":["a b","a a","aa aa","ab ab"]}`)
	for _, unit := range []string{"a", "ab", "abb"} {
		for _, n := range []int{1 << 17, 1 << 18, 1 << 19, 1 << 20} {
			word := strings.Repeat(unit, n/len(unit))
			b.Run(fmt.Sprintf("%s/%d", unit, n), func(b *testing.B) {
				b.SetBytes(int64(n))
				var out []Token
				for b.Loop() {
					out, _ = m.Tokenize(word, out[:0])
				}
			})
		}
	}
}
