package strictjson

import (
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
		{`{"text":null}`, `a string is expected where it has "<nil>"`},
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
		{"{\"text\":\"\xff\"}", "byte 9 is not valid UTF-8"},
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
