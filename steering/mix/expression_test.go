package mix

import (
	"reflect"
	"strings"
	"testing"
)

var names = []string{"a", "b", "a-b", "happy.v2", "a-0.5", "2x", "1e", "-q", "2"}

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		want Expression
		back string // what String gives
	}{
		{"a", Expression{{1, "a"}}, "a"},
		{" + a ", Expression{{1, "a"}}, "a"},
		{"-a", Expression{{-1, "a"}}, "-a"},
		{"a+b", Expression{{1, "a"}, {1, "b"}}, "a + b"},
		{"a - b", Expression{{1, "a"}, {-1, "b"}}, "a - b"},
		{"a-b", Expression{{1, "a-b"}}, "a-b"},
		{"a-b-a", Expression{{1, "a-b"}, {-1, "a"}}, "a-b - a"},
		{"b-0.5*a", Expression{{1, "b"}, {-0.5, "a"}}, "b - 0.5*a"},
		{"b-a", Expression{{1, "b"}, {-1, "a"}}, "b - a"},
		{"a - 0.5*b", Expression{{1, "a"}, {-0.5, "b"}}, "a - 0.5*b"},
		{"b*-2", Expression{{-2, "b"}}, "-2*b"},
		{"-.5*b*1e2", Expression{{-50, "b"}}, "-50*b"},
		{"a - -2*b", Expression{{1, "a"}, {2, "b"}}, "a + 2*b"},
		{"1e-3*happy.v2", Expression{{0.001, "happy.v2"}}, "0.001*happy.v2"},
		{"2.*a\n+\t- 3*b", Expression{{2, "a"}, {-3, "b"}}, "2*a - 3*b"},
		{"2x", Expression{{1, "2x"}}, "2x"},
		{"2*2x", Expression{{2, "2x"}}, "2*2x"},
		{"1e*1e1", Expression{{10, "1e"}}, "10*1e"},
		{"1e-3*a", Expression{{0.001, "a"}}, "0.001*a"},
		{"1e-a", Expression{{1, "1e"}, {-1, "a"}}, "1e - a"},
		{"0*a-b", Expression{{0, "a-b"}}, "0*a-b"},
		{"-0*a", Expression{{0, "a"}}, "0*a"},
	}
	for _, test := range tests {
		e, err := Parse(test.text, names)
		if err != nil || !reflect.DeepEqual(e, test.want) {
			t.Errorf("%q: %v, %v, want %v", test.text, e, err, test.want)
			continue
		}
		if e.String() != test.back {
			t.Errorf("%q: written as %q, want %q", test.text, e, test.back)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", `mix "", column 1: the mix ends where a number or a vector is expected`},
		{"  ", "column 3: the mix ends"},
		{"a +", "column 4: the mix ends"},
		{"a *", "column 4: the mix ends"},
		{"a b", `column 3: "+" or "-" is expected between terms`},
		{"a ** b", `column 4: a number or a vector is expected where it has '*'`},
		{"a + (b)", `column 5: a number or a vector is expected where it has '('`},
		{"a + c", `column 5: there is no vector "c"; there are "a", "b", "a-b", "happy.v2", "a-0.5", "2x", "1e", "-q" and 1 more`},
		{"ab", `column 1: there is no vector "ab"`},
		{"a-0.5*b", `column 7: "b" is the second vector of a product`},
		{"a*b", `column 3: "b" is the second vector of a product, which can have one`},
		{"a + 3", "column 5: there is a number but no vector"},
		{"2", "column 1: there is a number but no vector"},
		{"1e999*a", `column 1: "1e999" is not a number that can be used`},
		{"1e40*a", "column 1: a factor of 1e+40 is too large for float32"},
		{"é", `column 1: a number or a vector is expected where it has 'é'`},
		{"a + é", `column 5`},
		{"a\x1b", `mix "a\x1b", column 2: "+" or "-" is expected`},
		{strings.Repeat("a", maxExpression), `mix "` + strings.Repeat("a", 100) + `…", column 1: there is no vector "` + strings.Repeat("a", 100) + `…"`},
		{strings.Repeat("a", maxExpression+1), "at most 4096 are allowed"},
	}
	for _, test := range tests {
		if e, err := Parse(test.text, names); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, error %v, want one with %s", test.text, e, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"a-0.5*b", "-2e-3 * a-b * .5 + happy.v2", "1e-a", "2*2x - -1e", "a + (b)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text, names)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		again, err := Parse(e.String(), names)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q is %#v, written as %q is %#v, %v", text, e, e, again, err)
		}
	})
}
