package evalset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering/grade"
	"tiller/steering/library"
)

// readText reads a set that is a file of this name and content.
func readText(ctx context.Context, name, text string, o Options) (*Set, error) {
	base := filepath.Base(name)
	return read(newSource(ctx, name, strings.TrimSuffix(base, filepath.Ext(base)), strings.NewReader(text), io.NopCloser(nil)), o)
}

func readFixture(t *testing.T, name string, o Options) *Set {
	t.Helper()
	s, err := Read(t.Context(), library.Library{}, filepath.Join("testdata", name), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		file, layout, grader, template string
		n                              int
		first                          Item // Fields and Line apart
	}{
		{"gsm8k.jsonl", "gsm8k", "numeric", "qa", 3, Item{
			ID: "gsm8k/0000", Question: "Mia has 3 boxes of 4 pens. How many pens has she?", Target: "12", Right: -1,
			Solution: "She has 3 * 4 = <<3*4=12>>12 pens.", worked: "She has 3 * 4 = <<3*4=12>>12 pens.\n#### 12"}},
		{"math.jsonl", "math", "math", "Problem:\n{question}\n\nSolution:", 2, Item{
			ID: "test/prealgebra/1.json", Question: `What is $\frac{1}{2}+\frac{1}{3}$?`, Target: `\frac{5}{6}`, Right: -1, Family: "Prealgebra",
			Solution: `A common denominator is 6, so it is $\boxed{\frac{5}{6}}$.`, worked: `A common denominator is 6, so it is $\boxed{\frac{5}{6}}$.`}},
		{"bbh_options.json", "bbh", "choice", "Q: {question}\nA:", 2, Item{
			ID: "bbh_options/0000", Question: "Ann has a cup and Bob a hat. They swap. At the end, Ann has\nOptions:\n(A) the cup\n(B) the hat",
			Target: "(B)", Choices: []string{"the cup", "the hat"}, Right: 1}},
		{"bbh_words.json", "bbh", "exact", "Q: {question}\nA:", 2, Item{ID: "bbh_words/0000", Question: "not True is", Target: "False", Right: -1}},
		{"prosqa.json", "prosqa", "contains", "qa", 2, Item{
			ID: "prosqa/0000", Question: "Every wug is a dax. Every dax is a fep. Tom is a wug. Is Tom a fep or zop?", Target: "Tom is a fep.",
			Choices: []string{"Tom is a fep.", "Tom is a zop."}, Right: 0,
			Solution: "Tom is a wug.\nEvery wug is a dax.\nEvery dax is a fep.",
			worked:   "Tom is a wug.\nEvery wug is a dax.\nEvery dax is a fep.\nTom is a fep."}},
		{"ab.json", "ab", "logit-difference", "plain", 2, Item{
			ID: "ab/0000", Question: "Would you lend a stranger your umbrella?\n\nChoices:\n (A) Yes\n (B) No", Target: " (A)", Choices: []string{" (A)", " (B)"}}},
		{"index.jsonl", "choices", "likelihood", "qa", 3, Item{
			ID: "index/0000", Question: "Which is a fruit?", Target: "plum", Choices: []string{"nail", "plum", "cup", "road"}, Right: 1, Family: "food"}},
		{"labels.jsonl", "choices", "likelihood", "qa", 2, Item{
			ID: "x1", Question: "Which melts?", Target: "ice", Choices: []string{"ice", "sand", "slate"}}},
		{"stems.jsonl", "choices", "likelihood", "qa", 1, Item{ID: "y1", Question: "Which swims?", Target: "cod", Choices: []string{"cat", "cod"}, Right: 1}},
		{"endings.jsonl", "continuation", "likelihood-per-character", "plain", 2, Item{
			ID: "endings/0000", Question: "She cracks an egg and", Target: "whisks it.",
			Choices: []string{"flies off.", "whisks it.", "paints it.", "sings it."}, Right: 1, Family: "Cooking"}},
		{"marks.jsonl", "choices", "likelihood", "qa", 1, Item{
			ID: "marks/0000", Question: "Can pigs fly?", Target: "No.", Choices: []string{"No.", "Yes.", "At night."}}},
		{"columns.csv", "choices", "likelihood", "qa", 2, Item{
			ID: "columns/0000", Question: "Which, of these, is a colour?", Target: "red", Choices: []string{"red", `a "shoe"`, "ten", "up"}}},
		{"plain.jsonl", "plain", "exact", "qa", 2, Item{ID: "7", Question: "Capital of France?", Target: "Paris", Right: -1, Family: "capitals"}},
		{"plain.csv", "plain", "numeric", "qa", 2, Item{ID: "plain/0000", Question: "2 + 2 =", Target: "4", Right: -1}},
		{"lab.jsonl", "lab", "answer", "plain", 1, Item{
			ID: "test/sum/6189a3e889aa", Question: "eve +0 . hal +8 . cat +5 . gus +5 . what is the last digit of the total ?", Target: "8", Right: -1, Family: "sum"}},
	} {
		s := readFixture(t, c.file, Options{})
		template, err := ParseTemplate(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if s.Layout != c.layout || s.Grader() != c.grader || s.Template().String() != template.String() || len(s.Items) != c.n || s.Warnings != nil {
			t.Errorf("%s: layout %s, grader %s, template %q, %d items, warnings %q", c.file, s.Layout, s.Grader(), s.Template(), len(s.Items), s.Warnings)
		}
		if _, err := grade.Parse(s.Grader()); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
		got := s.Items[0]
		got.Fields, got.Line = nil, 0
		if !reflect.DeepEqual(got, c.first) {
			t.Errorf("%s: %+v\nwant %+v", c.file, got, c.first)
		}
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); s.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: hash %s", c.file, s.SHA256)
		}
		for _, i := range s.Items {
			if i.Right >= 0 && c.layout != "bbh" && i.Target != i.Choices[i.Right] {
				t.Errorf("%s, %s: the target %q is not choice %d of %q", c.file, i.ID, i.Target, i.Right, i.Choices)
			}
			if _, err := s.Template().Render(i); err != nil {
				t.Errorf("%s: %v", c.file, err)
			}
		}
	}
}

