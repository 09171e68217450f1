package tokenizer

import (
	"fmt"
	"strings"
	"testing"
)

// hostileUnits are repeated to make texts that take quadratic time where care
// was not taken.
var hostileUnits = []string{
	"a", " ", "ab", "\n", " \n", "\t ", "7", "!", "'", "🤗", "\u0301", "\u0301\u0316", "你", "▁", "<", "<s", "<0x0A>", "A", "\u1100\u1161", "\x00", "word ",
}

// TestHostileTexts encodes 32 KiB of everything with every
// kind of tokenizer, and decodes it. Work that is more than linear would not
// come to an end here; pattern and subword count theirs.
func TestHostileTexts(t *testing.T) {
	kinds := map[string]bool{
		"byte level": true, "llama": true, "unigram bytes": true, "word piece": true, "byte level nfc": true,
		"pre-tokenizer onig": true, "pre-tokenizer several": true, "normalizer several": true, "added both": true,
	}
	for _, c := range components(t) {
		if !kinds[c.Name] {
			continue
		}
		tok := parseComponent(t, c)
		for _, unit := range hostileUnits {
			text := strings.Repeat(unit, (1<<15)/len(unit)) + "x"
			got, err := tok.Encode(text, EncodeOptions{ParseSpecial: true})
			if err != nil {
				t.Fatal(err)
			}
			_ = tok.Decode(idsOf(got), true)
		}
	}
}

func TestHostileVocabularies(t *testing.T) {
	// One added token that almost matches everywhere.
	long := strings.Repeat("a", 1000) + "b"
	file := `{"added_tokens":[{"id":1,"content":"` + long + `","lstrip":true,"rstrip":true}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`
	tok, err := Parse("long.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tok.Encode(strings.Repeat("a", 1<<16), EncodeOptions{ParseSpecial: true}); err != nil {
		t.Fatal(err)
	}
	// A normalizer that makes much of little.
	x := strings.Repeat("a", 1000)
	grow := `{"type":"Replace","pattern":{"String":"a"},"content":"` + x + `"}`
	file = `{"normalizer":{"type":"Sequence","normalizers":[` + grow + `,` + grow + `,` + grow + `]},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`
	if tok, err = Parse("grow.json", []byte(file)); err != nil {
		t.Fatal(err)
	}
	_, err = tok.Encode(x, EncodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "more than 32 times as long") {
		t.Errorf("got %v", err)
	}
	// An expression that no engine does in good time is given up.
	slow := `{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\s{60000}x|\\s"},"behavior":"Isolated"},"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`
	if tok, err = Parse("slow.json", []byte(slow)); err != nil {
		t.Fatal(err)
	}
	_, err = tok.Encode(strings.Repeat(" ", 1<<17), EncodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "slow.json: ") || !strings.Contains(err.Error(), "was given up on a text of 131072 bytes") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkHostile shows that time grows with the text: MB/s stay the same.
func BenchmarkHostile(b *testing.B) {
	for _, c := range components(b) {
		if c.Name != "byte level" && c.Name != "llama" {
			continue
		}
		tok := parseComponent(b, c)
		for _, unit := range []string{"a", " ", "ab", "🤗", "\u0301"} {
			for _, n := range []int{1 << 18, 1 << 20} {
				text := strings.Repeat(unit, n/len(unit))
				b.Run(fmt.Sprintf("%s/%q/%d", c.Name, unit, n), func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					for b.Loop() {
						if _, err := tok.Encode(text, EncodeOptions{}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
