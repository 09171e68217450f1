package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/model/checkpoint/gguf"
	"tiller/model/tokenizer/bytelevel"
)

// writeGGUF makes a file of keys and values in turn.
func writeGGUF(t testing.TB, pairs ...any) []byte {
	t.Helper()
	var kvs []gguf.KeyValue
	for i := 0; i < len(pairs); i += 2 {
		kvs = append(kvs, gguf.KeyValue{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	var b strings.Builder
	if err := gguf.Write(&b, kvs, nil); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func parseGGUF(t testing.TB, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse("small.gguf", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// smallLlama is a SentencePiece vocabulary of <unk>, <s>, </s>, the 256 bytes
// and a few pieces.
func smallLlama(t testing.TB) *gguf.File {
	tokens := []string{"<unk>", "<s>", "</s>"}
	types := []int32{2, 3, 3}
	for b := range 256 {
		tokens, types = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(types, 6)
	}
	for _, piece := range []string{"▁", "a", "b", "▁a", "ab", "▁ab", "<", ">", "s", "s>", "<s", "é"} {
		tokens, types = append(tokens, piece), append(types, 1)
	}
	tokens, types = append(tokens, "<tool>"), append(types, 4)
	scores := make([]float32, len(tokens))
	for i := range scores {
		scores[i] = float32(-i)
	}
	return parseGGUF(t, writeGGUF(t, keyModel, "llama", keyTokens, tokens, keyScores, scores, keyTypes, types,
		keyBOS, uint32(1), keyEOS, uint32(2), keyUnknown, uint32(0),
		keyChat, "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}"))
}

// smallGPT2 is a byte-level vocabulary with a few merges and ChatML tokens.
func smallGPT2(t testing.TB) *gguf.File {
	var tokens []string
	var types []int32
	for b := range 256 {
		tokens, types = append(tokens, string(bytelevel.Rune(byte(b)))), append(types, 1)
	}
	tokens = append(tokens, "Ġa", "ab", "Ġab", "<|im_start|>", "<|im_end|>", "<think>", "[PAD262]")
	types = append(types, 1, 1, 1, 3, 1, 4, 5) // <|im_end|> has the wrong type, as in some files
	return parseGGUF(t, writeGGUF(t, keyModel, "gpt2", keyPre, "smollm", keyTokens, tokens, keyTypes, types,
		keyMerges, []string{"a b", "Ġ a", "Ġ ab", "Ġa b"}, keyEOS, uint32(259)))
}

func TestGGUFKinds(t *testing.T) {
	llama, err := FromGGUF(smallLlama(t), "llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	gpt2, err := FromGGUF(smallGPT2(t), "gpt2.gguf")
	if err != nil {
		t.Fatal(err)
	}
	const first = 3 + 256 // of the pieces of smallLlama
	tests := []struct {
		name string
		tok  *Tokenizer
		text string
		o    EncodeOptions
		want []int
	}{
		{"bos", llama, "ab", EncodeOptions{}, []int{1, first + 5}},
		{"no bos", llama, "ab", EncodeOptions{NoSpecial: true}, []int{first + 5}},
		{"empty", llama, "", EncodeOptions{}, []int{1}},
		{"bytes", llama, "\n", EncodeOptions{NoSpecial: true}, []int{first, 3 + '\n'}},
		{"bytes of a character", llama, "ü", EncodeOptions{NoSpecial: true}, []int{first, 3 + 0xc3, 3 + 0xbc}},
		{"a piece beyond ASCII", llama, "é", EncodeOptions{NoSpecial: true}, []int{first, first + 11}},
		{"special as text", llama, "<s>", EncodeOptions{NoSpecial: true}, []int{first, first + 6, first + 9}},
		{"special parsed", llama, "<s>a</s>", EncodeOptions{NoSpecial: true, ParseSpecial: true}, []int{1, first + 3, 2}},
		{"user-defined", llama, "a<tool>a", EncodeOptions{NoSpecial: true}, []int{first + 3, first + 12, first + 3}},
		{"byte name as text", llama, "<0x0A>", EncodeOptions{NoSpecial: true}, []int{first, first + 6, 3 + '0', 3 + 'x', 3 + '0', 3 + 'A', first + 7}},
		{"words", gpt2, "ab ab", EncodeOptions{}, []int{257, 258}},
		{"chat text", gpt2, "<|im_end|>", EncodeOptions{}, []int{'<', '|', 'i', 'm', '_', 'e', 'n', 'd', '|', '>'}},
		{"chat tokens", gpt2, "<|im_start|>a<|im_end|>", EncodeOptions{ParseSpecial: true}, []int{259, 'a', 260}},
		{"thinking", gpt2, "<think>", EncodeOptions{}, []int{261}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.tok.Encode(tc.text, tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(idsOf(got), tc.want) {
				t.Errorf("got %v, want %v", idsOf(got), tc.want)
			}
			checkOffsets(t, tc.text, got)
		})
	}
	if got := gpt2.EOS(); !slices.Equal(got, []int{259, 260}) {
		t.Errorf("EOS = %v", got)
	}
	if got := llama.EOS(); !slices.Equal(got, []int{2}) {
		t.Errorf("EOS = %v", got)
	}
	if id, ok := llama.BOS(); id != 1 || !ok {
		t.Errorf("BOS = %d, %v", id, ok)
	}
	if _, ok := gpt2.BOS(); ok {
		t.Error("gpt2 has a BOS")
	}
	for id, want := range map[int]string{1: "<s>", first: " ", first + 3: " a", 3 + 0xc3: "\xc3", first + 12: "<tool>", -1: "", 99999: ""} {
		if got := llama.Piece(id); got != want {
			t.Errorf("Piece(%d) = %q, want %q", id, got, want)
		}
	}
	if !llama.Special(0) || !llama.Special(2) || llama.Special(first+12) || llama.Special(first) || llama.Special(-1) {
		t.Error("wrong tokens are special")
	}
	if !gpt2.Special(260) {
		t.Error("<|im_end|> is not special")
	}
	if got := llama.Size(); got != first+13 {
		t.Errorf("Size = %d", got)
	}
	chat, err := llama.Chat([]Message{{"user", "hi"}}, true)
	if err != nil || chat != "<s>[user]hi</s>" {
		t.Errorf("Chat = %q, %v", chat, err)
	}
	if gpt2.HasChatTemplate() {
		t.Error("gpt2 has a chat template")
	}
	if _, err := gpt2.Chat(nil, true); err == nil || !strings.Contains(err.Error(), "no chat template") {
		t.Errorf("Chat: %v", err)
	}
}

func TestGGUFDecode(t *testing.T) {
	llama, err := FromGGUF(smallLlama(t), "llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		ids  []int
		skip bool
		want string
	}{
		{[]int{1, 262, 262}, true, "a a"},
		{[]int{1, 262, 262}, false, "<s> a a"},
		{[]int{3 + 0xf0, 3 + 0x9f, 3 + 0xa4, 3 + 0x97, 262}, true, "🤗 a"},
		{[]int{262, 3 + 0xf0, 3 + 0x9f, 262}, true, "a\ufffd\ufffd a"},
		{[]int{271, 259}, true, "<tool> "},
		{[]int{-5, 99999, 262}, true, "a"},
	} {
		if got := llama.Decode(tc.ids, tc.skip); got != tc.want {
			t.Errorf("Decode(%v, %v) = %q, want %q", tc.ids, tc.skip, got, tc.want)
		}
	}
}

func TestRefusedGGUF(t *testing.T) {
	long := strings.Repeat("x", 2000)
	tests := []struct {
		name string
		f    *gguf.File
		want string
	}{
		{"no tokenizer", with(smallLlama(t), keyModel, nil), "the key tokenizer.ggml.model is missing"},
		{"unknown kind", with(smallLlama(t), keyModel, "rwkv"), `the tokenizer kind "rwkv" of tokenizer.ggml.model is not supported`},
		{"kind of another type", with(smallLlama(t), keyModel, uint32(1)), "tokenizer.ggml.model"},
		{"no tokens", with(smallLlama(t), keyTokens, nil), "the key tokenizer.ggml.tokens is missing"},
		{"tokens of another type", with(smallLlama(t), keyTokens, []int32{1}), "tokenizer.ggml.tokens"},
		{"no scores", with(smallLlama(t), keyScores, nil), "tokenizer.ggml.scores has 0 entries for the 272 tokens"},
		{"few scores", with(smallLlama(t), keyScores, []float32{1}), "tokenizer.ggml.scores has 1 entries for the 272 tokens"},
		{"few types", with(smallLlama(t), keyTypes, []int32{1}), "tokenizer.ggml.token_type has 1 entries for the 272 tokens"},
		{"BOS out of range", with(smallLlama(t), keyBOS, uint32(272)), "tokenizer.ggml.bos_token_id is 272, which is out of range for a vocabulary of 272"},
		{"EOT out of range", with(smallLlama(t), keyEOT, uint32(1<<31)), "tokenizer.ggml.eot_token_id is 2147483648, which is out of range"},
		{"add EOS without one", with(smallGPT2(t), keyEOS, nil, keyAddEOS, true), "must end with EOS, but the key tokenizer.ggml.eos_token_id is missing"},
		{"add BOS without one", with(smallGPT2(t), keyAddBOS, true), "must begin with BOS, but the key tokenizer.ggml.bos_token_id is missing"},
		{"unknown pre-tokenizer", with(smallGPT2(t), keyPre, "wild"), `the pre-tokenizer "wild" of tokenizer.ggml.pre is not supported`},
		{"no merges", with(smallGPT2(t), keyMerges, nil), "the key tokenizer.ggml.merges is missing"},
		{"a merge of one", with(smallGPT2(t), keyMerges, []string{"ab"}), `tokenizer.ggml.merges: merge 0: "ab" must be two tokens`},
		{"an empty merge", with(smallGPT2(t), keyMerges, []string{"a b", ""}), `merge 1: "" must be two tokens`},
		{"a merge of unknown tokens", with(smallGPT2(t), keyMerges, []string{"a zz"}), `merge 0: the token "zz" is not in vocab`},
		{"a merge to an unknown token", with(smallGPT2(t), keyMerges, []string{"b a"}), `merge 0: the token "ba", which joins "b" and "a", is not in vocab`},
		{"a token twice", with(smallGPT2(t), keyTokens, []string{"a", "b", "a"}, keyTypes, nil, keyEOS, nil), `tokenizer.ggml.tokens: the token "a" is there twice, with the ids 0 and 2`},
		{"a long special token", with(smallGPT2(t), keyTokens, []string{long, "b"}, keyTypes, []int32{3, 1}, keyEOS, nil, keyMerges, []string{}), "the added token with id 0 has 2000 bytes"},
		{"a template of another type", with(smallGPT2(t), keyChat, uint32(1)), "tokenizer.chat_template"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := FromGGUF(tc.f, "bad.gguf")
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), ".gguf") {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestOpenGGUF(t *testing.T) {
	f := smallLlama(t)
	var pairs []any
	for _, kv := range f.KVs {
		pairs = append(pairs, kv.Key, kv.Value)
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, writeGGUF(t, pairs...), 0o644); err != nil {
		t.Fatal(err)
	}
	tok, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tok.Encode("ab", EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Token{{ID: 1, Piece: "<s>", Special: true}, {ID: 264, Piece: " ab", End: 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := os.WriteFile(path, []byte("GGUFgarbage"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("garbage: %v", err)
	}
}

// TestSharedModels compares the tokenizers in the GGUF files of the small real
// models with those in their folders.
func TestSharedModels(t *testing.T) {
	var texts []string
	readGzip(t, "testdata/strings.json.gz", &texts)
	for _, name := range []string{"stories260K", "babyllama105"} {
		folder, err := Open(shared(t, "models", name, "hf"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := Open(shared(t, "models", name, name+"-f32.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(folder.EOS(), file.EOS()) || folder.Size() != file.Size() || folder.bos != file.bos {
			t.Errorf("%s: the folder ends with %v, begins with %d and has %d tokens, the file %v, %d and %d", name,
				folder.EOS(), folder.bos, folder.Size(), file.EOS(), file.bos, file.Size())
		}
		for _, text := range texts {
			for _, o := range []EncodeOptions{{}, {ParseSpecial: true}, {NoSpecial: true}} {
				a, err := folder.Encode(text, o)
				if err != nil {
					t.Fatal(err)
				}
				b, err := file.Encode(text, o)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(idsOf(a), idsOf(b)) {
					t.Errorf("%s on %q (%+v):\nfolder %v\n  file %v", name, text, o, idsOf(a), idsOf(b))
				}
			}
		}
	}
}
