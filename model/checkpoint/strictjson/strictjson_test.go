package strictjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// read reads an object of objects of strings, counts and anything else.
func read(text string) (string, error) {
	r := New([]byte(text))
	var found []string
	err := r.Object(func(name string) error {
		switch name {
		case "text":
			s, err := r.Text()
			found = append(found, s)
			return err
		case "counts":
			n, err := r.Counts(3)
			found = append(found, fmt.Sprint(n))
			return err
		case "object":
			return r.Object(func(name string) error { found = append(found, name); return r.Skip() })
		}
		return r.Skip()
	})
	if err == nil {
		err = r.End()
	}
	return strings.Join(found, " "), err
}

func TestReader(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{}`, ""},
		{` { "text" : "a\u00e9" , "counts":[ 0, 18 ], "x":[{"a":1,"a":2}], "object":{"m":{},"n":null} } `, "aé [0 18] m n"},
		{`{"counts":[]}`, "[]"},
		{`{"counts":[4611686018427387903]}`, "[4611686018427387903]"},
		{`{"counts":[4611686018427387904]}`, `a whole number from 0 to 2^62-1 is expected where it has "4611686018427387904"`},
		{`{"counts":[1,2,3,4]}`, "a list has more than 3 numbers"},
		{`{"counts":[1e2]}`, `where it has "1e2"`},
		{`{"counts":[true]}`, `where it has "true"`},
		{`{"counts":{}}`, `"[" is expected where it has "{"`},
		{`{"counts":[1`, "the JSON ends inside it"},
		{`{"text":null}`, `a string is expected where it has null`},
		{`{"text":"a","text":"a"}`, `the name "text" stands twice`},
		{`{"object":{"a":1,"\u0061":2}}`, `the name "a" stands twice`},
		{`{"x":1,}`, "the JSON is broken"},
		{`{"x" 1}`, "the JSON is broken"},
		{`{1:2}`, "the JSON is broken"},
		{`{"x":`, "the JSON ends inside it"},
		{``, "the JSON ends inside it"},
		{`"text"`, `"{" is expected where it has "text"`},
		{`{}{}`, "something other than spaces follows"},
		{`{}]`, "something other than spaces follows"},
		{"{\"text\":\"\xff\"}", "its byte 9 is not valid UTF-8"},
		{`{"text":` + strings.Repeat("1", 1000) + `}`, `a string is expected where it has "` + strings.Repeat("1", 100) + `…"`},
		{`{"` + strings.Repeat("x", 1000) + `":1,"` + strings.Repeat("x", 1000) + `":1}`, `the name "` + strings.Repeat("x", 100) + `…" stands twice`},
	}
	for _, test := range tests {
		got, err := read(test.text)
		if err != nil {
			got = err.Error()
		}
		if got != test.want && (err == nil || !strings.Contains(got, test.want)) {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestUnique(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":[{"b":1},{"b":{"c":[],"d":null}}],"c":2}`: "",
		`[1,{"a":[{"b":1,"c":0,"b":2}]}]`:               `the name "b" stands twice`,
		`{"a":{},"a":{}}`:                               `the name "a" stands twice`,
		`3`:                                             "",
	} {
		if err := Unique([]byte(text)); err != nil && err.Error() != want || err == nil && want != "" {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	type inner struct{ Text string }
	var into struct {
		Count *int
		Share float64
		Yes   bool
		List  []inner
	}
	for text, want := range map[string]string{
		`{`:                      "the JSON ends inside it",
		``:                       "the JSON ends inside it",
		`{"count":}`:             "not valid JSON at byte 10",
		`[]`:                     "it holds a JSON array where an object is expected",
		`1`:                      "it holds a JSON number where an object is expected",
		`{"count":"1"}`:          `key "count" at byte 12 holds a JSON string where a whole number is expected`,
		`{"count":1.5}`:          `holds the number "1.5" where a whole number that fits`,
		`{"share":true}`:         `key "share" at byte 13 holds true or false where a number`,
		`{"share":1e400}`:        `holds the number "1e400" where a number that fits into 64 bits`,
		`{"yes":0}`:              `holds a JSON number where true or false is expected`,
		`{"list":{}}`:            `key "list" at byte 9 holds a JSON object where a list is expected`,
		`{"list":[{"text":[]}]}`: `key "list.text" at byte 18 holds a JSON array where a string is expected`,
		`{"list":[{"more":1}]}`:  `unknown field "more"`,
		`{"count":` + strings.Repeat("1", 1000) + `}`: `holds the number "` + strings.Repeat("1", 100) + `…" where`,
		`{"` + strings.Repeat("x", 1000) + `":1}`:     `unknown field "` + strings.Repeat("x", 100) + `…"`,
	} {
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		err := d.Decode(&into)
		if err == nil {
			t.Errorf("%.60s is accepted", text)
			continue
		}
		if got := strings.ToLower(Explain(err)); !strings.Contains(got, strings.ToLower(want)) {
			t.Errorf("%.60s: %q, want %q", text, got, want)
		}
	}
}
