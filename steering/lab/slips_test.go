package lab

import (
	"math/rand/v2"
	"strings"
	"testing"

	"tiller/steering/lab/problem"
)

// sentences cuts a text into those of the answer, after the question's mark.
func answerSentences(text string) []string {
	_, answer, _ := strings.Cut(text, " ? ")
	return strings.Split(strings.TrimSuffix(answer, " ."), " . ")
}

func TestBegin(t *testing.T) {
	problems, err := problem.Generate(problem.Tune, nil, 300, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []SlipKind{Misread, Miscalculated} {
		r := rand.New(rand.NewPCG(1, 2))
		changed := 0
		for _, p := range problems {
			wrong, right := begin(p, kind, r)
			w, s := answerSentences(wrong), answerSentences(right)
			if len(w) != len(s) || !strings.HasPrefix(right, p.Question+" first ") {
				t.Fatalf("%s: %q and %q", kind, wrong, right)
			}
			for i := range w[:len(w)-1] {
				if w[i] != s[i] {
					t.Errorf("%s: sentence %d is %q, not the last, and should be %q", kind, i, w[i], s[i])
				}
			}
			step := p.Steps()[len(s)-1]
			last, slipped := strings.Fields(s[len(s)-1]), strings.Fields(w[len(w)-1])
			if last[len(last)-1] != step.Result {
				t.Errorf("the right step is %q, but results in %q", s[len(s)-1], step.Result)
			}
			// The argument stands two words before the result.
			sameArg := slipped[len(slipped)-3] == last[len(last)-3]
			if kind == Miscalculated && !sameArg {
				t.Errorf("%q has another argument than %q", w[len(w)-1], s[len(s)-1])
			}
			if slipped[len(slipped)-1] != step.Result {
				changed++
			}
		}
		// In the family max a step can't always be misread to another result.
		if least := map[SlipKind]int{Misread: 280, Miscalculated: 300}[kind]; changed < least {
			t.Errorf("%s: %d of 300 slips changed the result", kind, changed)
		}
	}
}

func TestBoundaries(t *testing.T) {
	problems, err := problem.Generate(problem.Tune, nil, 120, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range SentenceTypes() {
		for i, b := range boundaries(problems, kind, 1) {
			p := problems[i]
			if !strings.HasSuffix(b.text, " .") || !strings.HasPrefix(b.next, string(kind)+" ") || !strings.HasSuffix(b.next, " .") || b.answer != p.Answer {
				t.Fatalf("%s: %+v", kind, b)
			}
			said := answerSentences(b.text)
			step := p.Steps()[len(said)-1]
			switch kind {
			case TypeCheck:
				if len(said) != p.Size || !strings.Contains(b.next, " gives "+p.Answer+" .") {
					t.Errorf("check before the end: %+v", b)
				}
			case TypeConclude:
				if len(said) == p.Size || b.next != "so the answer is "+step.Result+" ." {
					t.Errorf("not an early conclusion: %+v", b)
				}
			case TypeWait:
				if strings.TrimPrefix(b.next, "wait ") == strings.Join(strings.Fields(said[len(said)-1])[1:], " ")+" ." {
					t.Errorf("nothing went wrong: %+v", b)
				}
			}
		}
	}
}
