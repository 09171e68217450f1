package problem

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct{ question, want string }{
		{"", "the question has to end in one of these ways: what is the last digit of the total ? / "},
		{"what is the time ?", "has to end in"},
		{"what is the biggest number ?", "it tells 0 facts, not 1 to 9"},
		{"ann 3 what is the biggest number ?", "fact 1 is not a name"},
		{"ann 3 . bob what is the biggest number ?", "fact 2 is not a name"},
		{"zoe 3 . what is the biggest number ?", `"zoe" is none of the people`},
		{"ann 3 . ann 4 . what is the biggest number ?", "ann is in two facts"},
		{"ann +3 . what is the biggest number ?", `"+3" is nothing that ann can do`},
		{"ann 3 . turns : ann . what is the biggest number ?", "not in turns"},
		{"ann +3 . which digit is the dial at ?", `it doesn't begin with "dial at"`},
		{"dial at 12 . ann +3 . which digit is the dial at ?", `it doesn't begin with "dial at"`},
		{"dial at", "has to end in"},
		{"dial at which digit is the dial at ?", `it doesn't begin with "dial at"`},
		{"score 3 . ann +3 . what is the last digit of the score ?", "with all 1 names"},
		{"score 3 . ann +3 . turns : ann what is the last digit of the score ?", "with all 1 names"},
		{"score 3 . ann +3 . turns ann . what is the last digit of the score ?", "with all 1 names"},
		{"score 3 . ann +3 . bob =1 . turns : ann ann . what is the last digit of the score ?", `"ann" has no turn`},
		{"score 3 . ann +3 . turns : eve . what is the last digit of the score ?", `"eve" has no turn`},
		{strings.Repeat("ann +3 . ", 200), "the question has 1800 bytes; at most 1000 are read"},
	} {
		p, err := Parse(test.question)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %+v, %v; want %q", test.question, p, err, test.want)
		}
	}
}

func TestParseTakesAnySpaces(t *testing.T) {
	p, err := Parse("  ann  3 .\nbob 9\t. what is the biggest number ? ")
	if err != nil {
		t.Fatal(err)
	}
	if want := "ann 3 . bob 9 . what is the biggest number ?"; p.Question != want || p.Answer != "9" || !strings.HasPrefix(p.ID, "train/max/") {
		t.Errorf("%+v", p)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range solved {
		f.Add(s.question)
	}
	f.Add("score 3 . ann +3 . turns : eve . what is the last digit of the score ?")
	f.Fuzz(func(t *testing.T, question string) {
		p, err := Parse(question)
		if err != nil {
			return
		}
		if got := strings.Join(strings.Fields(question), " "); got != p.Question {
			t.Fatalf("%q is read as %q", question, p.Question)
		}
		again, err := Parse(p.Question)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("%+v is read as %+v: %v", p, again, err)
		}
		if steps := p.Steps(); len(steps) != p.Size || steps[p.Size-1].Result != p.Answer {
			t.Fatalf("%+v ends in %+v", p, steps)
		}
	})
}
