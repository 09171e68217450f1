package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

var update = flag.Bool("update", false, "write the expected page anew")

// render is the page of a folder.
func render(t testing.TB, folder string, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, folder, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPage(t *testing.T) {
	const file = "testdata/report.html"
	got := render(t, makeRun(8, 3).write(t), Options{Command: "tiller eval embedded:test --out runs/a"})
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page is not that of %s; go test -update writes it anew", file)
	}
	check(t, got)
	for _, text := range []string{
		"<h1>embedded:test on embedded:base</h1>",
		"steered_fraction", "prompt_edits", "row_edits",
		"Score by lane", "Gap recovered", "By family", "Score by strength", "Layers and strengths",
		"random directions", "the plan negated", "the plan at other positions",
		"<mark><b>▲</b>first</mark>",
		`<a href="#sample-1">test/0000</a>`,
		strings.Repeat("ab12", 16), "sha256:0badc0de", "5f0c8a3e", "avx2",
		"tiller eval embedded:test --out runs/a",
		"samples.jsonl",
	} {
		if !strings.Contains(got, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func TestWrite(t *testing.T) {
	folder := makeRun(4, 0).write(t)
	if err := Write(folder, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, File))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != render(t, folder, Options{}) {
		t.Error("the file is not the page")
	}
	if err := Write(t.TempDir(), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a run: %v", err)
	}
}

func TestSameBytes(t *testing.T) {
	m := makeRun(40, 2)
	folder := m.write(t)
	want := render(t, folder, Options{})
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(m.samples), func(i, j int) { m.samples[i], m.samples[j] = m.samples[j], m.samples[i] })
	if render(t, m.write(t), Options{}) != want {
		t.Error("the order of the samples makes a difference")
	}
	s, err := summary.Make(folder, summary.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if render(t, folder, Options{Summary: s}) != want {
		t.Error("a summary at hand makes a difference")
	}
}

// evil is what must stay text.
const evil = "\"'><script>alert(1)</script><img src=http://x/ onerror=alert(1)>{{.}}</style></svg><!--\x1b]0;x\x07\u202e\u200b\u2028"

// poison puts evil into every text of a value, after what it was.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if v.Type().Elem().Kind() == reflect.String {
				v.SetMapIndex(reflect.ValueOf(k.String()+evil), reflect.ValueOf(v.MapIndex(k).String()+evil))
			}
		}
	case reflect.String:
		if v.CanSet() && v.Type() != reflect.TypeFor[eval.Kind]() {
			v.SetString(v.String() + evil)
		}
	}
}

func TestUntrustedText(t *testing.T) {
	m := makeRun(12, 2)
	m.tune = nil // by names that change
	set := m.spec.Set
	set.Shots, set.ShotsFrom, set.System, set.Chat, set.Fields = []string{"a", "b"}, "f", "s", true, map[string]string{"question": "q"}
	m.spec.Set, m.spec.Guard, m.spec.Tune = set, &set, &set
	m.spec.Sampling.Stop = []string{"x"}
	for i := range m.problems {
		m.problems[i].Choices = []string{"one", "two"}
	}
	for i := range m.samples {
		m.samples[i].Error = "broken"
	}
	for _, v := range []any{&m.spec, &m.problems, &m.samples} {
		poison(reflect.ValueOf(v))
	}
	for i := range m.problems { // of each problem one on the guard set
		p := m.problems[i]
		p.Guard = true
		m.problems = append(m.problems, p)
	}
	for _, s := range m.samples {
		s.Guard = true
		m.samples = append(m.samples, s)
	}
	page := render(t, m.write(t), Options{Command: evil})
	check(t, page)
	if n := strings.Count(page, "&lt;script&gt;"); n < 200 {
		t.Errorf("the page has the text only %d times", n)
	}
}