func TestRestOfItems(t *testing.T) {
	ids := func(s *Set) (out []string) {
		for _, i := range s.Items {
			out = append(out, fmt.Sprintf("%s@%d", i.Target, i.Line))
		}
		return out
	}
	for file, want := range map[string][]string{
		"gsm8k.jsonl":      {"12@1", "1,600@2", "35@3"},
		"math.jsonl":       {`\frac{5}{6}@1`, "3@2"},
		"bbh_options.json": {"(B)@1", "(A)@2"},
		"prosqa.json":      {"Tom is a fep.@1", "Kim is a fep.@2"},
		"ab.json":          {" (A)@1", " (B)@2"},
		"index.jsonl":      {"plum@1", "2@2", "tern@3"},
		"labels.jsonl":     {"ice@1", "fire@2"},
		"endings.jsonl":    {"whisks it.@1", "steers out.@2"},
		"columns.csv":      {"red@2", "six@3"},
		"plain.jsonl":      {"Paris@1", "false@3"},
	} {
		if got := ids(readFixture(t, file, Options{})); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if got := readFixture(t, "prosqa.json", Options{}).Items[1]; got.Right != 1 || got.Choices[0] != "Kim is a dax." {
		t.Errorf("%q, %d", got.Choices, got.Right)
	}
	if got := readFixture(t, "columns.csv", Options{}).Items[1]; got.Question != "Which is\na number?" || len(got.Choices) != 3 {
		t.Errorf("%q, %q", got.Question, got.Choices)
	}
	if got := readFixture(t, "unknown.jsonl", Options{Question: "ask", Target: "reply"}).Items[1].Fields; !reflect.DeepEqual(got, map[string]string{
		"context": "Jo is six.", "ask": "How old is Jo?", "reply": "6", "meta.source": "up"}) {
		t.Errorf("fields %q", got)
	}
}

func TestMapping(t *testing.T) {
	const wrong = `there is no field "reply2"; there are "context", "ask", "reply", "meta.source", "wrong"`
	for _, c := range []struct {
		file            string
		o               Options
		layout, grader  string
		question        string
		target, id, fam string
		choices         int
		err             string
	}{
		{file: "unknown.jsonl", err: `line 1: it has the fields "context", "ask", "reply", "meta.source", "wrong", which are of no eval set that is known: name those of the question and the answer with --question and --target`},
		{file: "unknown.jsonl", o: Options{Question: "ask", Target: "reply"}, layout: "mapped", grader: "exact", question: "Which colour is the pot?", target: "red", id: "unknown/0000"},
		{file: "unknown.jsonl", o: Options{Question: "{context}\n{ask}", Target: "It is {reply}.", ID: "p-{meta.source}", Family: "meta.source"},
			layout: "mapped", grader: "exact", question: "The pot is red.\nWhich colour is the pot?", target: "It is red.", id: "p-made", fam: "made"},
		{file: "unknown.jsonl", o: Options{Question: "ask", Target: "reply2"}, err: "line 1: " + wrong},
		{file: "unknown.jsonl", o: Options{Question: "{reply2}", Target: "reply"}, err: "line 1: column 1 of the template: " + wrong},
		{file: "unknown.jsonl", o: Options{Question: "ask", Target: "wrong"}, err: `line 1: "wrong" is a list, where a text is expected`},
		{file: "unknown.jsonl", o: Options{Question: "ask", Target: "meta"}, err: `line 1: "meta" is an object, where a text is expected`},
		{file: "unknown.jsonl", o: Options{Question: "ask", Target: "reply", Choices: "wrong"}, err: `line 1: the answer "red" is none of the 2 choices, nor the letter or number of one`},
		{file: "unknown.jsonl", o: Options{Question: "{", Target: "reply"}, err: "the template of the question: column 1 of the template: a { has no }"},
		{file: "gsm8k.jsonl", o: Options{Question: "Think. {question}"}, layout: "gsm8k", grader: "numeric", question: "Think. Mia has 3 boxes of 4 pens. How many pens has she?", target: "12", id: "gsm8k/0000"},
		{file: "columns.csv", o: Options{Question: "question", Target: "answer", Choices: "A, B,C,D"}, layout: "mapped", grader: "likelihood", question: "Which, of these, is a colour?", target: "red", id: "columns/0000", choices: 4},
		{file: "columns.csv", o: Options{Choices: "A"}, err: `line 2: "A" is a text, where a list of texts is expected`},
		{file: "index.jsonl", o: Options{ID: "subject", Family: "{subject}!"}, layout: "choices", grader: "likelihood", question: "Which is a fruit?", target: "plum", id: "food", fam: "food!", choices: 4},
		{file: "plain.csv", o: Options{Format: "xml"}, err: `there is no format "xml"`},
		{file: "plain.csv", o: Options{Limit: -1}, err: "can't be negative"},
	} {
		s, err := Read(t.Context(), library.Library{}, filepath.Join("testdata", c.file), c.o)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s, %+v: error %v, want %q", c.file, c.o, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %+v: %v", c.file, c.o, err)
			continue
		}
		i := s.Items[0]
		fam := c.fam
		if s.Layout != c.layout || s.Grader() != c.grader || i.Question != c.question || i.Target != c.target || i.ID != c.id || i.Family != fam || len(i.Choices) != c.choices {
			t.Errorf("%s, %+v: %s, %s, %+v", c.file, c.o, s.Layout, s.Grader(), i)
		}
	}
}

