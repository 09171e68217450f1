package tokenizer

import (
	"strconv"
	"strings"
	"testing"
)

func TestUnknownWords(t *testing.T) {
	tok, err := Parse("t.json", []byte(`{
		"model": {"type": "WordLevel", "unk_token": "?", "vocab": {"a": 0, "b": 1}},
		"added_tokens": [{"id": 2, "content": "|", "special": false}],
		"pre_tokenizer": {"type": "WhitespaceSplit"}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range 12 {
		many = append(many, "w"+strconv.Itoa(i))
	}
	const lack = " not in the vocabulary, which has no unknown token"
	for _, test := range []struct{ name, text, want string }{
		{"one", "a x b", `the word "x" is` + lack},
		{"each once, on both sides of an added token", "x y x | z a", `the words "x", "y" and "z" are` + lack},
		{"ten", strings.Join(many[:10], " "), `and "w9" are` + lack},
		{"more than ten", strings.Join(many, " "), `"w9" and others are` + lack},
		{"what a terminal acts on", "a \x1b[31m\u202e b", `the word "\x1b[31m\u202e" is` + lack},
		{"a long one", strings.Repeat("é", 50), `the word "` + strings.Repeat("é", 20) + `…" is` + lack},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tok.Encode(test.text, EncodeOptions{})
			if err == nil {
				t.Fatal("encoded")
			}
			if !strings.HasPrefix(err.Error(), "t.json: ") || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("%q, want %q", err, test.want)
			}
		})
	}
}

// The words that are known have the ids they have anywhere.
func TestWordsBetweenSpaces(t *testing.T) {
	tok, err := Parse("t.json", []byte(`{
		"model": {"type": "WordLevel", "unk_token": "?", "vocab": {"<s>": 0, "a": 1, "b": 2, ".": 3}},
		"added_tokens": [{"id": 0, "content": "<s>", "special": true}],
		"pre_tokenizer": {"type": "WhitespaceSplit"}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	ids := []int{1, 2, 3, 1, 3}
	const text = "a b . a ."
	tokens, err := tok.Encode(text, EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, token := range tokens {
		if token.ID != ids[i] || text[token.Start:token.End] != token.Piece {
			t.Errorf("token %d is %+v, want the id %d", i, token, ids[i])
		}
	}
	for _, test := range []struct {
		ids         []int
		skipSpecial bool
		want        string
	}{
		{ids, true, text},
		{append([]int{0}, ids...), true, text},
		{append([]int{0}, ids...), false, "<s> " + text},
		{nil, true, ""},
	} {
		if got := tok.Decode(test.ids, test.skipSpecial); got != test.want {
			t.Errorf("%v came to %q, want %q", test.ids, got, test.want)
		}
	}
}