// check looks for what no page may have.
func check(t *testing.T, page string) {
	t.Helper()
	if i := strings.IndexFunc(page, func(r rune) bool { return r != '\n' && r != '\t' && hidden(r) }); i >= 0 {
		t.Errorf("a hidden character at %q", page[i:min(len(page), i+20)])
	}
	for _, loads := range []string{`(?i)\bsrc\s*=\s*["a-z]*["']`, `(?i)url\(`, `@import`, `href="[^#]`} {
		if found := regexp.MustCompile(loads).FindString(page); found != "" {
			t.Errorf("the page loads something: %q", found)
		}
	}
	elements := strings.Fields("html head meta title style body header main section h1 h2 h3 h4 p div ul ol li table thead tbody tr th td " +
		"small span b a code pre details summary figure figcaption svg desc g path text article mark dl dt dd wbr")
	attributes := strings.Fields("lang charset http-equiv content name class role aria-label aria-labelledby scope open href id dir viewBox d style x y transform")
	ids := map[string]bool{}
	var refers []string
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "wbr"}, xml.HTMLEntity
	var open []string
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.Comment:
			t.Errorf("a comment: %s", e)
		case xml.StartElement:
			if !slices.Contains(elements, e.Name.Local) {
				t.Errorf("an element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				switch name := a.Name.Local; {
				case !slices.Contains(attributes, name):
					t.Errorf("an attribute %s=%q", name, a.Value)
				case name == "id":
					if ids[a.Value] {
						t.Errorf("two elements have the id %s", a.Value)
					}
					ids[a.Value] = true
				case name == "href":
					refers = append(refers, strings.TrimPrefix(a.Value, "#"))
				case name == "aria-labelledby":
					refers = append(refers, strings.Fields(a.Value)...)
				}
			}
			if !slices.Contains(d.AutoClose, e.Name.Local) {
				open = append(open, e.Name.Local)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != e.Name.Local {
				t.Fatalf("line %d: </%s> ends what is not open: %v", lineOf(d), e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("open to the end: %v", open)
	}
	for _, id := range refers {
		if !ids[id] {
			t.Errorf("nothing has the id %s", id)
		}
	}
}

func lineOf(d *xml.Decoder) int {
	n, _ := d.InputPos()
	return n
}

func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("a large run")
	}
	m := makeRun(400, 1)
	long := strings.Repeat("so <b> & \x1b then\n", 400)
	for i := range m.samples {
		m.samples[i].Output += long
		if m.samples[i].Steered > 0 {
			for at := 60; at+4 < len(long); at += 9 {
				m.samples[i].Marks = append(m.samples[i].Marks, [2]int{at, at + 4})
			}
		}
	}
	folder := m.write(t)
	page := render(t, folder, Options{Flips: 1000, Samples: 1000})
	check(t, page)
	if len(page) > 2_000_000 || len(page) < 500_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	if strings.Count(page, "<article") < 20 {
		t.Error("there are hardly any samples")
	}
}

func TestOtherRuns(t *testing.T) {
	tests := map[string]struct {
		change func(m *made)
		want   []string
		not    []string
	}{
		"nothing computed yet": {
			func(m *made) { m.samples, m.tune, m.sweep = nil, nil, nil },
			[]string{"The run is not finished", "here are 0 on which"},
			[]string{"<article", "<svg"},
		},
		"half of it": {
			func(m *made) { m.samples = m.samples[:len(m.samples)/2] },
			[]string{"The run is not finished", "missing"},
			nil,
		},
		"no lanes": {
			func(m *made) { m.samples, m.spec.Lanes, m.tune, m.sweep = nil, nil, nil, nil },
			[]string{"no lane base"},
			[]string{"<svg"},
		},
		"scores of any size": {
			func(m *made) {
				for i := range m.samples {
					m.samples[i].Score = -1.5 + float64(i%7)
				}
			},
			[]string{"score −1.500", "<th scope=\"col\">score</th>"},
			[]string{"✓", "wrong before"},
		},
		"several answers a problem": {
			func(m *made) {
				m.spec.Samples = 2
				for _, s := range m.samples {
					s.Draw = 1
					m.samples = append(m.samples, s)
				}
			},
			[]string{"it is the first", "pass@2, %"},
			nil,
		},
		"a guard set": {
			func(m *made) {
				m.spec.Guard = &eval.SetSpec{Ref: "hard.jsonl", Grader: "exact"}
				for _, p := range m.problems[:3] {
					p.Guard = true
					m.problems = append(m.problems, p)
				}
			},
			[]string{"Where steering should change nothing", "3 problems of the guard set hard.jsonl"},
			nil,
		},
		"one family": {
			func(m *made) {
				for i := range m.problems {
					m.problems[i].Family = ""
				}
			},
			nil,
			[]string{"By family"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := makeRun(12, 2)
			test.change(m)
			page := render(t, m.write(t), Options{})
			check(t, page)
			for _, text := range test.want {
				if !strings.Contains(page, text) {
					t.Errorf("the page does not say %q", text)
				}
			}
			for _, text := range test.not {
				if strings.Contains(page, text) {
					t.Errorf("the page says %q", text)
				}
			}
			if strings.Contains(page, "NaN") {
				t.Error("the page says NaN")
			}
		})
	}
}

