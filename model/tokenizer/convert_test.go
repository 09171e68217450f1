package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/model/checkpoint/gguf"
)

// converted are the vocabularies of ../shared that are made into
// tokenizer.json files, so that the reference can read them.
var converted = []string{"gpt-2", "llama-spm", "deepseek-llm", "falcon"}

// TestWriteConverted writes those files into the folder that the environment
// names, for testdata/expect.mjs.
func TestWriteConverted(t *testing.T) {
	dir := os.Getenv("TILLER_WRITE_TOKENIZERS")
	if dir == "" {
		t.Skip("TILLER_WRITE_TOKENIZERS names no folder to write to")
	}
	for _, name := range converted {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), convert(t, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type jsonMap = map[string]any

// convert makes a tokenizer.json of a vocabulary. The result is the same byte
// for byte each time.
func convert(t testing.TB, name string) []byte {
	t.Helper()
	path := shared(t, "vocab", "ggml-vocab-"+name+".gguf")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	v, err := readGGUFVocab(f)
	if err != nil {
		t.Fatal(err)
	}
	vocab := map[string]int{}
	var added []jsonMap
	for id, token := range v.tokens {
		vocab[token] = id
		special := v.types[id] == typeControl || v.types[id] == typeUnknown
		if special || v.types[id] == typeUserDefined {
			added = append(added, jsonMap{
				"id": id, "content": token, "special": special,
				"single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
			})
		}
	}
	out := jsonMap{"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil, "pre_tokenizer": nil, "post_processor": nil}
	model := jsonMap{
		"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
		"fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab,
	}
	out["model"] = model
	if scores, ok, _ := f.Floats(keyScores); ok && len(scores) > 0 {
		model["merges"] = mergesOfScores(vocab, scores)
		model["byte_fallback"], model["fuse_unk"], model["unk_token"] = true, true, "<unk>"
		convertSpaces(out, v)
	} else {
		merges, _, _ := f.Texts(keyMerges)
		model["merges"] = merges
		pre, _, _ := f.Text(keyPre)
		convertWords(t, out, pre)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mergesOfScores lists all pairs of tokens that spell a token, by its score,
// as transformers does to turn SentencePiece models into merges.
func mergesOfScores(vocab map[string]int, scores []float32) []string {
	type pair struct{ left, right, score, token int }
	var pairs []pair
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	rank := make([]int, len(scores))
	for i, id := range order {
		rank[id] = i
	}
	names := make([]string, len(scores))
	for token, id := range vocab {
		names[id] = token
		for i := 1; i < len(token); i++ {
			left, ok := vocab[token[:i]]
			right, ok2 := vocab[token[i:]]
			if ok && ok2 {
				pairs = append(pairs, pair{left, right, rank[id], id})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.left, b.left), cmp.Compare(a.right, b.right))
	})
	var out []string
	for _, p := range pairs {
		out = append(out, names[p.left]+" "+names[p.right])
	}
	return out
}

func convertSpaces(out jsonMap, v *ggufVocab) {
	replace := func(from, to string) jsonMap {
		return jsonMap{"type": "Replace", "pattern": jsonMap{"String": from}, "content": to}
	}
	out["normalizer"] = jsonMap{"type": "Sequence", "normalizers": []any{
		jsonMap{"type": "Prepend", "prepend": spaceMark}, replace(" ", spaceMark),
	}}
	out["decoder"] = jsonMap{"type": "Sequence", "decoders": []any{
		replace(spaceMark, " "), jsonMap{"type": "ByteFallback"}, jsonMap{"type": "Fuse"},
		jsonMap{"type": "Strip", "content": " ", "start": 1, "stop": 0},
	}}
	bos := v.tokens[v.bos]
	text := jsonMap{"Sequence": jsonMap{"id": "A", "type_id": 0}}
	special := jsonMap{"SpecialToken": jsonMap{"id": bos, "type_id": 0}}
	out["post_processor"] = jsonMap{
		"type": "TemplateProcessing", "single": []any{special, text}, "pair": []any{special, text, jsonMap{"Sequence": jsonMap{"id": "B", "type_id": 1}}},
		"special_tokens": jsonMap{bos: jsonMap{"id": bos, "ids": []int{v.bos}, "tokens": []string{bos}}},
	}
}

func convertWords(t testing.TB, out jsonMap, pre string) {
	t.Helper()
	words, _, _ := preWords(pre)
	if words == nil {
		t.Fatalf("the pre-tokenizer %q has no expressions", pre)
	}
	var parts []any
	for _, expr := range words {
		parts = append(parts, jsonMap{"type": "Split", "pattern": jsonMap{"Regex": unescapeHex(expr)}, "behavior": "Isolated", "invert": false})
	}
	level := jsonMap{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}
	out["pre_tokenizer"] = jsonMap{"type": "Sequence", "pretokenizers": append(parts, level)}
	out["post_processor"], out["decoder"] = level, level
}

// unescapeHex writes \x{...} as the character.
func unescapeHex(expr string) string {
	var b strings.Builder
	for expr != "" {
		rest, ok := strings.CutPrefix(expr, `\x{`)
		if !ok {
			b.WriteByte(expr[0])
			expr = expr[1:]
			continue
		}
		code, after, _ := strings.Cut(rest, "}")
		var r rune
		for _, c := range code {
			r = r<<4 | rune(strings.IndexRune("0123456789abcdef", c))
		}
		b.WriteRune(r)
		expr = after
	}
	return b.String()
}
