package steering

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// Plans with their canonical text, if it is another.
var plans = []struct{ text, canonical string }{
	{"", ""},
	{" \n", ""},
	{"reason*0.4@3[sentence]", ""},
	{"ablate:refusal@all[content]", ""},
	{"happy*ramp(0,2,16)@2-3[gen]?entropy>1.5", ""},
	{"add:happy*1@own[all]", "happy"},
	{"a,b", ""},
	{" a , b * 2 @ 1 + 3 - 4 [ gen ] ? margin < 0.1 ", "a,b*2@1+3-4[gen]?margin<0.1"},
	{"a_B.9-x", ""},
	{"all", ""},
	{"add:add", "add"},
	{"addn:a*-2", ""},
	{"clamp:a*0.3r", ""},
	{"scale:a*0", ""},
	{"rotate:a*90", ""},
	{"a*-.50", "a*-0.5"},
	{"a*-0", "a*0"},
	{"a*1e3", "a*1000"},
	{"a*1E-9", "a*1e-09"},
	{"a*2.r", "a*2r"},
	{"a*decay(2,8.5)", ""},
	{"a*decay( 2 , 8 )", "a*decay(2,8)"},
	{"a*curve(0:1)", ""},
	{"a*curve(0:1,5:-2.5,9:0),b", ""},
	{"a@embed", ""},
	{"a@embed+0-3+7+7", ""},
	{"a@all", ""},
	{"a@5-5", "a@5"},
	{"a[5]", ""},
	{"a[3-5]", ""},
	{"a[gen:0]", ""},
	{"a[gen:4-8]", ""},
	{"a[gen:4 - 8]", "a[gen:4-8]"},
	{"a[every:4]", ""},
	{"a[last+sentence&not think]", ""},
	{"a[not prompt]", ""},
	{"a[not  all]", "a[not all]"},
	{"a[all&content+user&assistant]", ""},
	{"a[match:/so, [a-z]+(then|now)\\d/]", ""},
	{"a[match:/a\\/b/]", ""},
	{"a[match:/[\\/]]/]", ""},
	{"a[match:/\\\\/+match:/é/]", ""},
	{"a[match:/a,b/],b[match:/]?/]", ""},
	{"a?entropy<0", ""},
	{"a?not margin<0.5&entropy>1", ""},
	{"a?probe(truth)>0.5", ""},
	{"a?category(step-2)", ""},
	{"a?not disagree", ""},
	{"a?probe( x ) > 1", "a?probe(x)>1"},
}

func TestParse(t *testing.T) {
	for _, test := range plans {
		t.Run(test.text, func(t *testing.T) {
			p, err := Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			want := test.canonical
			if want == "" {
				want = strings.TrimSpace(test.text)
			}
			if got := p.String(); got != want {
				t.Errorf("canonical text %q, want %q", got, want)
			}
			roundTrip(t, p)
		})
	}
}

// roundTrip checks that both forms read back to the plan.
func roundTrip(t *testing.T, p Plan) {
	t.Helper()
	text := p.String()
	q, err := Parse(text)
	if err != nil {
		t.Fatalf("the canonical text %q is refused: %v", text, err)
	}
	if !q.Equal(p) || q.String() != text {
		t.Fatalf("%q reads back as %q", text, q)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var r Plan
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("the JSON %s is refused: %v", data, err)
	}
	if !r.Equal(p) {
		t.Fatalf("%s reads back as %q, not %q", data, r, p)
	}
}