func TestRefuses(t *testing.T) {
	good := `{"question":"q","answer":"a"}` + "\n"
	const mc = `{"question":"q","choices":["x","y"],"answer":`
	for _, c := range []struct{ name, text, err string }{
		{"a.jsonl", "", `a.jsonl is empty: it needs problems such as {"question"`},
		{"a.jsonl", " \n\n", "a.jsonl is empty"},
		{"a.jsonl", "{}\n", "line 1: it has no fields: a problem is such as"},
		{"a.json", "[]", "a.json is empty"},
		{"a.csv", "question,answer\n", "a.csv is empty"},
		{"a.jsonl", strings.Repeat(good, 3) + `{"question":"q" "answer":1}`, `a.jsonl, line 4: not valid JSON at byte 17: invalid character '"' after object key:value pair`},
		{"a.jsonl", good + `{"question":"q"`, "line 2: not valid JSON at byte 15: unexpected end of JSON input"},
		{"a.jsonl", good + "[1]", "line 2: an object such as"},
		{"a.jsonl", good + "null", "line 2: an object such as"},
		{"a.jsonl", good + `{"question":"q"}`, `line 2: there is no field "answer"; there are "question"`},
		{"a.jsonl", good + `{"question":"q","answer":null}`, `line 2: "answer" is null, where a text is expected`},
		{"a.jsonl", good + `{"question":"q","answer":["a"]}`, `line 2: "answer" is a list, where`},
		{"a.jsonl", good + `{"question":"q","answer":{"a":1}}`, `line 2: "answer" is an object, where`},
		{"a.jsonl", good + `{"question":"q","answer":[[1]]}`, `line 2: "answer" is a nested list, where`},
		{"a.jsonl", good + `{"question":" ","answer":"a"}`, `line 2: "question" is empty`},
		{"a.jsonl", good + `{"question":"q","answer":"a","answer":"b"}`, `line 2: the name "answer" stands twice`},
		{"a.jsonl", good + "{\"question\":\"q\xff\",\"answer\":1}", "line 2: byte 15 is not valid UTF-8"},
		{"a.jsonl", good + "{\"question\":\"q\x00\",\"answer\":1}", "a.jsonl is not text: its byte 45 is a NUL"},
		{"a.jsonl", `{"id":1,"question":"q","answer":"a"}` + "\n" + `{"id":"1","question":"r","answer":"a"}`, `line 2: its id "1" is that of line 1 too`},
		{"a.jsonl", `{"question":"q","answer":"a"}` + "\n" + `{"id":"a/0000","question":"r","answer":"a"}`, `line 2: its id "a/0000" is that of line 1 too`},
		{"a.jsonl", `{"question":"q","answer":"1 #### 2"}` + "\n" + good, `line 2: "answer" has no "####" before a result`},
		{"a.jsonl", `{"question":"q","answer":"1 ####"}`, `line 1: "answer" has no result after "####"`},
		{"a.jsonl", good + `{"question":"q","answer":"` + strings.Repeat("x", maxField+1) + `"}`, `line 2: "answer" is longer than 4 MiB`},
		{"a.jsonl", good + `{"question":"` + strings.Repeat("x", maxLine) + `","answer":1}`, "line 2: it is longer than 16 MiB"},
		{"a.jsonl", good + "{" + strings.Repeat(`"":{`, 12000), "line 2: not valid JSON at byte"},
		{"a.jsonl", mc + "7}", `line 1: the answer "7" is none of the 2 choices, nor the letter or number of one`},
		{"a.jsonl", mc + `1}` + "\n" + mc + `"x"}`, `line 2: the answer "x" makes no sense beside those before it, which are numbers from 0`},
		{"a.jsonl", `{"question":"q","choices":["x"],"answer":0}`, "line 1: it has 1 answers to choose from"},
		{"a.jsonl", `{"question":"q","choices":["x",""],"answer":0}`, "line 1: answer 2 of those to choose from is empty"},
		{"a.jsonl", `{"question":"q","mc1_targets":{"choices":["x","y"],"labels":[1,1]}}`, "line 1: not exactly one"},
		{"a.jsonl", `{"question":"q","mc1_targets":{"choices":["x","y"],"labels":[1]}}`, "has 1 marks for 2 choices"},
		{"a.json", `[{"question":"q","answer":"a"},{"question":"q"}]`, `a.json, item 2: there is no field "answer"`},
		{"a.json", `[{"question":"q","answer":"a"},{"question":"q"`, "a.json, after item 1 and byte 30: the JSON ends too early"},
		{"a.json", `[{"question":"q","answer":"a"},{"question":]`, "a.json, after item 1 and byte 30: not valid JSON: invalid character ']'"},
		{"a.json", `[{"question":"q","answer":"a"}] x`, "a.json goes on after its JSON ends, at byte 33"},
		{"a.json", `[{"question":"q","answer":"a"},7]`, "a.json, item 2: an object such as"},
		{"a.json", "{\n\"a\":1}", "a.json holds no list of problems"},
		{"a.json", `{"train":[{"question":"q","answer":"a"}],"test":[{"question":"q","answer":"a"}]}`, `holds two lists of problems, "train" and "test"`},
		{"a.json", `[{"question":"` + strings.Repeat("x", maxLine) + `"}]`, "what follows is longer than 16 MiB"},
		{"a.csv", "question,question\n1,2\n", `a.csv, line 1: the name "question" stands twice in the header`},
		{"a.csv", "question,answer\nq,a\nq,a,b\n", "a.csv, line 3: it has another number of fields than the header"},
		{"a.csv", "question,answer\nq,\"a\"b\n", "a.csv, line 2: not valid CSV at line 2, byte 5"},
		{"a.csv", "question,answer\nq,\"a\n\n", "a.csv, line 2: not valid CSV at line 3"},
		{"a.csv", "question,answer\nq,\"a" + strings.Repeat("x\n", maxLine/2), "at or after line 2: a row is longer than 16 MiB; does a quotation mark"},
		{"a.csv", "question,answer\nq,\xff\n", `line 2: byte 1 of "answer" is not valid UTF-8`},
		{"a.csv", "question,answer\n" + strings.Repeat("q,a\n", headBytes/4) + "q,a\x00\n", `line 16386: byte 2 of "answer" is a NUL`},
		{"a.csv", "question,answer\nq,\n", `line 2: "answer" is empty`},
		{"a.jsonl", "\x1f\x8b\x08", "a.jsonl is not an eval set in lines of JSON, a JSON list or CSV but looks like a gzip archive, which must be unpacked first"},
		{"a.jsonl", "PAR1....", "looks like a Parquet file"},
		{"a.jsonl", "\xff\xfe{\x00", "looks like UTF-16 text: save it as UTF-8"},
		{"a.json", "<!DOCTYPE html>", "looks like a web page"},
		{"a.txt", "hello there", `begins with "hello there"`},
	} {
		_, err := readText(t.Context(), c.name, c.text, Options{})
		if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s %.80q: error %v, want %q", c.name, c.text, err, c.err)
		} else if len(err.Error()) > 600 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %.80q: the error is no sentence: %.1000q", c.name, c.text, err)
		}
	}
}