func TestChoose(t *testing.T) {
	m := makeRun(60, 0)
	r, err := readRun(m.write(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	flipped, others := r.choose(Options{Flips: 10, Samples: 5})
	if len(flipped) != 10 || len(others) != 5 {
		t.Fatalf("%d and %d samples", len(flipped), len(others))
	}
	right := map[string]map[string]float64{}
	for _, s := range m.samples {
		if right[s.ID] == nil {
			right[s.ID] = map[string]float64{}
		}
		right[s.ID][s.Lane] = s.Score
	}
	for _, i := range flipped {
		if of := right[r.problems[i].ID]; of["base"] == of[planName] && of["base"] == of[otherName] {
			t.Errorf("%s did not flip", r.problems[i].ID)
		}
		if slices.Contains(others, i) {
			t.Errorf("%s is there twice", r.problems[i].ID)
		}
	}
	// What else is in the run changes nothing about which of two is drawn.
	r.problems = slices.Insert(slices.Clone(r.problems), 0, eval.Problem{ID: "new"})
	_, again := r.choose(Options{Samples: 5})
	_, before := (&run{spec: r.spec, sum: r.sum, problems: r.problems[1:]}).choose(Options{Samples: 5})
	kept := 0
	for _, i := range before {
		if slices.Contains(again, i+1) {
			kept++
		}
	}
	if kept < 4 {
		t.Errorf("one more problem changes %d of 5 samples", 5-kept)
	}
}

func TestParts(t *testing.T) {
	long := strings.Repeat("a", outputHead) + strings.Repeat("b", 1234) + strings.Repeat("c", outputTail)
	tests := map[string]struct {
		output string
		marks  [][2]int
		want   string // steered in brackets, cuts in braces
	}{
		"none":           {"abc", nil, "abc"},
		"empty":          {"", [][2]int{{0, 1}}, ""},
		"some":           {"abcdef", [][2]int{{0, 1}, {2, 4}}, "[a]b[cd]ef"},
		"all":            {"abc", [][2]int{{0, 3}}, "[abc]"},
		"outside":        {"abc", [][2]int{{-5, 1}, {2, 99}}, "[a]b[c]"},
		"overlapping":    {"abcdef", [][2]int{{1, 4}, {2, 5}}, "a[bcd][e]f"},
		"backwards":      {"abc", [][2]int{{2, 1}}, "abc"},
		"in a character": {"aéb", [][2]int{{2, 3}}, "a[é]b"},
		"controls":       {"a\x07b", [][2]int{{1, 2}}, "a[␇]b"},
		"long": {long, [][2]int{{outputHead - 1, outputHead + 10}, {len(long) - 1, len(long)}},
			strings.Repeat("a", outputHead-1) + "[a]{\n… 1,234 bytes are left out …\n}" + strings.Repeat("c", outputTail-1) + "[c]"},
	}
	for name, test := range tests {
		var b strings.Builder
		for _, p := range parts(test.output, test.marks) {
			switch {
			case p.Cut:
				fmt.Fprintf(&b, "{%s}", p.Text)
			case p.Steered:
				fmt.Fprintf(&b, "[%s]", p.Text)
			default:
				b.WriteString(p.Text)
			}
		}
		if got := b.String(); got != test.want {
			t.Errorf("%s: %q, not %q", name, got, test.want)
		}
	}
}

func TestReadSweep(t *testing.T) {
	tests := map[string]struct{ data, want string }{
		"good":           {`{"layers":[0],"strengths":[1,2],"cells":[[{"score":0.5,"n":2},{"n":0}]]}`, ""},
		"no JSON":        {`{`, "damaged"},
		"empty":          {`{}`, "no layers"},
		"too few rows":   {`{"layers":[0,1],"strengths":[1],"cells":[[{}]]}`, "2 layers, but 1 rows"},
		"too few cells":  {`{"layers":[3],"strengths":[1,2],"cells":[[{}]]}`, "1 cells for layer 3"},
		"far too large":  {`{"layers":[` + strings.Repeat("0,", 300) + `0],"strengths":[1],"cells":[]}`, "too large to draw"},
		"more than read": {strings.Repeat(" ", maxSweepBytes+1), "at most"},
	}
	for name, test := range tests {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, sweepFile), []byte(test.data), 0o666); err != nil {
			t.Fatal(err)
		}
		switch _, err := readSweep(folder); {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, not %q", name, err, test.want)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	folder := makeRun(1000, 1).write(b)
	s, err := summary.Make(folder, summary.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		render(b, folder, Options{Summary: s})
	}
}