func TestParsedTerm(t *testing.T) {
	p, err := Parse("clamp:x.y*0.3r@embed+2-3[last+gen:1-2&not match:/a\\/b,/]?not entropy>1.5&margin<.25")
	if err != nil {
		t.Fatal(err)
	}
	want := Term{
		Op: Clamp, Vector: "x.y",
		Strength: Strength{Value: 0.3, Relative: true},
		Layers:   Layers{Kind: NamedLayers, Items: []Span{{Embed, Embed}, {2, 3}}},
		Select: Selector{
			{{Kind: Last}},
			{{Kind: GeneratedRange, From: 1, To: 2}, {Kind: Match, Not: true, Pattern: "a/b,"}},
		},
		Gate: Gate{{Not: true, Kind: EntropyAbove, Bound: 1.5}, {Kind: MarginBelow, Bound: 0.25}},
	}
	if !reflect.DeepEqual(p.Terms, []Term{want}) {
		t.Errorf("got %+v, want %+v", p.Terms, want)
	}
	if !p.NeedsDistributions() || !p.NeedsNorms() {
		t.Error("the plan needs distributions and norms")
	}
	if q := (Plan{Terms: []Term{{Vector: "a"}}}); q.NeedsDistributions() || q.NeedsNorms() {
		t.Error("a plain plan needs neither")
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		text         string
		term, column int
		reason       string // part of it
	}{
		{",a", 1, 1, "a vector's name"},
		{"a,", 2, 3, "after the comma"},
		{"a,,b", 2, 3, "a vector's name"},
		{"a b", 1, 3, "expected a comma"},
		{"é", 1, 1, `"é"`},
		{"a,é", 2, 3, `"é"`},
		{"foo:a", 1, 1, `no operation "foo"`},
		{"add:", 1, 5, `after "add:"`},
		{"a*", 1, 3, "found the end"},
		{"a*nan", 1, 3, `not "nan"`},
		{"a*inf", 1, 3, `not "inf"`},
		{"a*-inf", 1, 3, "a number such as"},
		{"a*0x10", 1, 4, `found "x10"`},
		{"a*1e400", 1, 3, "out of range"},
		{"a*1000001", 1, 3, "out of range"},
		{"a*1_000", 1, 4, `found "_000"`},
		{"a*+1", 1, 3, `found "+"`},
		{"ablate:a*0.3r", 1, 10, "relative strength"},
		{"a*ramp(1,2)", 1, 11, "comma"},
		{"a*ramp(1,2,0)", 1, 12, "at least 1"},
		{"a*ramp(1,2,1.5)", 1, 13, `found ".5"`},
		{"a*ramp(1,2,3", 1, 13, `expected ")"`},
		{"a*ramp 1", 1, 3, `not "ramp"`},
		{"a*decay(1,0)", 1, 11, "more than 0"},
		{"a*decay(1,-2)", 1, 11, "more than 0"},
		{"a*curve()", 1, 9, "a curve's time"},
		{"a*curve(1:2,1:3)", 1, 13, "increase"},
		{"a*curve(1=2)", 1, 10, "time:strength"},
		{"a@", 1, 3, "a layer is"},
		{"a@x", 1, 3, `found "x"`},
		{"a@3-2", 1, 3, "backwards"},
		{"a@-1", 1, 3, "a layer is"},
		{"a@1+all", 1, 5, "stands alone"},
		{"a@all+1", 1, 6, `found "+"`},
		{"a@999999999999999999999", 1, 3, "too large"},
		{"a[]", 1, 3, "a selector is"},
		{"a[foo]", 1, 3, `found "foo"`},
		{"a[gen", 1, 6, `expected "]"`},
		{"a[gen&]", 1, 7, `found "]"`},
		{"a[not]", 1, 6, "needs a space"},
		{"a[notgen]", 1, 3, `found "notgen"`},
		{"a[9-3]", 1, 3, "backwards"},
		{"a[every:0]", 1, 9, "at least 1"},
		{"a[every:x]", 1, 9, "a whole number"},
		{"a[match:x]", 1, 9, "between slashes"},
		{"a[match:/x]", 1, 9, "no closing slash"},
		{"a[match:/x\\", 1, 9, "no closing slash"},
		{"a[match://]", 1, 9, "empty"},
		{"a[match:/(/]", 1, 9, "missing closing )"},
		{"a[match:/(?=x)/]", 1, 9, "not valid"},
		{"a[match:/((x{100}){100}){2}/]", 1, 9, "not valid"},
		{"a[match:/x{1000}y{1000}z{1000}x{1000}y{1000}x{1000}y{1000}x{1000}y{1000}x{1000}y{1000}/]", 1, 9, "too large"},
		{"a[match:/" + strings.Repeat("x", 501) + "/]", 1, 9, "500"},
		{"a?", 1, 3, "a gate tests"},
		{"a?entropy", 1, 3, "a gate tests"},
		{"a?margin>1", 1, 3, "a gate tests"},
		{"a?entropy>x", 1, 11, `found "x"`},
		{"a?entropy>1e9", 1, 11, "out of range"},
		{"a?probe(x)", 1, 11, "probe(x)>x"},
		{"a?probe()>1", 1, 9, "needs a name"},
		{"a?category(x", 1, 13, `expected ")"`},
		{"a?disagree&", 1, 12, "a gate tests"},
		{"a[gen]@2", 1, 7, "in this order"},
		{"a[é]", 1, 3, "found"},
		{"ab,c[match:/é/]*2", 2, 16, "in this order"},
		{"a\xff", 1, 2, "0xff"},
		{strings.Repeat("a,", maxTerms) + "a", 1001, 2001, "at most 1000"},
		{strings.Repeat(" ", maxPlanText+1), 1, 1, "limit"},
	}
	for _, test := range tests {
		name := test.text
		if len(name) > 40 {
			name = name[:40]
		}
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Term != test.term || e.Column != test.column || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("got %q (term %d, column %d), want term %d, column %d, %q", e, e.Term, e.Column, test.term, test.column, test.reason)
			}
			if e.Text != test.text {
				t.Errorf("the error is about %q", e.Text)
			}
		})
	}
}