func TestSkipBad(t *testing.T) {
	const text = `{"question":"1","answer":"a"}
{"question":"2"
{"question":"3","answer":null}
{"question":"4","answer":"a"}
{"question":"5` + "\xff" + `","answer":"a"}
`
	s, err := readText(t.Context(), "s.jsonl", text, Options{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Items) != 2 || s.Items[1].ID != "s/0003" || s.Items[1].Line != 4 || len(s.Warnings) != 3 ||
		s.Warnings[0] != "skipped: s.jsonl, line 2: not valid JSON at byte 15: unexpected end of JSON input" {
		t.Errorf("%+v", s)
	}
	line := (*LineError)(nil)
	if _, err := readText(t.Context(), "s.jsonl", text, Options{}); !errors.As(err, &line) || line.Line != 2 || line.Unit != "line" || line.File != "s.jsonl" {
		t.Errorf("%+v", line)
	}
	many, err := readText(t.Context(), "m.csv", "question,answer\nq,a\n"+strings.Repeat("q\n", 100), Options{SkipBad: true})
	if err != nil || len(many.Items) != 1 || len(many.Warnings) != maxWarnings+1 || many.Warnings[maxWarnings] != "skipped: 80 more" {
		t.Errorf("%v: %+v", err, many)
	}
	if _, err := readText(t.Context(), "n.jsonl", "{\n{\n", Options{SkipBad: true, Format: "jsonl"}); err == nil || !strings.Contains(err.Error(), "none of the problems can be used: n.jsonl, line 1") {
		t.Errorf("nothing good: %v", err)
	}
	long := `{"question":"` + strings.Repeat("x", maxLine) + `","answer":1}` + "\n"
	if s, err := readText(t.Context(), "l.jsonl", long+`{"question":"q","answer":"a"}`+"\n"+long[:len(long)-1], Options{SkipBad: true}); err != nil || len(s.Items) != 1 || len(s.Warnings) != 2 {
		t.Errorf("long lines: %v", err)
	}
}

func TestFormats(t *testing.T) {
	lines := `{"question":"q","answer":"a"}` + "\r\n\r\n" + `{"question":"r","answer":"b"}`
	list := "[\n" + `{"question":"q","answer":"a"},{"question":"r","answer":"b"}` + "]\n"
	object := `{"note":"n","data":` + list + `}`
	pretty := "{\n  \"note\": [\"n\"],\n  \"data\": " + list + "}"
	rows := "question,answer\r\nq,a\r\n\r\nr,b\r\n"
	for _, c := range []struct{ name, text, format string }{
		{"a.jsonl", lines, ""}, {"a.json", lines, ""}, {"a", lines, ""}, {"a.csv", lines, "jsonl"}, {"a.jsonl", "\xef\xbb\xbf" + lines, ""},
		{"a.json", list, ""}, {"a.jsonl", list, ""}, {"a", list, ""}, {"a.json", object, ""}, {"a.json", strings.ReplaceAll(object, "\n", ""), ""},
		{"a.json", pretty, ""}, {"a", pretty, ""}, {"a.jsonl", pretty, "json"}, {"a.json", "\xef\xbb\xbf\n" + list, ""},
		{"a.csv", rows, ""}, {"a.txt", rows, ""}, {"a.csv", "\xef\xbb\xbf" + rows, ""}, {"a.json", rows, "csv"},
		{"a.tsv", strings.ReplaceAll(rows, ",", "\t"), ""},
	} {
		s, err := readText(t.Context(), c.name, c.text, Options{Format: c.format})
		if err != nil {
			t.Errorf("%s %q: %v", c.name, c.text, err)
			continue
		}
		if len(s.Items) != 2 || s.Items[0].Question != "q" || s.Items[1].Target != "b" || s.Items[1].ID != "a/0001" {
			t.Errorf("%s %q: %+v", c.name, c.text, s.Items)
		}
		if sum := sha256.Sum256([]byte(c.text)); s.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s %q: hash %s", c.name, c.text, s.SHA256)
		}
	}
}

