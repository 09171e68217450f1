package contrast

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParsePairs(t *testing.T) {
	want := []Pair{
		{Positive: "I love it.", Negative: "I hate it.", Line: 1},
		{Prompt: "How was it?", Positive: "Good: great", Negative: "Bad", Line: 3},
	}
	jsonl := `{"positive": "I love it.", "negative": "I hate it."}` + "\r\n\n" +
		`{"prompt": "How was it?", "negative": "Bad", "positive": "Good: great"}`
	list := `[{"positive": "I love it.", "negative": "I hate it."},` + "\n\n" +
		`{"prompt": "How was it?", "negative": "Bad", "positive": "Good: great"}]`
	block := "- positive: I love it.\n  negative: 'I hate it.'\n- prompt: How was it?\n  positive: \"Good: great\"\n  negative: Bad\n"
	for name, text := range map[string]string{"jsonl": jsonl, "list": list, "yaml": block, "marked": "\xef\xbb\xbf" + jsonl} {
		got, err := ParsePairs("c", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	// YAML's own kinds of value stay the text that was written.
	got, err := ParsePairs("c", []byte("- positive: 1_0\n  negative: no\n"))
	if err != nil || got[0].Positive != "1_0" || got[0].Negative != "no" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParsePairsRefuses(t *testing.T) {
	good := `{"positive":"a","negative":"b"}` + "\n"
	for text, want := range map[string]string{
		"":                                       "c is empty: it needs pairs",
		" \n\n":                                  "c is empty",
		"# nothing\n":                            "c is empty",
		"[]":                                     "c is empty",
		`{"positive":"a"}`:                       `c has positive texts only: a contrast needs a "negative" beside each`,
		"- negative: a\n- negative: b\n":         `c has negative texts only`,
		good + `{"positive":"a"}`:                `c, line 2: there is no "negative"`,
		good + `{"positive":" ","negative":"x"}`: `c, line 2: "positive" is empty`,
		good + "\n" + good:                       "c, line 3: it repeats line 1",
		`{"positive":"a","negative":"a"}`:        "c, line 1: positive and negative are the same text",
		good + `{"positive":"a","label":"b"}`:    `c, line 2: there is no field "label"; there are "prompt", "positive" and "negative"`,
		good + `{"positive":"a","positive":"b"}`: `c, line 2: the name "positive" stands twice`,
		good + `{"positive":1,"negative":"b"}`:   `c, line 2: "positive": a string is expected`,
		good + `{"positive":"a"`:                 "c, line 2: the JSON ends inside it",
		good + "hello":                           "c, line 2: the JSON is broken",
		good + good[:len(good)-1] + " x":         "c, line 2: something other than spaces",
		good + "{\"positive\":\"\xff\"}":         "c, line 2: it is not valid UTF-8",
		"hello there":                            "c, line 1: a list is expected",
		"positive: a\nnegative: b\n":             "c, line 1: a list is expected",
		"- a\n":                                  `c, line 1: a map with "prompt", "positive" and "negative" is expected`,
		"- positive: a\n  negative:\n":           "c, line 2: a text is expected",
		"- positive: [a]\n  negative: b\n":       "c, line 1: a text is expected",
		"- positive: a\n  positive: b\n":         "twice",
		"- positive: &x a\n  negative: *x\n":     "c, line 2: the alias *x is not followed",
		"- positive: a\n  negative: b\n---\n- positive: c\n": "a second YAML document begins",
		"- positive: a\n  negative: b\n...\n{":               "c: after its first YAML document, ",
		strings.Repeat("{}\n", maxEntries+1):                 fmt.Sprintf("c, line %d: more than %d entries are not read", maxEntries+1, maxEntries),
		"[" + strings.Repeat("a,", maxEntries+1) + "]":       "c, line 1: more than",
		strings.Repeat("- a\n", maxYAML/4+1):                 fmt.Sprintf("c has %d bytes, and at most %d are read as YAML: write JSON objects, one a line", maxYAML+4, maxYAML),
		"- positive: 'a\n":                                   "c is neither lines of JSON objects nor YAML",
	} {
		_, err := ParsePairs("c", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100q: error is %v, want %q in it", text, err, want)
		} else if strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines: %q", text, err)
		}
	}
}

func TestParseTexts(t *testing.T) {
	want := []Text{{"one two", 1}, {"three", 2}}
	for name, text := range map[string]string{
		"a.txt":   "one two\r\nthree\n\n",
		"a.jsonl": "{\"text\":\"one two\"}\n{\"text\":\"three\"}\n",
		"a.yaml":  "- one two\n- text: three\n",
	} {
		got, err := ParseTexts(name, []byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                                  "t.txt is empty",
		strings.Repeat("a\n", maxEntries+1): fmt.Sprintf("t.txt, line %d: more than", maxEntries+1),
		"a\nb\na\n":                         "t.txt, line 3: it repeats line 1",
		"a\n\xffb\n":                        "t.txt, line 2: it is not valid UTF-8",
	} {
		if _, err := ParseTexts("t.txt", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q in it", text, err, want)
		}
	}
}

func TestParseTargets(t *testing.T) {
	got, err := ParseTargets("t", []byte(`{"prompt":"p","target":" t","avoid":" a"}`+"\n"+`{"prompt":"q","target":" t"}`))
	want := []Target{{"p", " t", " a", 1}, {"q", " t", "", 2}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":               "it needs targets",
		`{"prompt":"p"}`: `line 1: there is no "target"`,
		`{"target":"p"}`: `line 1: there is no "prompt"`,
		`{"prompt":"p","target":"a","avoid":"a"}`: "the same text",
	} {
		if _, err := ParseTargets("t", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q in it", text, err, want)
		}
	}
}

// FuzzParse reads anything as all three kinds: no panic, one line of error,
// and what is accepted is whole.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"positive":"a","negative":"b"}`, "- positive: a\n  negative: b\n", "- {positive: a, negative: b}\n- *x\n",
		"- one\n- text: two\n", `{"prompt":"p","target":"t","avoid":"a"}`, "[[[[", "---\n---\n", "- &a [*a]\n", "\xef\xbb\xbf{}", "- !!binary aGk=\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err1 := ParsePairs("c", data)
		for _, p := range pairs {
			if p.Positive == "" || p.Negative == "" || p.Line < 1 {
				t.Errorf("an incomplete pair: %+v", p)
			}
		}
		texts, err2 := ParseTexts("c", data)
		lines, err3 := ParseTexts("c.txt", data)
		for _, x := range append(texts, lines...) {
			if strings.TrimSpace(x.Text) == "" || x.Line < 1 {
				t.Errorf("an empty text: %+v", x)
			}
		}
		targets, err4 := ParseTargets("c", data)
		for i, err := range []error{err1, err2, err3, err4} {
			n := []int{len(pairs), len(texts), len(lines), len(targets)}[i]
			if (err == nil) != (n > 0) {
				t.Errorf("parser %d: %d entries and error %v", i, n, err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("parser %d: an error of %d bytes", i, len(fmt.Sprint(err)))
			}
		}
	})
}
