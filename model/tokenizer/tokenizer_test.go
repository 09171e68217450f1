package tokenizer

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// small is a byte-fallback tokenizer with special and other added tokens.
const small = `{"version":"1.0","added_tokens":[
	{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true},{"id":2,"content":"</s>","special":true},
	{"id":9,"content":"<tool>","special":false}],
	"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
	"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[1]}}},
	"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
	"model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{"<unk>":0,"<s>":1,"</s>":2,"▁":3,"a":4,"▁a":5,"<0xF0>":6,"<0x0A>":7,"b":8},"merges":["▁ a"]}}`

func parseSmall(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := Parse("small.json", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestEncodeTokens(t *testing.T) {
	tok := parseSmall(t)
	got, err := tok.Encode("a <s>a<tool>\n", EncodeOptions{ParseSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []Token{
		{1, "<s>", 0, 0, true}, {5, " a", 0, 1, false}, {3, " ", 1, 2, false}, {1, "<s>", 2, 5, true},
		{5, " a", 5, 6, false}, {9, "<tool>", 6, 12, false}, {3, " ", 12, 12, false}, {7, "\n", 12, 13, false},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	plain, err := tok.Encode("<s>", EncodeOptions{NoSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plain {
		if p.ID == 1 {
			t.Error("text became a special token")
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	tok := parseSmall(t)
	for text, at := range map[string]int{"\xff": 0, "aé\xe2\x82": 3, "a\xed\xa0\x80": 1, "ab\xc0\xaf": 2} {
		_, err := tok.Encode(text, EncodeOptions{})
		if want := fmt.Sprintf("not valid UTF-8 at byte %d", at); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestStreamIsDecode pushes random ids through every component's stream: what
// comes out joined together is what Decode returns, whole characters at a time.
func TestStreamIsDecode(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, c := range components(t) {
		tok := parseComponent(t, c)
		for range 50 {
			ids := make([]int, rng.Intn(30))
			for i := range ids {
				ids[i] = rng.Intn(tok.Size()+4) - 2
			}
			checkStream(t, c.Name, tok, ids)
		}
	}
}

func checkStream(t testing.TB, name string, tok *Tokenizer, ids []int) {
	t.Helper()
	for _, skip := range []bool{true, false} {
		s := tok.StreamAll()
		if skip {
			s = tok.Stream()
		}
		var out string
		for _, id := range ids {
			part := s.Push(id)
			if !utf8.ValidString(part) {
				t.Errorf("%s: Push(%d) = %q", name, id, part)
			}
			out += part
		}
		out += s.Flush()
		if want := tok.Decode(ids, skip); out != want {
			t.Errorf("%s: %v streams to %q, decodes to %q", name, ids, out, want)
		}
	}
}

func TestStreamIsPrompt(t *testing.T) {
	tok := parseSmall(t)
	s := tok.Stream()
	var got []string
	for _, id := range []int{1, 5, 3, 7, 6, 8, 9, 6} {
		got = append(got, s.Push(id))
	}
	got = append(got, s.Flush())
	want := []string{"", "a", " ", "\n", "", "\ufffdb", "<tool>", "", "\ufffd"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRoundTrip decodes what was encoded with tokenizers that lose nothing.
func TestRoundTrip(t *testing.T) {
	lossless := map[string]bool{"byte level": true, "byte level whole": true, "llama": true, "added plain": true, "normalizer byteLevel": true}
	for _, c := range components(t) {
		if !lossless[c.Name] {
			continue
		}
		tok := parseComponent(t, c)
		for _, cc := range c.Cases {
			for _, o := range []EncodeOptions{{}, {ParseSpecial: true}, {NoSpecial: true}} {
				got, err := tok.Encode(cc.text, o)
				if err != nil {
					t.Fatal(err)
				}
				ids := idsOf(got)
				if !o.NoSpecial {
					ids = ids[len(tok.prefix):]
				}
				want := cc.text
				if tok.normalizer != nil && c.Model == "fallback" {
					want = strings.ReplaceAll(want, "▁", " ") // which SentencePiece can't tell apart
				}
				if back := tok.Decode(ids, false); back != want {
					// A space also goes before text that follows a special token.
					if o.ParseSpecial && strings.ReplaceAll(back, " ", "") == strings.ReplaceAll(want, " ", "") {
						continue
					}
					t.Errorf("%s: %q (%+v) came back as %q", c.Name, cc.text, o, back)
				}
				delete(lossless, c.Name)
			}
		}
	}
	if len(lossless) > 0 {
		t.Errorf("not there: %v", lossless)
	}
}

func TestRefusedFiles(t *testing.T) {
	part := func(key, value string) string {
		return `{"version":"1.0","` + key + `":` + value + `,"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`
	}
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 20) + strings.Repeat(`]}`, 20)
	for text, want := range map[string]string{
		``:                                     "is not a tokenizer.json",
		`[]`:                                   "is not a tokenizer.json",
		`{"model":`:                            "is not a tokenizer.json",
		`{}`:                                   "model: there is no model",
		`{"version":"2.0"}`:                    `version "2.0" is not supported`,
		part("normalizer", `{"type":"Magic"}`): `normalizer: the normalizer type "Magic" is not supported`,
		part("normalizer", `{"type":"Sequence","normalizers":[{"type":"Magic"}]}`): `normalizer: normalizers[0]: the normalizer type "Magic"`,
		part("normalizer", `{"type":"Sequence","normalizers":[null]}`):             "normalizers[0] is null",
		part("normalizer", deep):                                                                                                                                  "nest deeper than 8",
		part("normalizer", `{"type":"Replace","content":"x"}`):                                                                                                    "normalizer: replace",
		part("normalizer", `{"type":"Replace","pattern":{"Regex":"("},"content":"x"}`):                                                                            "can't be read",
		part("normalizer", `{"type":"Replace","pattern":{"String":"a"}}`):                                                                                         "Replace has no content",
		part("normalizer", `{"type":"Prepend","prepend":"`+strings.Repeat("b", 2000)+`"}`):                                                                        "Prepend has 2000 bytes",
		part("normalizer", `{"type":"Replace","pattern":{"String":"a"},"content":"`+strings.Repeat("b", 2000)+`"}`):                                               "content of a Replace has 2000 bytes",
		part("decoder", `{"type":"Replace","pattern":{"String":"a"},"content":"`+strings.Repeat("b", 2000)+`"}`):                                                  "content of a Replace has 2000 bytes",
		part("normalizer", `{"type":"Sequence","normalizers":[`+strings.Repeat(`{"type":"NFC"},`, 70)+`{"type":"NFC"}]}`):                                         "a sequence has 71 parts",
		part("pre_tokenizer", `{"type":"Sequence","pretokenizers":[`+strings.Repeat(`{"type":"Digits"},`, 70)+`{"type":"Digits"}]}`):                              "a sequence has 71 parts",
		part("decoder", `{"type":"Sequence","decoders":[`+strings.Repeat(`{"type":"Fuse"},`, 70)+`{"type":"Fuse"}]}`):                                             "a sequence has 71 parts",
		part("normalizer", `{"type":"Prepend"}`):                                                                                                                  "Prepend has no string",
		part("normalizer", `{"type":"Strip"}`):                                                                                                                    "Strip needs",
		part("normalizer", `{"type":"Precompiled"}`):                                                                                                              "no precompiled_charsmap",
		part("normalizer", `{"type":"Precompiled","precompiled_charsmap":"!"}`):                                                                                   "is not base64",
		part("normalizer", `{"type":"Precompiled","precompiled_charsmap":"AAA="}`):                                                                                "too short for its header",
		part("normalizer", `{"type":"Precompiled","precompiled_charsmap":"/////wAA"}`):                                                                            "with 2 bytes there",
		part("pre_tokenizer", `{"type":"UnicodeScripts"}`):                                                                                                        `pre_tokenizer: the pre-tokenizer type "UnicodeScripts" is not supported`,
		part("pre_tokenizer", `{"type":"Split","pattern":{"String":"a"},"behavior":"x"}`):                                                                         `split: the behavior "x" is not supported`,
		part("pre_tokenizer", `{"type":"Split","pattern":{}}`):                                                                                                    "split: a pattern must be",
		part("pre_tokenizer", `{"type":"Metaspace"}`):                                                                                                             "Metaspace needs one character",
		part("pre_tokenizer", `{"type":"Metaspace","replacement":"_","prepend_scheme":"x"}`):                                                                      `prepend_scheme "x"`,
		part("pre_tokenizer", `{"type":"Metaspace","replacement":"_","add_prefix_space":false,"prepend_scheme":"always"}`):                                        "says both",
		part("pre_tokenizer", `{"type":"ByteLevel"}`):                                                                                                             "needs add_prefix_space",
		part("pre_tokenizer", `{"type":"FixedLength","length":0}`):                                                                                                "length of 1 or more",
		part("pre_tokenizer", `{"type":"CharDelimiterSplit","delimiter":"ab"}`):                                                                                   "needs one character",
		part("decoder", `{"type":"Magic"}`):                                                                                                                       `decoder: the decoder type "Magic" is not supported`,
		part("decoder", `{"type":"Strip","content":"ab","start":1,"stop":0}`):                                                                                     "Strip needs one character",
		part("decoder", `{"type":"Strip","content":"a","start":-1,"stop":0}`):                                                                                     "Strip needs",
		part("post_processor", `{"type":"Magic"}`):                                                                                                                `post_processor: the post-processor type "Magic" is not supported`,
		part("post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}`):                                                            `the token "x" is not in special_tokens`,
		part("post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]}`):                                                                "single[0] must be",
		part("post_processor", `{"type":"TemplateProcessing","single":[]}`):                                                                                       "has the text 0 times",
		part("post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[7]}}}`): "adds the id 7, which is out of range for a vocabulary of 1",
		part("post_processor", `{"type":"BertProcessing","cls":["a"],"sep":["a",0]}`):                                                                             "must be a token and its id",
		part("added_tokens", `[{"id":0,"content":"b"}]`):                                                                                                          `added_tokens: [0]: the token "b" has the id 0, which the model's vocabulary gives to "a"`,
		part("added_tokens", `[{"id":1,"content":"b"},{"id":1,"content":"c"}]`):                                                                                   `[1]: the tokens "b" and "c" both have the id 1`,
		part("added_tokens", `[{"id":-1,"content":"b"}]`):                                                                                                         "out of range",
		part("added_tokens", `[{"id":2147483647,"content":"b"}]`):                                                                                                 "out of range",
		part("added_tokens", `[{"id":1,"content":"`+strings.Repeat("b", 2000)+`"}]`):                                                                              "has 2000 bytes",
	} {
		_, err := Parse("dir/tokenizer.json", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "dir/tokenizer.json: ") {
			t.Errorf("%.90s: got %v, want %q", text, err, want)
		}
	}
}

func TestLongErrors(t *testing.T) {
	long := strings.Repeat("é", 1<<16)
	_, err := Parse("long.json", []byte(`{"model":{"type":"BPE","vocab":{"`+long+`":0,"b":0},"merges":[]}}`))
	if err == nil || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || !strings.HasSuffix(err.Error(), `"b" both have the id 0`) {
		t.Errorf("got %v", err)
	}
}

// folder writes files into a folder of their own.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenFolder(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		bos   int
		eos   []int
		chat  string // of one message, "" for none
	}{
		{"alone", nil, -1, nil, ""},
		{"names", map[string]string{"tokenizer_config.json": `{"bos_token":"<s>","eos_token":{"content":"</s>"},"chat_template":"{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}`}, 1, []int{2}, "<s>hi</s>"},
		{"map", map[string]string{"special_tokens_map.json": `{"bos_token":{"content":"<s>"},"eos_token":"</s>"}`}, 1, []int{2}, ""},
		{"ids", map[string]string{"config.json": `{"bos_token_id":1,"eos_token_id":[2,9]}`}, 1, []int{2, 9}, ""},
		{"several", map[string]string{"config.json": `{"eos_token_id":2}`, "generation_config.json": `{"bos_token_id":1,"eos_token_id":[9,2,77]}`}, 1, []int{2, 9}, ""},
		{"nulls", map[string]string{"config.json": `{"eos_token_id":null}`, "tokenizer_config.json": `{"bos_token":null,"chat_template":null}`}, -1, nil, ""},
		{"unknown names", map[string]string{"tokenizer_config.json": `{"bos_token":"<nope>"}`}, -1, nil, ""},
		{"a file of its own", map[string]string{"tokenizer_config.json": `{"chat_template":"old"}`, "chat_template.jinja": "new {{ messages[0].role }}\n"}, -1, nil, "new user"},
		{"named templates", map[string]string{"tokenizer_config.json": `{"chat_template":[{"name":"tool_use","template":"T"},{"name":"default","template":"D"}]}`}, -1, nil, "D"},
		{"one named template", map[string]string{"tokenizer_config.json": `{"chat_template":[{"name":"x","template":"X"}]}`}, -1, nil, "X"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			files := map[string]string{"tokenizer.json": small}
			for k, v := range tc.files {
				files[k] = v
			}
			tok, err := Open(folder(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if tok.bos != tc.bos || !slices.Equal(tok.EOS(), tc.eos) {
				t.Errorf("BOS %d, EOS %v", tok.bos, tok.EOS())
			}
			if tok.HasChatTemplate() != (tc.chat != "") {
				t.Errorf("HasChatTemplate = %v", tok.HasChatTemplate())
			}
			if tc.chat == "" {
				return
			}
			if got, err := tok.Chat([]Message{{"user", "hi"}}, true); err != nil || got != tc.chat {
				t.Errorf("Chat = %q, %v", got, err)
			}
		})
	}
}

// TestSpecialByConfig makes a word of the vocabulary special by its role.
func TestSpecialByConfig(t *testing.T) {
	dir := folder(t, map[string]string{
		"tokenizer.json":        `{"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"END":2}},"pre_tokenizer":{"type":"Whitespace"}}`,
		"tokenizer_config.json": `{"eos_token":"END","pad_token":"END","bos_token":"missing"}`,
	})
	tok, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := tok.Encode("aENDa", EncodeOptions{ParseSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(idsOf(got), []int{1, 2, 1}) || !tok.Special(2) || tok.Decode([]int{1, 2}, true) != "a" {
		t.Errorf("got %+v", got)
	}
}

func TestRefusedFolders(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"empty":         {map[string]string{}, "has no tokenizer.json"},
		"bad config":    {map[string]string{"tokenizer.json": small, "config.json": "{"}, "config.json can't be read"},
		"bad id":        {map[string]string{"tokenizer.json": small, "config.json": `{"eos_token_id":"x"}`}, "must be a whole number or a list"},
		"bad token":     {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"eos_token":5}`}, "must be a string or an object"},
		"bad templates": {map[string]string{"tokenizer.json": small, "tokenizer_config.json": `{"chat_template":5}`}, "chat_template must be"},
	} {
		_, err := Open(folder(t, tc.files))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was opened")
	}
}

func TestChatErrors(t *testing.T) {
	for name, tc := range map[string]struct{ template, want string }{
		"refusal":      {"{{ raise_exception('system role is not supported') }}", "refuses this conversation: \"system role is not supported\""},
		"syntax":       {"line\n{% if %}", "the chat template can't be read: line 2"},
		"a bad filter": {"{{ 1|nope }}", `the filter "nope" is not supported`},
		"type error":   {"a\n\n{{ 'a' + 1 }}", "chat template: line 3: + can't be used with a string and an int"},
		"include":      {"{% include '/etc/passwd' %}", `the statement "include" is not supported`},
		"no clock":     {"{{ strftime_now('%d') }}", `"strftime_now" is undefined`},
		"endless":      {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nest deeper than"},
	} {
		dir := folder(t, map[string]string{"tokenizer.json": small, "chat_template.jinja": tc.template})
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tok.Chat([]Message{{"system", "hi"}}, false)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "chat_template.jinja") {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	tok, err := Open(folder(t, map[string]string{"tokenizer.json": small,
		"tokenizer_config.json": `{"chat_template":[{"name":"a","template":"A"},{"name":"b","template":"B"}]}`}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tok.Chat(nil, false); err == nil || !strings.Contains(err.Error(), `no chat template named default, only ["a" "b"]`) {
		t.Errorf("got %v", err)
	}
}

func TestChatClock(t *testing.T) {
	tok, err := Open(folder(t, map[string]string{"tokenizer.json": small,
		"chat_template.jinja": `{% if strftime_now is defined %}{{ strftime_now("%d %b %Y, %A %-d %H:%M %%") }}{% else %}no clock{% endif %}`}))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, tc := range []struct {
		now  time.Time
		want string
	}{{time.Time{}, "no clock"}, {now, "03 Feb 2026, Tuesday 3 04:05 %"}} {
		if got, err := tok.ChatWith(nil, ChatOptions{Now: tc.now}); err != nil || got != tc.want {
			t.Errorf("got %q, %v, want %q", got, err, tc.want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := parseSmall(t)
	tok.chat.source = "{{ messages[0].content }}"
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := tok.Encode("a <s> a", EncodeOptions{ParseSpecial: true})
				if err != nil || tok.Decode(idsOf(got), true) == "" || tok.Piece(5) != " a" {
					t.Error("wrong result")
				}
				if _, err := tok.Chat([]Message{{"user", "x"}}, true); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