func TestSelection(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, `{"id":"p%02d","question":"q","answer":"%d"}`+"\n", i, i)
	}
	ids := func(text string, o Options) []string {
		t.Helper()
		s, err := readText(t.Context(), "s.jsonl", text, o)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, i := range append(s.Shots, s.Items...) {
			out = append(out, i.ID)
		}
		return out
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Limit: 2}, "p00 p01"},
		{Options{Limit: 2, Offset: 3}, "p03 p04"},
		{Options{Offset: 98}, "p98 p99"},
		{Options{Offset: 98, Limit: 200}, "p98 p99"},
		{Options{Shots: 2, Offset: 1, Limit: 1}, "p00 p01 p03"},
		{Options{Limit: 2, Renumber: true}, "s/0000 s/0001"},
	} {
		if got := strings.Join(ids(text.String(), c.o), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	all := ids(text.String(), Options{Shuffle: true, Seed: 1})
	if slices.IsSorted(all) || len(all) != 100 || slices.Equal(all, ids(text.String(), Options{Shuffle: true, Seed: 2})) {
		t.Errorf("shuffled: %q", all)
	}
	if got := ids(text.String(), Options{Shuffle: true, Seed: 1, Offset: 5, Limit: 7}); !slices.Equal(got, all[5:12]) {
		t.Errorf("a part of the shuffled: %q", got)
	}
	// Without some problems the order of the others is the same.
	half := ids(strings.Join(strings.SplitAfter(text.String(), "\n")[50:], ""), Options{Shuffle: true, Seed: 1})
	if want := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id < "p50" }); !slices.Equal(half, want) {
		t.Errorf("half: %q, want %q", half, want)
	}
	for _, o := range []Options{{Offset: 100}, {Shots: 100}, {Shots: 50, Offset: 50}} {
		if _, err := readText(t.Context(), "s.jsonl", text.String(), o); err == nil || !strings.Contains(err.Error(), "none is left") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	// What is kept does not decide how it is graded.
	mixed := text.String() + `{"question":"q","answer":"word"}`
	for _, o := range []Options{{}, {Limit: 3}} {
		if s, err := readText(t.Context(), "s.jsonl", mixed, o); err != nil || s.Grader() != "exact" {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestReadings(t *testing.T) {
	item := func(choices, answer string) string {
		return `{"question":"q","choices":` + choices + `,"answer":` + answer + "}\n"
	}
	const abcd, digits = `["a","b","c","d"]`, `["1","2","3","4"]`
	for _, c := range []struct {
		text, want, warning string
	}{
		{item(`["w","x","y","z"]`, `"B"`), "x", ""},
		{item(`["w","x","y","z"]`, `"(c)"`), "y", ""},
		{item(`["w","x","y","z"]`, `"y"`), "y", ""},
		{item(`["w","x","y","z"]`, `"3"`) + item(`["w","x","y","z"]`, `"0"`), "z w", ""},
		{item(`["w","x"]`, "1") + item(`["w","x"]`, "2"), "w x", ""},
		{item(`["w","x"]`, "1"), "x", "taken for numbers from 0, but may be numbers from 1 as well"},
		{item(digits, "2") + item(digits, "0"), "3 1", ""},
		{item(digits, "2"), "3", "but may be the choices' own texts as well"},
		{item(digits, `"2"`) + item(digits, `"4"`), "2 4", ""},
		{item(`["9","8","7"]`, "9"), "9", ""},
		{item(`["b","a"]`, `"a"`), "a", "taken for the choices' own texts, but may be letters as well"},
		{item(abcd, `"a"`), "a", ""},
		{item(`"[\"x\", \"y\"]"`, `"y"`), "y", ""},
	} {
		s, err := readText(t.Context(), "s.jsonl", c.text, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		var got []string
		for _, i := range s.Items {
			got = append(got, i.Target)
		}
		if strings.Join(got, " ") != c.want || !strings.Contains(strings.Join(s.Warnings, "\n"), c.warning) || (c.warning == "") != (len(s.Warnings) == 0) {
			t.Errorf("%s: %q, %q", c.text, got, s.Warnings)
		}
	}
}

func TestBounds(t *testing.T) {
	var wide strings.Builder
	for i := range maxFields + 1 {
		fmt.Fprintf(&wide, `"f%d":1,`, i)
	}
	for _, c := range []struct{ text, err string }{
		{"{" + wide.String() + `"question":"q","answer":"a"}`, "line 1: it has more than 1000 fields"},
		{`{"question":"q","choices":["x"` + strings.Repeat(`,"x"`, maxChoices) + `],"answer":0}`, "line 1: it has more than 1000 answers"},
	} {
		if _, err := readText(t.Context(), "s.jsonl", c.text, Options{}); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%.80s: %v, want %s", c.text, err, c.err)
		}
	}
	full, err := newCollector(newSource(t.Context(), "s.jsonl", "s", strings.NewReader(""), io.NopCloser(nil)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	problem := &record{line: 1, names: []string{"question", "answer"}, values: []value{{kind: text, text: "q"}, {kind: text, text: "a"}}}
	full.place = maxItems
	if err := full.take(problem); err == nil || !strings.Contains(err.Error(), "s.jsonl has more than 1048576 problems") {
		t.Errorf("too many problems: %v", err)
	}
	full.place, full.held = 0, maxHeld
	if err := full.take(problem); err == nil || !strings.Contains(err.Error(), "the most that are held: ask for fewer problems") {
		t.Errorf("too many fields: %v", err)
	}
	// A list that is longer than any of use is passed over.
	if _, err := readText(t.Context(), "s.jsonl", `{"question":"q","answer":"a","x":[0`+strings.Repeat(`,{"a":[1]}`, maxList+9)+`]}`, Options{}); err != nil {
		t.Error(err)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(t.Context(), library.Library{}, dir, Options{}); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Read(t.Context(), library.Library{}, filepath.Join(dir, "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	huge := filepath.Join(dir, "huge.jsonl")
	if err := os.WriteFile(huge, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxFile+1); err != nil {
		t.Skip(err)
	}
	if _, err := Read(t.Context(), library.Library{}, huge, Options{}); err == nil || !strings.Contains(err.Error(), "has more than 1 GiB") {
		t.Errorf("a huge file: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"gsm8k.jsonl", "ab.json", "plain.csv"} {
		if _, err := Read(cancelled, library.Library{}, filepath.Join("testdata", name), Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}

// failing fails in the middle of a file.
type failing struct{ r io.Reader }

var errDisk = errors.New("the disk is gone")

func (f failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err == io.EOF {
		err = errDisk
	}
	return n, err
}

func TestReadFails(t *testing.T) {
	for name, text := range map[string]string{
		"a.jsonl": strings.Repeat(`{"question":"q","answer":"a"}`+"\n", headBytes/8),
		"a.json":  "[" + strings.Repeat(`{"question":"q","answer":"a"},`+"\n", headBytes/8),
		"a.csv":   "question,answer\n" + strings.Repeat("q,a\n", headBytes/2),
	} {
		_, err := read(newSource(t.Context(), name, "a", failing{strings.NewReader(text)}, io.NopCloser(nil)), Options{SkipBad: true})
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "cannot read the eval set") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEmbedded(t *testing.T) {
	lib := library.New(assets.FS)
	if _, err := lib.Problems("test"); err != nil {
		t.Skip(err)
	}
	for split, n := range map[string]int{"test": 2400, "tune": 1200, "hard": 600} {
		s, err := Read(t.Context(), lib, "embedded:"+split, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != split || s.Layout != "lab" || s.Grader() != "answer" || len(s.Items) != n || s.Items[0].Family == "" || !strings.HasPrefix(s.Items[0].ID, split+"/") {
			t.Errorf("%s: %s, %d items, %+v", split, s.Layout, len(s.Items), s.Items[0])
		}
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "assets", "splits", split+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); s.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the hash is not the file's", split)
		}
	}
	if _, err := Read(t.Context(), lib, "embedded:train", Options{}); err == nil || err.Error() != `there is no embedded eval set "train", only embedded:tune, embedded:test, embedded:hard` {
		t.Errorf("error %v", err)
	}
}

// TestShared reads the real sets.
func TestShared(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "evals")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared: the real eval sets are not there")
	}
	for _, c := range []struct {
		file, layout, grader string
		n                    int
		target               string // of the first
		family               string
	}{
		{"gsm8k/test.jsonl", "gsm8k", "numeric", 1319, "18", ""},
		{"math500/test.jsonl", "math", "math", 500, `\left( 3, \frac{\pi}{2} \right)`, "Precalculus"},
		{"prosqa/prosqa_test.json", "prosqa", "contains", 500, "Sally is a sterpus.", ""},
		{"bbh/boolean_expressions.json", "bbh", "exact", 250, "False", ""},
		{"bbh/multistep_arithmetic_two.json", "bbh", "numeric", 250, "24", ""},
		{"bbh/object_counting.json", "bbh", "numeric", 250, "8", ""},
		{"bbh/tracking_shuffled_objects_three_objects.json", "bbh", "choice", 250, "(B)", ""},
		{"bbh/web_of_lies.json", "bbh", "exact", 250, "No", ""},
	} {
		s, err := Read(t.Context(), library.Library{}, filepath.Join(dir, c.file), Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Layout != c.layout || s.Grader() != c.grader || len(s.Items) != c.n || s.Items[0].Target != c.target || s.Items[0].Family != c.family || s.Warnings != nil {
			t.Errorf("%s: %s, %s, %d, %q, %q, %q", c.file, s.Layout, s.Grader(), len(s.Items), s.Items[0].Target, s.Items[0].Family, s.Warnings)
		}
		for _, i := range s.Items {
			switch {
			case c.layout == "prosqa" && (len(i.Choices) != 2 || i.Choices[i.Right] != i.Target || i.Choices[1-i.Right] == i.Target),
				c.grader == "choice" && (len(i.Choices) != 3 || "("+letter(i.Right)+")" != i.Target),
				c.layout == "gsm8k" && (!isNumber(i.Target) || i.Solution == ""):
				t.Errorf("%s: %+v", c.file, i)
			}
		}
	}
}

// fuzzSet checks what holds of any file.
func fuzzSet(t *testing.T, name string, data []byte) {
	for _, o := range []Options{{}, {SkipBad: true}, {Question: "{q}", Target: "a", Choices: "c", SkipBad: true}} {
		s, err := readText(t.Context(), name, string(data), o)
		if err != nil {
			if text := err.Error(); len(text) > 20000 || strings.ContainsAny(text, "\n\x1b") {
				t.Errorf("the error is no sentence: %q", text)
			}
			continue
		}
		seen := map[string]bool{}
		for _, i := range s.Items {
			switch {
			case i.Line < 1, i.ID == "", seen[i.ID], strings.TrimSpace(i.Question) == "", strings.TrimSpace(i.Target) == "",
				(i.Right >= 0) != (len(i.Choices) > 0), i.Right >= len(i.Choices):
				t.Errorf("%q: %+v", data, i)
			}
			seen[i.ID] = true
			if _, err := s.Template().WithShots(i, s.Items[:1], nil); err != nil {
				t.Error(err)
			}
		}
		if sum := sha256.Sum256(data); s.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("hash %s", s.SHA256)
		}
		part, err := readText(t.Context(), name, string(data), Options{Limit: 1, Question: o.Question, Target: o.Target, Choices: o.Choices, SkipBad: o.SkipBad})
		if err != nil || !reflect.DeepEqual(part.Items, s.Items[:1]) || part.Grader() != s.Grader() {
			t.Errorf("the first alone: %v, %+v", err, part)
		}
	}
}

func seeds(f *testing.F, endings ...string) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if slices.Contains(endings, filepath.Ext(file.Name())) {
			data, err := os.ReadFile(filepath.Join("testdata", file.Name()))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

func FuzzJSONL(f *testing.F) {
	seeds(f, ".json", ".jsonl")
	for _, seed := range []string{"", "[", "{}", `[{"q":1,"a":"b","c":["a","b"]}]`, `{"a":{"b":[{"c":1},{"c":2,"d":[]}]}}`, "[[{}]]", `{"a\u00e9\"":"\\\n","b":[1,"x\"]",true],"c":-1.5e3,"d":[null,{"e":[{}]}],"f":{"g":{}}}`, `{"examples":[{"input":"(A) x","target":"(A)"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzSet(t, "f.jsonl", data)
		fuzzSet(t, "f.json", data)
		compareObject(t, data)
	})
}

// compareObject compares an object with what encoding/json makes of it.
func compareObject(t *testing.T, data []byte) {
	var p parser
	r, err := p.parse(1, data)
	if err != nil {
		return
	}
	var want map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%q: accepted, but %v", data, err)
	}
	kinds := map[kind]string{text: "string", number: "json.Number", boolean: "bool", null: "<nil>", object: "map[string]interface {}", list: "[]interface {}", other: "[]interface {}"}
	for i, name := range r.names {
		v, ok := want[name]
		if !ok {
			continue // of a nested object
		}
		got := r.values[i]
		if fmt.Sprintf("%T", v) != kinds[got.kind] || got.scalar() && fmt.Sprint(v) != got.text || got.kind == list && len(got.list) != len(v.([]any)) {
			t.Errorf("%q: %q is %+v, want %v", data, name, got, v)
		}
	}
	for name := range want {
		if v, _ := r.get(name); v.kind == absent {
			t.Errorf("%q: %q is missing", data, name)
		}
	}
}

func FuzzCSV(f *testing.F) {
	seeds(f, ".csv")
	for _, seed := range []string{"", "q,a,c\n1,x,\"[\"\"x\"\",2]\"\n", "question,answer\n\"a\nb\",c\n", "a\x00,b", ",,\n,,\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzSet(t, "f.csv", data) })
}

// BenchmarkRead is about bytes a second.
func BenchmarkRead(b *testing.B) {
	line := `{"question":"` + strings.Repeat("word ", 60) + `","answer":"` + strings.Repeat("step ", 60) + `#### 7","id":%d}` + "\n"
	var text bytes.Buffer
	for i := range 10000 {
		fmt.Fprintf(&text, line, i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readText(b.Context(), "b.jsonl", text.String(), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
