package evalset

import (
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	item := Item{ID: "x", Question: "Which?", Target: "b", Choices: []string{"a", "b"}, Right: 1, Fields: map[string]string{"context": "C {question}", "question": "raw", "a b": "spaced"}}
	open := Item{ID: "y", Question: "Why?", Fields: map[string]string{}}
	for _, c := range []struct {
		template string
		item     Item
		want     string
		err      string
	}{
		{"plain", item, "Which?", ""},
		{"qa", item, "Question: Which?\nAnswer:", ""},
		{"cot", item, "Question: Which?\nAnswer: Let's think step by step.", ""},
		{"letters", item, "Question: Which?\n(A) a\n(B) b\nAnswer:", ""},
		{"{context}|{a b}", item, "C {question}|spaced", ""},
		{`\boxed{{{question}}} {{}}`, item, `\boxed{Which?} {}`, ""},
		{"", item, "", ""},
		{"no field", item, "no field", ""},
		{"ä {nope}", item, "", `problem "x", column 3 of the template: there is no field "nope"; there are "question", "choices", "a b", "context"`},
		{"letters", open, "", `there is no field "choices"; there are "question"`},
		{"a {", item, "", "column 3 of the template: a { has no } after it"},
		{"a {b", item, "", "column 3 of the template: a { has no }"},
		{"a {b{c}", item, "", "column 3 of the template: a { has no }"},
		{"ä } b", item, "", "column 3 of the template: a } has no { before it"},
		{"{ }", item, "", "column 1 of the template: {} names no field"},
		{"\xff", item, "", "not valid UTF-8 at its byte 1"},
	} {
		parsed, err := ParseTemplate(c.template)
		got := ""
		if err == nil {
			got, err = parsed.Render(c.item)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %q", c.template, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%q: %q, %v", c.template, got, err)
		}
	}
}

func TestShots(t *testing.T) {
	s := readFixture(t, "gsm8k.jsonl", Options{Shots: 1, Limit: 1})
	got, err := s.Template().WithShots(s.Items[0], s.Shots, nil)
	want := "Question: Mia has 3 boxes of 4 pens. How many pens has she?\nAnswer: She has 3 * 4 = <<3*4=12>>12 pens.\n#### 12\n\n" +
		"Question: A car costs $1,200 and a bike a third of that. What do both cost?\nAnswer:"
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	got, err = Shots{Items: s.Shots, Separator: "\n###\n"}.Render(s.Template(), s.Items[0], func(i Item) string { return i.Target })
	if want := "Answer: 12\n###\nQuestion: A car"; err != nil || !strings.Contains(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	got, err = s.Template().WithShots(s.Items[0], nil, nil)
	if plain, _ := s.Template().Render(s.Items[0]); err != nil || got != plain {
		t.Errorf("without shots: %q, %v", got, err)
	}
	letters, err := ParseTemplate("letters")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := letters.WithShots(s.Items[0], s.Shots, nil); err == nil {
		t.Error("choices that there aren't")
	}
	ab := readFixture(t, "ab.json", Options{})
	if got, err := ab.Template().WithShots(ab.Items[1], ab.Items[:1], nil); err != nil || !strings.Contains(got, "(B) No (A)\n\nWould you keep") {
		t.Errorf("an answer with its own space: %q, %v", got, err)
	}
}

func TestLetter(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 27: "AB", 701: "ZZ", 702: "AAA"} {
		if got := letter(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"plain", "{question}", "{{{question}}}", "{", "}", "{a{b}}", "{}", "é{choices}", "\xff"} {
		f.Add(seed, "what {question} is")
	}
	f.Fuzz(func(t *testing.T, text, question string) {
		parsed, err := ParseTemplate(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := ParseTemplate(parsed.String()); err != nil || again.String() != parsed.String() {
			t.Errorf("%q: parsed again as %q, %v", text, again, err)
		}
		escaped := strings.NewReplacer("{", "{{", "}", "}}").Replace(question)
		literal, err := ParseTemplate(escaped + "{question}")
		if err != nil {
			return // not UTF-8
		}
		if got, err := literal.Render(Item{Question: question}); err != nil || got != question+question {
			t.Errorf("%q: %q, %v", question, got, err)
		}
		_, _ = parsed.Render(Item{Question: question, Choices: []string{"a", "b"}})
	})
}
