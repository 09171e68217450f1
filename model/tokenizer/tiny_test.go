package tokenizer

import (
	"slices"
	"testing"
)

// TestTinyConversation takes a conversation the whole way: template, tokens,
// text as it streams.
func TestTinyConversation(t *testing.T) {
	tok, err := Open("testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := tok.BOS(); id != 0 || !ok || !slices.Equal(tok.EOS(), []int{1, 3}) {
		t.Errorf("BOS %d %v, EOS %v", id, ok, tok.EOS())
	}
	text, err := tok.Chat([]Message{{"user", " Where is the 你 map?\n"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := "<|begin|><|start|>user\nWhere is the 你 map?<|turn|>\n<|start|>assistant\n"; text != want {
		t.Fatalf("got %q, want %q", text, want)
	}
	tokens, err := tok.Encode(text, EncodeOptions{NoSpecial: true, ParseSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	var special []int
	stream, all := tok.Stream(), tok.StreamAll()
	var plain, whole string
	for _, token := range tokens {
		if token.Special {
			special = append(special, token.ID)
		}
		if text[token.Start:token.End] != token.Piece {
			t.Errorf("%+v covers %q", token, text[token.Start:token.End])
		}
		plain += stream.Push(token.ID)
		whole += all.Push(token.ID)
	}
	if !slices.Equal(special, []int{0, 2, 3, 2}) {
		t.Errorf("special tokens %v", special)
	}
	if plain+stream.Flush() != "user\nWhere is the 你 map?\nassistant\n" || whole+all.Flush() != text {
		t.Errorf("streamed %q and %q", plain, whole)
	}
	// The same text from a data set is no conversation.
	tokens, err = tok.Encode(text, EncodeOptions{NoSpecial: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if token.Special {
			t.Errorf("%+v is special", token)
		}
	}
}