func TestUnmarshal(t *testing.T) {
	tests := []struct{ data, want, failure string }{
		{`{"terms":[]}`, "", ""},
		{`{"terms":null}`, "", ""},
		{`{}`, "", ""},
		{`{"terms":[{"vector":"a"}]}`, "a", ""},
		{`{"terms":[{"op":"ablate","vector":"a","strength":0.5,"layers":"2-3","select":"sentence","gate":""}]}`, "ablate:a*0.5@2-3[sentence]", ""},
		{`{"terms":[{"vector":"a","strength":"0.3r"},{"vector":"b","strength":"2"}]}`, "a*0.3r,b*2", ""},
		{`{"terms":[{"vector":"a","strength":1E2,"select":"","layers":"","gate":" entropy>1 "}]}`, "a*100?entropy>1", ""},
		{`{"terms":[{"vector":"a","select":"match:/,\"/"}]}`, `a[match:/,"/]`, ""},

		{`[]`, "", "it holds a JSON array where an object is expected"},
		{`{"terms":`, "", "unexpected end of JSON input"},
		{`{"terms":{}}`, "", `key "terms" at byte 10 holds a JSON object where a list is expected`},
		{`{"terms":[{"vector":1}]}`, "", `key "terms.vector" at byte 21 holds a JSON number where a string is expected`},
		{`{"terms":[{"vector":"a","strength":1,"strength":2}]}`, "", `ambiguous: the name "strength" stands twice`},
		{`{"terms":[],"terms":[]}`, "", `the name "terms" stands twice`},
		{`{"terms":[{}]}`, "", `term 1 has no "vector"`},
		{`{"terms":[{"vector":""}]}`, "", `term 1, "vector", column 1`},
		{`{"terms":[{"vector":"a b"}]}`, "", `"vector", column 3: expected the end`},
		{`{"terms":[{"vector":"a"},{"vector":"b","layer":"2"}]}`, "", `unknown field "layer"`},
		{`{"terms":[{"vector":"a","op":"foo"}]}`, "", `"op", column 1: there is no operation "foo"`},
		{`{"terms":[{"vector":"a","` + strings.Repeat("x", 1000) + `":1}]}`, "", `unknown field "` + strings.Repeat("x", 100) + `…"`},
		{`{"terms":[{"vector":"a","op":"` + strings.Repeat("x", 1000) + `"}]}`, "", `no operation "` + strings.Repeat("x", 100) + `…"; there are`},
		{`{"terms":[{"vector":"a","strength":{"x":"` + strings.Repeat("x", 1000) + `"}}]}`, "", `such as "0.3r", not an object`},
		{`{"terms":[{"vector":"a","strength":[1]}]}`, "", `such as "0.3r", not a list`},
		{`{"terms":[{"vector":"a","strength":true}]}`, "", "a number or a string"},
		{`{"terms":[{"vector":"a","strength":null}]}`, "", "a number or a string"},
		{`{"terms":[{"vector":"a","strength":1e999}]}`, "", `"strength", column 1: a strength is out of range`},
		{`{"terms":[{"vector":"a","strength":"1r","op":"scale"}]}`, "", "relative strength"},
		{`{"terms":[{"vector":"a","strength":"1,b"}]}`, "", `"strength", column 2`},
		{`{"terms":[{"vector":"a","layers":"5-2"}]}`, "", `"layers", column 1: the range 5-2 runs backwards`},
		{`{"terms":[{"vector":"a","select":"gen]"}]}`, "", `"select", column 4`},
		{`{"terms":[{"vector":"a"},{"vector":"a","gate":"entropy=1"}]}`, "", `term 2, "gate", column 1`},
		{"{\"terms\":[{\"vector\":\"\xff\"}]}", "", "invalid UTF-8"},
		{`{"terms":[` + strings.Repeat(`{"vector":"a"},`, maxTerms) + `{"vector":"a"}]}`, "", "limit"},
		{`{"terms":[],"more":"` + strings.Repeat("x", 4*maxPlanText) + `"}`, "", "limit"},
	}
	for _, test := range tests {
		t.Run(test.data[:min(len(test.data), 60)], func(t *testing.T) {
			var p Plan
			err := json.Unmarshal([]byte(test.data), &p)
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Errorf("got %v, want an error with %q", err, test.failure)
				}
				return
			}
			if err != nil || p.String() != test.want {
				t.Errorf("got %q, %v; want %q", p, err, test.want)
			}
		})
	}
}

