package decode

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestLossy follows the examples of the Unicode standard (chapter 3.9, tables
// 3-8 to 3-11): a sequence that can't become a character is one U+FFFD.
func TestLossy(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"aé你🤗":                              "aé你🤗",
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A": "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA",
		"\xed\xa0\x80\xed\xbf\xbf\xed\xafA": "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA",
		"\xf4\x91\x92\x93\xffA\x80\xbfB":    "\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA": "\ufffd\ufffd\ufffd\ufffdA",
		"\xf0\x9f\xa4":                      "\ufffd",
		"\xe4":                              "\ufffd",
		"a\xe4\xbd":                         "a\ufffd",
	} {
		var whole Lossy
		if got := whole.Push([]byte(in)) + whole.Flush(); got != want {
			t.Errorf("%q at once: %q, want %q", in, got, want)
		}
		var bytewise Lossy
		got := ""
		for i := range len(in) {
			got += bytewise.Push([]byte{in[i]})
		}
		if got += bytewise.Flush(); got != want {
			t.Errorf("%q byte by byte: %q, want %q", in, got, want)
		}
	}
}

func TestStreams(t *testing.T) {
	tests := []struct {
		decoder string
		tokens  []string
		want    []string // what each token adds, and what is left at the end
	}{
		{`null`, []string{"a", "b", "c"}, []string{"a", " b", " c", ""}},
		{`{"type":"Fuse"}`, []string{"a", "b"}, []string{"a", "b", ""}},
		{`{"type":"ByteLevel"}`, []string{"Ġa", "ä", "½", "ł", "ä", "x"}, []string{" a", "", "", "你", "", "\ufffdx", ""}},
		{`{"type":"ByteLevel"}`, []string{"not mapped 你"}, []string{"not mapped 你", ""}},
		{`{"type":"ByteFallback"}`, []string{"<0xE4>", "<0xBD>", "<0xA0>", "<0xE4>", "<0x0A>", "<0xZZ>"}, []string{"", "", "你", "", "\ufffd\n", "<0xZZ>", ""}},
		{`{"type":"Metaspace","replacement":"_"}`, []string{"_a_b", "_c"}, []string{"ab", " c", ""}},
		{`{"type":"Metaspace","replacement":"_","prepend_scheme":"never"}`, []string{"_a"}, []string{" a", ""}},
		{`{"type":"BPEDecoder"}`, []string{"a</w>", "b</w>"}, []string{"", "a ", "b"}},
		{`{"type":"WordPiece"}`, []string{"do", "##n", "'", "t", "."}, []string{"do", "n", " '", " t", ".", ""}},
		{`{"type":"Strip","content":"a","start":2,"stop":1}`, []string{"aaaba", "a", ""}, []string{"ab", "", "", ""}},
		{`{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":2,"stop":0}]}`, []string{" ", "  a", " "}, []string{"", " a", " ", ""}},
		{`{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":2}]}`, []string{"  a", " ", "  "}, []string{"", "", "", " a "}},
		{`{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Replace","pattern":{"String":"ab"},"content":"-"}]}`, []string{"a", "ba"}, []string{"", "", "-a"}},
		{`{"type":"CTC","pad_token":"_"}`, []string{"a", "a", "_", "a", "|", "b"}, []string{"a", "", "", "a", " ", "b", ""}},
		{`{"type":"Sequence","decoders":[]}`, []string{"a", "b"}, []string{"a", "b", ""}},
	}
	for _, tc := range tests {
		d, err := Parse(json.RawMessage(tc.decoder))
		if err != nil {
			t.Errorf("%s: %v", tc.decoder, err)
			continue
		}
		s := NewStream(d)
		var got []string
		for _, token := range tc.tokens {
			got = append(got, s.Push(token, false))
		}
		got = append(got, s.Flush())
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s on %q:\n got %q\nwant %q", tc.decoder, tc.tokens, got, tc.want)
		}
	}
}

func TestPiece(t *testing.T) {
	for _, tc := range []struct{ decoder, token, want string }{
		{`null`, "a", "a"},
		{`{"type":"ByteLevel"}`, "Ġä", " \xe4"},
		{`{"type":"ByteFallback"}`, "<0xE4>", "\xe4"},
		{`{"type":"Metaspace","replacement":"▁"}`, "▁a", " a"},
		{`{"type":"WordPiece"}`, "##ing", "ing"},
		{`{"type":"BPEDecoder"}`, "a</w>", "a "},
		{`{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}`, "▁a", " a"},
	} {
		d, err := Parse(json.RawMessage(tc.decoder))
		if err != nil {
			t.Fatal(err)
		}
		if got := Piece(d, tc.token); got != tc.want {
			t.Errorf("%s: Piece(%q) = %q, want %q", tc.decoder, tc.token, got, tc.want)
		}
	}
}
