package jinja

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// TestTransformers compares with what Hugging Face transformers makes of the
// same templates (testdata/make.py).
func TestTransformers(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Template string
		Vars     json.RawMessage
		Want     *string
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		vars := map[string]any{"tools": nil, "documents": nil}
		d := ordered(t, c.Vars).(*dict)
		for _, k := range d.keys {
			vars[k.(string)] = d.values[k]
		}
		var got string
		tmpl, err := Compile(c.Template)
		if err == nil {
			got, err = tmpl.Render(vars, Options{})
		}
		switch {
		case c.Want == nil && err == nil:
			t.Errorf("%s\ngot %q, want an error", c.Template, got)
		case c.Want != nil && err != nil:
			t.Errorf("%s\n%v\nwant %q", c.Template, err, *c.Want)
		case c.Want != nil && got != *c.Want:
			t.Errorf("%s\n got %q\nwant %q", c.Template, got, *c.Want)
		}
	}
	t.Logf("%d cases", len(cases))
}

// ordered reads JSON, keeping the order of keys.
func ordered(t *testing.T, raw json.RawMessage) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := orderedValue(dec)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func orderedValue(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Number:
		return tok.Int64()
	case json.Delim:
		if tok == '[' {
			l := &list{}
			for dec.More() {
				v, err := orderedValue(dec)
				if err != nil {
					return nil, err
				}
				l.items = append(l.items, v)
			}
			_, err := dec.Token()
			return l, err
		}
		d := newDict()
		for dec.More() {
			k, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := orderedValue(dec)
			if err != nil {
				return nil, err
			}
			d.put(k, v)
		}
		_, err := dec.Token()
		return d, err
	case string, bool, nil:
		return tok, nil
	}
	return nil, fmt.Errorf("unexpected %T", tok)
}
