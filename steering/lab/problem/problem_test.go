package problem

import (
	"slices"
	"strings"
	"testing"
)

// solved are problems that were solved by hand.
var solved = []struct {
	family, question, answer string
	states                   []string // after every step
}{
	{"sum", "ann +4 . bob +4 . cat +9 . what is the last digit of the total ?", "7", []string{"4", "8", "7"}},
	{"sum", "ann +0 . what is the last digit of the total ?", "0", []string{"0"}},
	{"dial", "dial at 3 . ann +8 . bob -4 . which digit is the dial at ?", "7", []string{"1", "7"}},
	{"dial", "dial at 0 . ann -9 . which digit is the dial at ?", "1", []string{"1"}},
	{"lamp", "lamp off . ann pushes . bob waits . cat pushes . dan pushes . is the lamp on or off ?", "on", []string{"on", "on", "off", "on"}},
	{"cups", "coin left . ann left-middle . bob left-right . cat middle-right . where is the coin after these swaps ?", "right", []string{"middle", "middle", "right"}},
	{"turns", "score 4 . ann +3 . bob =2 . cat +7 . turns : cat bob ann . what is the last digit of the score ?", "5", []string{"1", "2", "5"}},
	{"max", "ann 3 . bob 9 . cat 0 . what is the biggest number ?", "9", []string{"3", "9", "9"}},
}

func TestSteps(t *testing.T) {
	for _, test := range solved {
		p, err := Parse(test.question)
		if err != nil {
			t.Fatal(err)
		}
		if p.Family != test.family || p.Answer != test.answer || p.Question != test.question {
			t.Errorf("%q is read as %+v", test.question, p)
		}
		state := p.Start
		var got []string
		for _, s := range p.Steps() {
			if s.State != state {
				t.Errorf("%q: a step begins at %q after %q", test.question, s.State, state)
			}
			state = s.Result
			got = append(got, state)
		}
		if !slices.Equal(got, test.states) {
			t.Errorf("%q goes through %q, want %q", test.question, got, test.states)
		}
	}
}

func TestApply(t *testing.T) {
	for _, f := range Families() {
		for _, state := range f.States() {
			for _, arg := range f.Args() {
				if got, ok := f.Apply(state, arg); !ok || !slices.Contains(f.States(), got) {
					t.Errorf("%s: %q %q gives %q, %v", f.Name, state, arg, got, ok)
				}
			}
		}
		for _, bad := range [][2]string{{f.states[0], ""}, {f.states[0], "+"}, {f.states[0], "*3"}, {f.states[0], "jumps"}, {"ann", f.args[0]}, {"10", f.args[0]}} {
			if got, ok := f.Apply(bad[0], bad[1]); ok {
				t.Errorf("%s: %q gives %q", f.Name, bad, got)
			}
		}
		if _, ok := f.Apply("", f.args[0]); ok != (f.start == "") {
			t.Errorf("%s without a state: %v", f.Name, ok)
		}
	}
}

func TestRestatement(t *testing.T) {
	p := Problem{Family: "sum"}
	if got, want := p.Restatement(), "we want the last digit of the total ."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	stranger := Problem{Family: "knots", Facts: []Fact{{"ann", "+4"}}, Order: []int{0}}
	if stranger.Restatement() != "" || stranger.Steps() != nil {
		t.Error("a problem of an unknown family has steps or a restatement")
	}
}

func TestAnswer(t *testing.T) {
	for _, test := range []struct {
		text, want string
		ok         bool
	}{
		{"the answer is 7 .", "7", true},
		{"so the answer is 7.", "7", true},
		{"the answer is 3 . wait so the\nanswer  is left-middle", "left-middle", true},
		{"the answer is 3 . the answer is", "", false},
		{"the answer is .", "", false},
		{"the answer was 3", "", false},
		{"answer", "", false},
		{"", "", false},
	} {
		if got, ok := Answer(test.text); got != test.want || ok != test.ok {
			t.Errorf("%q: %q, %v", test.text, got, ok)
		}
	}
}

func TestNames(t *testing.T) {
	if _, err := FamilyNamed("knots"); err == nil || err.Error() != `there is no family of problems named "knots", only sum, dial, lamp, cups, turns, max` {
		t.Error(err)
	}
	if _, err := ParseSplit("exam"); err == nil || err.Error() != `there is no split named "exam", only train, tune, test, hard` {
		t.Error(err)
	}
	for _, s := range []Split{Train, Tune, Test, Hard} {
		if got, err := ParseSplit(string(s)); got != s || err != nil {
			t.Error(got, err)
		}
	}
}

func TestWords(t *testing.T) {
	words := Words()
	known := map[string]bool{}
	for _, w := range words {
		if known[w] || w != strings.TrimSpace(w) || w == "" {
			t.Errorf("the word %q is there twice, or is none", w)
		}
		known[w] = true
	}
	for _, f := range Families() {
		if f.About == "" {
			t.Errorf("nothing is said about the family %s", f.Name)
		}
	}
	problems, err := Generate(Train, nil, 3000, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		for _, w := range strings.Fields(p.Question + " " + p.Answer + " " + p.Restatement()) {
			if !known[w] {
				t.Errorf("%q has the unknown word %q", p.Question, w)
			}
		}
	}
}