func TestMarshal(t *testing.T) {
	p, err := Parse("reason*0.4@2-3[sentence],b*0.3r?entropy>1.5")
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"terms":[{"op":"add","vector":"reason","strength":0.4,"layers":"2-3","select":"sentence","gate":""},` +
		`{"op":"add","vector":"b","strength":"0.3r","layers":"own","select":"all","gate":"entropy>1.5"}]}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	if data, _ := json.Marshal(Plan{}); string(data) != `{"terms":[]}` {
		t.Errorf("the empty plan is %s", data)
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "''",
		"happy":               "happy",
		"ablate:happy@1+2,b":  "ablate:happy@1+2,b",
		"happy*2":             "'happy*2'",
		"a[match:/it's/]":     `'a[match:/it'\''s/]'`,
		"a?entropy>1":         "'a?entropy>1'",
		"=a":                  "'=a'",
		"a[match:/$x \"`é\n/": "'a[match:/$x \"`é\n/'",
	} {
		if got := Quote(text); got != want {
			t.Errorf("%q is quoted as %s, want %s", text, got, want)
		}
	}
}

func TestNumbersRoundTrip(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.1, 1.0 / 3, 1e-5, 1e-6, 9.999e-7, 1e-300, 5e-324, 999999.9999999999, maxNumber, math.Pi} {
		c := &cursor{text: formatNumber(x)}
		if got, err := c.number("x"); err != nil || got != x || !c.end() {
			t.Errorf("%v is written as %q and read as %v, %v", x, c.text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range plans {
		f.Add(p.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		var e *Error
		switch {
		case err == nil:
			roundTrip(t, p)
		case !errors.As(err, &e):
			t.Fatalf("%v is no *Error", err)
		case e.Term < 1 || e.Column < 1 || e.Column > len(text)+1:
			t.Fatalf("%v points outside %q", err, text)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	for _, p := range plans {
		plan, err := Parse(p.text)
		if err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(plan)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Plan
		if p.UnmarshalJSON(data) == nil {
			roundTrip(t, p)
		}
	})
}
