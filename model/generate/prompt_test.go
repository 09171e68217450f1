package generate

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"tiller/model/tokenizer"
)

func openTokenizer(t testing.TB, name string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Open(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// roles spells out who says each token of a prompt.
func roles(p Prompt) string {
	var out []string
	for _, t := range p.Tokens {
		role := "-"
		if t.Role != "" {
			role = t.Role[:1]
		}
		out = append(out, strings.TrimSpace(t.Text)+"/"+role)
	}
	return strings.Join(out, " ")
}

func TestChatPromptKnowsWhoSpeaks(t *testing.T) {
	tok := openTokenizer(t, "llama-mha")
	for name, c := range map[string]struct {
		messages []tokenizer.Message
		prefill  string
		want     string
	}{
		"one turn": {
			[]tokenizer.Message{{Role: "user", Content: "the cat sat"}}, "",
			"<s>/- user/- the/u cat/u sat/u </s>/- assistant/-",
		},
		"a word of the template in the content": {
			[]tokenizer.Message{{Role: "system", Content: "user"}, {Role: "user", Content: "the assistant ran"}}, "",
			"<s>/- system/- user/s </s>/- user/- the/u assistant/u ran/u </s>/- assistant/-",
		},
		"turns and a prefill": {
			[]tokenizer.Message{{Role: "user", Content: "a dog"}, {Role: "assistant", Content: "ran"}, {Role: "user", Content: "on"}}, " she sat",
			"<s>/- user/- a/u dog/u </s>/- assistant/- ran/a </s>/- user/- on/u </s>/- assistant/- she/a sat/a",
		},
		"empty content": {
			[]tokenizer.Message{{Role: "user", Content: ""}}, "",
			"<s>/- user/- </s>/- assistant/-",
		},
	} {
		p, err := ChatPrompt(tok, c.messages, c.prefill, false)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := roles(p); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

// TestSpecialTokensInMessages: a message can't end its own turn, unless asked.
func TestSpecialTokensInMessages(t *testing.T) {
	tok := openTokenizer(t, "llama-mha")
	messages := []tokenizer.Message{{Role: "user", Content: "the </s> cat"}}
	for parse, want := range map[bool]int{false: 1, true: 2} {
		p, err := ChatPrompt(tok, messages, "", parse)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, id := range p.IDs() {
			if id == 2 { // </s>
				n++
			}
		}
		if n != want {
			t.Errorf("with parseSpecial %v there are %d ends of turns in %s, want %d", parse, n, roles(p), want)
		}
	}
}

// TestPromptTokensJoinToTheText: what the tokens add, put together, is the
// text, spaces between words included.
func TestPromptTokensJoinToTheText(t *testing.T) {
	for _, name := range []string{"llama-mha", "gguf/quantised-q8_0.gguf"} {
		tok := openTokenizer(t, name)
		text := "the cat sat on  the mat . she ran"
		p, err := RawPrompt(tok, text, tokenizer.EncodeOptions{NoSpecial: true})
		if err != nil {
			t.Fatal(err)
		}
		var joined strings.Builder
		for _, token := range p.Tokens {
			joined.WriteString(token.Text)
		}
		if joined.String() != text {
			t.Errorf("%s: the tokens join to %q, want %q", name, joined.String(), text)
		}
	}
}

func TestIDPromptRefusesUnknownIDs(t *testing.T) {
	tok := openTokenizer(t, "llama-mha")
	for _, id := range []int{-1, 40} {
		if _, err := IDPrompt(tok, []int{1, id}); err == nil || !strings.Contains(err.Error(), "at place 1") {
			t.Errorf("id %d: error is %v", id, err)
		}
	}
}

// TestTextGoesOnWhereThePromptEnds: the prompt's text and the generated text
// together are the decoding of all ids.
func TestTextGoesOnWhereThePromptEnds(t *testing.T) {
	for _, name := range []string{"llama-mha", "gguf/quantised-q8_0.gguf"} {
		m, tok := open(t, name), openTokenizer(t, name)
		p, err := RawPrompt(tok, "the cat sat", tokenizer.EncodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSession(context.Background(), m, tok, []Request{{Prompt: p, MaxTokens: 12, IgnoreEOS: true}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var streamed strings.Builder
		for !s.Done() {
			tokens, err := s.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range tokens {
				streamed.WriteString(token.Text)
			}
		}
		r := s.Result(0)
		whole := tok.Decode(append(p.IDs(), r.IDs...), true)
		if got := tok.Decode(p.IDs(), true) + r.Text; got != whole {
			t.Errorf("%s: the text is %q, want %q", name, got, whole)
		}
		if streamed.String() != r.Text {
			t.Errorf("%s: streamed %q, but the result says %q", name, streamed.String(), r.Text)
		}
	}
}

// TestStopStringEndsALane takes a stop string from what the model says anyway.
func TestStopStringEndsALane(t *testing.T) {
	m, tok := open(t, "llama-mha"), openTokenizer(t, "llama-mha")
	p, err := RawPrompt(tok, "the cat sat", tokenizer.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Prompt: p, MaxTokens: 20, IgnoreEOS: true}
	generate := func() Result {
		s, err := NewSession(context.Background(), m, tok, []Request{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for !s.Done() {
			if _, err := s.Next(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		return s.Result(0)
	}
	full := generate()
	words := strings.Fields(full.Text)
	if len(words) < 6 {
		t.Fatalf("the model says only %q", full.Text)
	}
	r.StopStrings = []string{"no such text", words[4] + " " + words[5]}
	at := strings.Index(full.Text, r.StopStrings[1])
	cut := generate()
	if cut.Text != full.Text[:at] || cut.Stop != StopString {
		t.Errorf("the text is %q with stop %q, want %q", cut.Text, cut.Stop, full.Text[:at])
	}
}
