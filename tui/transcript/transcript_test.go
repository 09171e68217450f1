package transcript

import (
	"strings"
	"testing"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		text, want string
		changed    bool
	}{
		{"a\tb\nc", "a\tb\nc", false},
		{"a\r\nb", "a\nb", false},
		{"é 👩‍👩‍👧", "é 👩‍👩‍👧", false},
		{"a\x1b]0;x\x07b", "a␛]0;x␇b", true},
		{"\xff\u202e", "⟨xFF⟩⟨202E⟩", true},
	} {
		got, changed := Plain(c.text)
		if changed != c.changed || got != c.want {
			t.Errorf("%q is %q, %v", c.text, got, changed)
		}
		if again, changed := Plain(got); again != got || changed {
			t.Errorf("%q changes again, to %q", got, again)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"":                   "''",
		"plain-1.0":          "plain-1.0",
		"where is it ?":      "'where is it ?'",
		"it's $HOME `x`":     `'it'\''s $HOME ` + "`x`'",
		"two\nlines":         "'two\nlines'",
		"tab\there's \\":     `$'tab\x09here\'s \\'`,
		"esc\x1b[2J":         `$'esc\x1b[2J'`,
		"bad\xffbyte":        `$'bad\xffbyte'`,
		"turned\u202earound": `$'turned\xe2\x80\xaearound'`,
	} {
		if got := quote(word); got != want {
			t.Errorf("%q is quoted %s, want %s", word, got, want)
		}
	}
}

// answered adds a lane to the desk that has answered with these words.
func answered(d *desk.Desk, kind desk.Kind, plan string, words ...string) *desk.Lane {
	l := &desk.Lane{ID: len(d.Lanes) + 1, Kind: kind, Plan: desk.Plan{Text: plan}}
	d.Lanes = append(d.Lanes, l)
	msg := engine.Generated{Begun: []engine.Begun{{Lane: l.ID}}, Ended: []engine.Ended{{Lane: l.ID, Stop: "eos"}}}
	for i, w := range words {
		id := 0
		for _, b := range w {
			id = id*31 + int(b)
		}
		msg.Tokens = append(msg.Tokens, engine.Token{Lane: l.ID, Index: i, ID: id, Text: w})
	}
	d.Receive(msg)
	return l
}

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		name   string
		a, b   []string
		expect string
	}{
		{"at once", []string{" three"}, []string{" seven", "."}, "@@ they part at token 0 @@\n-◆ three\n+◆ seven.\n"},
		{"in a line", []string{"one", "\n", "the", " end"}, []string{"one", "\n", "the", " start"}, "@@ they part at token 3 @@\n one\n-the◆ end\n+the◆ start\n"},
		{"never", []string{"same"}, []string{"same"}, "@@ the same tokens @@\n same\n"},
		{"goes on", []string{"so"}, []string{"so", " on\n", "more"}, "@@ they part at token 1 @@\n-so◆\n+so◆ on\n+more\n"},
	} {
		d := screentest.New(t, nil, engine.Options{}).Desk
		base, l := answered(d, desk.Base, "", c.a...), answered(d, desk.Steered, "v*2", c.b...)
		if got, want := Difference(d, l), "--- base\n+++ steered: v*2\n"+c.expect; got != want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, want)
		}
		if got := Difference(d, base); got != "" {
			t.Errorf("base differs from itself: %q", got)
		}
	}
}

func TestNothingYet(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	if Beside(d) != nil || Difference(d, nil) != "" || Answered(nil) {
		t.Error("there is something on an empty desk")
	}
	if _, err := Command(d, nil); err == nil {
		t.Error("a command repeats nothing")
	}
	if md := Markdown(d, nil); strings.Contains(md, "## Again") {
		t.Errorf("Markdown of nothing: %s", md)
	}
	if name := FileName(d); name != "answers.md" {
		t.Errorf("it would be called %q", name)
	}
}

// TestMarkdown writes the demonstration.
func TestMarkdown(t *testing.T) {
	s := screentest.Open(t)
	s.Desk.Model.Kernel = "some" // that of the machine otherwise
	golden.Same(t, "demonstration", Markdown(s.Desk, s.Desk.Lanes))
	if name := FileName(s.Desk); name != "embedded-base-eve-0-hal-8-cat-5-gus-5-what-is.md" {
		t.Errorf("it would be called %q", name)
	}
}

// TestFences holds text in that tries to get out.
func TestFences(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{fence("", "a\n```\n<b>\n"), "````\na\n```\n<b>\n````"},
		{fence("sh", "x"), "```sh\nx\n```"},
		{code("a`b``c"), "``` a`b``c ```"},
		{code("a\nb"), "`a␊b`"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestCommand(t *testing.T) {
	d := screentest.New(t, nil, engine.Options{}).Desk
	d.Model.Ref = "/models/my model.gguf"
	d.Vectors = []engine.VectorInfo{
		{Name: "here", Source: "derived here", Unsaved: true}, {Name: "built", Source: "embedded:built"},
		{Name: "mine", Source: "~/v 1.gguf"}, {Name: "other", Source: "embedded:built"},
	}
	chat := engine.Prompt{Text: "Hi", Chat: true, System: "Be kind.", Prefill: "Oh", Turns: []engine.Turn{{Role: "user", Text: "a"}, {Role: "assistant", Text: "b"}}}
	wrong := chat
	wrong.Turns = chat.Turns[1:]
	forked := answered(d, desk.Steered, "mine", "x")
	forked.Forced = []int{1}
	steered := func(plan string, asked engine.Prompt) *desk.Lane {
		l := answered(d, desk.Steered, plan, "x")
		l.Answer.Asked = asked
		return l
	}
	for _, c := range []struct {
		lane     *desk.Lane
		sampling engine.Sampling
		want     string // or part of the error
	}{
		{steered("mine*2,built,mine*3", engine.Prompt{Text: "Hi", NoBOS: true, ParseSpecial: true}), engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 9},
			`tiller run --model '/models/my model.gguf' --prompt Hi --no-bos --parse-special --plan 'mine*2,built,mine*3' --vector 'mine=~/v 1.gguf' --max-tokens 9`},
		{steered("other", chat), engine.Sampling{Temperature: .7, TopK: 40, TopP: .9, MinP: .05, RepeatPenalty: 1.1, Seed: 1 << 63, MaxTokens: 9, IgnoreEOS: true},
			`tiller run --model '/models/my model.gguf' --chat --system 'Be kind.' --prompt a --prompt b --prompt Hi --prefill Oh --plan other --vector other=embedded:built --max-tokens 9 --temperature 0.7 --top-k 40 --top-p 0.9 --min-p 0.05 --repeat-penalty 1.1 --seed 9223372036854775808 --ignore-eos`},
		{steered("here", engine.Prompt{Text: "Hi"}), engine.Sampling{}, "save it in Vectors"},
		{steered("mine", wrong), engine.Sampling{}, "by turns"},
		{steered("mine", engine.Prompt{Text: "a\x00"}), engine.Sampling{}, "NUL"},
		{forked, engine.Sampling{}, "forked"},
	} {
		d.Lanes, d.Sampling = []*desk.Lane{c.lane}, c.sampling
		got, err := Command(d, c.lane)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("the command is\n%s\nwant\n%s", got, c.want)
		}
	}
}
