package tokenizer

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tiller/model/checkpoint/gguf"
)

// checkTokenizer encodes and decodes a text and makes sure of what must always
// hold.
func checkTokenizer(t *testing.T, tok *Tokenizer, text string) []Token {
	t.Helper()
	for _, o := range []EncodeOptions{{}, {ParseSpecial: true}, {NoSpecial: true}} {
		got, err := tok.Encode(text, o)
		if err != nil {
			if utf8.ValidString(text) && strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		checkOffsets(t, text, got)
		for _, g := range got {
			if g.ID < 0 || g.ID >= tok.Size() {
				t.Errorf("%q: the id %d of %d", text, g.ID, tok.Size())
			}
			if g.Piece != tok.Piece(g.ID) || g.Special != tok.Special(g.ID) {
				t.Errorf("%q: %+v", text, g)
			}
		}
		checkStream(t, tok.name, tok, idsOf(got))
		if o.NoSpecial {
			return got
		}
	}
	return nil
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small), "a <s>a\n")
	for _, seed := range []string{
		`{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}},"pre_tokenizer":{"type":"Whitespace"}}`,
		`{"model":{"type":"WordPiece","unk_token":"?","vocab":{"?":0,"a":1,"##b":2}},"normalizer":{"type":"BertNormalizer"},"decoder":{"type":"WordPiece"}}`,
		`{"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["a",-1],["▁a",-2]]},"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"decoder":{"type":"Metaspace","replacement":"▁"}}`,
		`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|\\s+(?!\\S)"},"behavior":"MergedWithNext","invert":true},{"type":"Digits"},{"type":"ByteLevel","add_prefix_space":true}]},"decoder":{"type":"ByteLevel"}}`,
		`{"model":{"type":"BPE","vocab":{"a":0,"b</w>":1},"merges":[],"end_of_word_suffix":"</w>"},"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Nmt"},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":true}]},"decoder":{"type":"Sequence","decoders":[{"type":"BPEDecoder"},{"type":"CTC"}]},"post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["a",0]}}`,
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAABhAA=="},"added_tokens":[{"id":1,"content":"b","single_word":true,"lstrip":true,"rstrip":true,"normalized":true}]}`,
	} {
		f.Add([]byte(seed), "ab a1 é\u0301 ▁")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if len(data) > 4096 {
			return
		}
		tok, err := Parse("fuzz.json", data)
		if err != nil {
			if len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || !strings.HasPrefix(err.Error(), "fuzz.json: ") {
				t.Errorf("the error is %q", err)
			}
			return
		}
		if len(text) > 24 { // expressions may be slow
			text = text[:24]
		}
		checkTokenizer(t, tok, text)
	})
}

func FuzzEncode(f *testing.F) {
	var all []*Tokenizer
	lossless := map[*Tokenizer]bool{}
	for _, c := range components(f) {
		if c.Name == "pre-tokenizer ahead" || c.Name == "pre-tokenizer group" {
			continue // its expressions take quadratic time
		}
		tok := parseComponent(f, c)
		lossless[tok] = c.Name == "byte level" || c.Name == "byte level whole" || c.Name == "normalizer byteLevel"
		all = append(all, tok)
	}
	for i := range all {
		f.Add(uint8(i), "Hello, <s> wörld 123\n\n 🤗")
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		if len(text) > 500 {
			return
		}
		tok := all[int(which)%len(all)]
		got := checkTokenizer(t, tok, text)
		if !lossless[tok] || !utf8.ValidString(text) {
			return
		}
		if back := tok.Decode(idsOf(got), false); back != text {
			t.Errorf("%s: %q came back as %q", tok.name, text, back)
		}
		// Lossless tokenizers cover every byte once.
		var pieces string
		for _, g := range got {
			pieces += text[g.Start:g.End]
		}
		if pieces != text {
			t.Errorf("%s: the offsets of %q cover %q", tok.name, text, pieces)
		}
	})
}

// FuzzCombine puts parts of different components together.
func FuzzCombine(f *testing.F) {
	all := components(f)
	parts := map[string][]json.RawMessage{}
	for _, c := range all {
		if c.Name == "pre-tokenizer ahead" || c.Name == "pre-tokenizer group" {
			continue
		}
		for key, raw := range c.Parts {
			parts[key] = append(parts[key], raw)
		}
	}
	keys := []string{"model", "normalizer", "pre_tokenizer", "decoder", "added_tokens", "post_processor"}
	known := map[[6]byte]*Tokenizer{}
	for i := range 20 {
		f.Add([]byte{byte(i), byte(i * 3), byte(i * 5), byte(i * 7), byte(i * 11), byte(i * 13)}, " Hello, wörld 123\n<s>🤗")
	}
	f.Fuzz(func(t *testing.T, choice []byte, text string) {
		if len(text) > 200 || len(choice) < 6 {
			return
		}
		which := [6]byte(choice)
		tok, ok := known[which]
		if !ok {
			file := map[string]json.RawMessage{}
			for i, key := range keys {
				file[key] = parts[key][int(which[i])%len(parts[key])]
			}
			data, err := json.Marshal(file)
			if err != nil {
				t.Fatal(err)
			}
			if tok, err = Parse("mixed.json", data); err != nil {
				tok = nil // its added tokens don't fit
			}
			if len(known) > 500 {
				clear(known)
			}
			known[which] = tok
		}
		if tok != nil {
			checkTokenizer(t, tok, text)
		}
	})
}

func FuzzGGUF(f *testing.F) {
	bases := []*gguf.File{smallLlama(f), smallGPT2(f)}
	keys := []string{
		keyModel, keyPre, keyTokens, keyScores, keyTypes, keyMerges, keyBOS, keyEOS, keyEOT, keyEOM, keyUnknown, keyAddBOS, keyAddEOS, keyAddSpace, keyChat,
	}
	for i := range keys {
		f.Add(uint8(i), uint8(i), uint8(i), "llama gpt2 a b", int64(i))
	}
	f.Fuzz(func(t *testing.T, base, key, kind uint8, text string, number int64) {
		changed := with(bases[int(base)%len(bases)], keys[int(key)%len(keys)], fuzzValue(kind, text, number))
		tok, err := FromGGUF(changed, "fuzz.gguf")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.gguf: ") || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) {
				t.Errorf("the error is %q", err)
			}
			return
		}
		checkTokenizer(t, tok, text)
		if tok.HasChatTemplate() {
			_, _ = tok.Chat([]Message{{"user", text}}, number%2 == 0)
		}
	})
}

// fuzzValue is a value of some kind.
func fuzzValue(kind uint8, text string, number int64) any {
	words := strings.Split(text, " ")
	switch kind % 9 {
	case 0:
		return nil
	case 1:
		return text
	case 2:
		return uint32(number)
	case 3:
		return number
	case 4:
		return number%2 == 0
	case 5:
		return slices.Repeat(words, int(uint8(number))+1)
	case 6:
		return slices.Repeat([]int32{int32(number), 1}, len(words)*100)
	case 7:
		return slices.Repeat([]float32{float32(number), 1}, 136)
	}
	merges := make([]string, len(words))
	for i, w := range words {
		merges[i] = strings.ReplaceAll(w, "_", " ")
	}
	return merges
}
