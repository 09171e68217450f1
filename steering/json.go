package steering

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// The JSON form of a plan: {"terms":[{"op","vector","strength","layers",
// "select","gate"}]}. All values are strings as in the text form, but a
// constant strength is a number. "vector" is required.

type planJSON struct {
	Terms []termJSON `json:"terms"`
}

type termJSON struct {
	Op       *string         `json:"op"`
	Vector   *string         `json:"vector"`
	Strength json.RawMessage `json:"strength"`
	Layers   *string         `json:"layers"`
	Select   *string         `json:"select"`
	Gate     *string         `json:"gate"`
}

// MarshalJSON writes the JSON form, with every field.
func (p Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{Terms: make([]termJSON, len(p.Terms))}
	for i, t := range p.Terms {
		op, layers, where, gate := t.Op.String(), t.Layers.String(), t.Select.String(), t.Gate.String()
		strength := t.Strength.String()
		if t.Strength.Kind != Constant || t.Strength.Relative {
			strength = `"` + strength + `"`
		}
		out.Terms[i] = termJSON{
			Op: &op, Vector: &t.Vector, Strength: json.RawMessage(strength),
			Layers: &layers, Select: &where, Gate: &gate,
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // entropy>1.5 stays readable
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("writing a plan as JSON: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// UnmarshalJSON reads the JSON form; fields left out have the defaults of the
// text form, unknown ones are refused. Errors inside a field are [*Error]s
// that name it.
func (p *Plan) UnmarshalJSON(data []byte) error {
	if len(data) > 4*maxPlanText {
		return fmt.Errorf("the plan has %d bytes of JSON; %d is the limit", len(data), 4*maxPlanText)
	}
	if at := invalidAt(string(data)); at >= 0 {
		return fmt.Errorf("the plan's JSON has an invalid UTF-8 byte %#x at byte %d", data[at], at)
	}
	var in planJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return fmt.Errorf("the plan is not of the form {\"terms\":[{\"vector\":...}]}: %s", strictjson.Explain(err))
	}
	if err := strictjson.Unique(data); err != nil {
		return fmt.Errorf("the plan's JSON is ambiguous: %w", err)
	}
	if len(in.Terms) > maxTerms {
		return fmt.Errorf("the plan has %d terms; %d is the limit", len(in.Terms), maxTerms)
	}
	out := Plan{}
	for i, fields := range in.Terms {
		t, err := fields.term(i + 1)
		if err != nil {
			return err
		}
		out.Terms = append(out.Terms, t)
	}
	if text := out.String(); len(text) > maxPlanText {
		return fmt.Errorf("the plan has %d bytes as text; %d is the limit", len(text), maxPlanText)
	}
	*p = out
	return nil
}

// term reads the fields of the 1-based term n.
func (j termJSON) term(n int) (Term, error) {
	t := Term{Strength: One()}
	if j.Vector == nil {
		return t, fmt.Errorf("plan term %d has no \"vector\"", n)
	}
	strength, err := j.strength(n)
	if err != nil {
		return t, err
	}
	for _, f := range []struct {
		name  string
		text  *string
		blank bool // an empty text stands for the default
		read  func(*cursor) *Error
	}{
		{"vector", j.Vector, false, t.readVector},
		{"op", j.Op, false, t.readOp},
		{"strength", strength, false, t.readStrength},
		{"layers", j.Layers, true, func(c *cursor) (err *Error) { t.Layers, err = c.layers(); return err }},
		{"select", j.Select, true, func(c *cursor) (err *Error) { t.Select, err = c.selector(); return err }},
		{"gate", j.Gate, true, func(c *cursor) (err *Error) { t.Gate, err = c.gate(); return err }},
	} {
		if f.text == nil || f.blank && strings.TrimSpace(*f.text) == "" {
			continue
		}
		c := &cursor{text: *f.text, term: n, field: f.name}
		c.spaces()
		if err := f.read(c); err != nil {
			return t, err
		}
		if c.spaces(); !c.end() {
			return t, c.fail(c.at, "expected the end, but %s", c.found())
		}
	}
	return t, nil
}

func (t *Term) readVector(c *cursor) *Error {
	if t.Vector = c.run(isName); t.Vector == "" {
		return c.fail(c.at, "expected a vector's name, of letters, digits and _.-, but %s", c.found())
	}
	return nil
}

func (t *Term) readOp(c *cursor) *Error {
	at := c.at
	op, ok := parseOp(c.run(isLetter))
	if !ok {
		return c.fail(at, "there is no operation %s; there are %s", badfile.Quote(c.text), list(opNames[:]))
	}
	t.Op = op
	return nil
}

// readStrength comes after readOp: the operation decides what is allowed.
func (t *Term) readStrength(c *cursor) (err *Error) {
	at := c.at
	if t.Strength, err = c.strength(); err != nil {
		return err
	}
	return t.checkStrength(c, at)
}

// strength is the text of a strength given as a number or a string, or nil.
func (j termJSON) strength(n int) (*string, error) {
	if len(j.Strength) == 0 {
		return nil, nil
	}
	text := string(j.Strength)
	if text[0] == '"' {
		text = ""
		if err := json.Unmarshal(j.Strength, &text); err != nil {
			return nil, fmt.Errorf("plan term %d: \"strength\" is not valid JSON: %w", n, err)
		}
	} else if text[0] != '-' && !isDigit(text[0]) {
		return nil, fmt.Errorf("plan term %d: \"strength\" is a number or a string such as \"0.3r\", not %s", n, kindOf(text))
	}
	return &text, nil
}

// kindOf says what a JSON value is that is neither a number nor a string.
func kindOf(text string) string {
	switch text[0] {
	case '[':
		return "a list"
	case '{':
		return "an object"
	}
	return text // true, false or null
}
