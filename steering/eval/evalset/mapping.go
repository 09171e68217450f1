package evalset

import (
	"fmt"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// part is where a part of a problem comes from: a field or a template of
// fields, or neither.
type part struct {
	field    string
	template *Template
}

func (p part) set() bool { return p.field != "" || p.template != nil }

// read is the part's text in a record.
func (p part) read(r *record, fields map[string]string) (string, error) {
	if p.template == nil {
		return r.text(p.field)
	}
	text, err := p.template.fill(func(name string) (string, bool) {
		v, found := r.get(name)
		text, ok := fields[found]
		return text, ok && v.kind != absent
	}, r.listed)
	if err == nil && strings.TrimSpace(text) == "" {
		err = fmt.Errorf("what the template %s makes of it is empty", badfile.Quote(p.template.text))
	}
	return text, err
}

// mapping is what options say of fields.
type mapping struct {
	question, target, id, family part
	choices                      []string
}

func (o Options) mapping() (mapping, error) {
	var m mapping
	for _, p := range []struct {
		part *part
		name string
		text string
	}{{&m.question, "question", o.Question}, {&m.target, "target", o.Target}, {&m.id, "id", o.ID}, {&m.family, "family", o.Family}} {
		if !strings.ContainsAny(p.text, "{}") {
			p.part.field = p.text
			continue
		}
		t, err := parseTemplate(p.text)
		if err != nil {
			return m, fmt.Errorf("the template of the %s: %w", p.name, err)
		}
		p.part.template = &t
	}
	if o.Choices != "" {
		m.choices = strings.Split(o.Choices, ",")
		for i, name := range m.choices {
			m.choices[i] = strings.TrimSpace(name)
		}
	}
	return m, nil
}

// apply puts what options say over what the layout found.
func (m mapping) apply(r *record, d *draft) error {
	for _, p := range []struct {
		part part
		to   *string
	}{{m.question, &d.Question}, {m.target, &d.Target}, {m.id, &d.ID}, {m.family, &d.Family}} {
		if !p.part.set() {
			continue
		}
		text, err := p.part.read(r, d.Fields)
		if err != nil {
			return err
		}
		*p.to = text
	}
	if m.target.set() {
		d.worked = ""
	}
	if m.choices == nil && (len(d.Choices) == 0 || !m.target.set()) {
		return nil
	}
	if m.choices != nil {
		var err error
		if d.Choices, err = r.choices(m.choices); err != nil {
			return err
		}
	}
	answer := value{kind: text, text: d.Target}
	if v, _ := r.get(m.target.field); v.kind == number {
		answer.kind = number
	}
	return d.choose(answer, nil)
}

// choices reads the answers to choose from: of one field that is a list, or of
// several. Of several the last may be missing.
func (r *record) choices(names []string) ([]string, error) {
	if len(names) == 1 {
		v, _ := r.get(names[0])
		switch {
		case v.kind == text && strings.HasPrefix(strings.TrimSpace(v.text), "["):
			var err error
			if v, err = listOf(v.text); err != nil {
				return nil, fmt.Errorf("%s: %w", badfile.Quote(names[0]), err)
			}
		case v.kind == absent:
			_, err := r.text(names[0])
			return nil, err
		}
		if v.kind != list {
			return nil, fmt.Errorf("%s is %s, where a list of texts is expected", badfile.Quote(names[0]), kindNames[v.kind])
		}
		return checkChoices(v.list)
	}
	for len(names) > 0 {
		if v, _ := r.get(names[len(names)-1]); v.scalar() && strings.TrimSpace(v.text) != "" {
			break
		}
		names = names[:len(names)-1]
	}
	list, err := r.texts(names...)
	if err != nil {
		return nil, err
	}
	return checkChoices(list)
}

// listOf reads a list that a text field holds, as in CSV.
func listOf(text string) (value, error) {
	var p parser
	r, err := p.parse(0, []byte(`{"":`+text+`}`))
	if err != nil {
		return value{}, fmt.Errorf("a list of texts is expected, in JSON")
	}
	v, _ := r.get("")
	return v, nil
}

func checkChoices(list []string) ([]string, error) {
	switch n := len(list); {
	case n < 2:
		return nil, fmt.Errorf("it has %d answers to choose from, and 2 are the least", n)
	case n > maxChoices:
		return nil, fmt.Errorf("it has more than %d answers to choose from", maxChoices)
	}
	for i, text := range list {
		if strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("answer %d of those to choose from is empty", i+1)
		}
	}
	return list, nil
}
