package pretokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/pattern"
)

// metaspace writes spaces as a visible character and cuts before each.
type metaspace struct {
	mark   string
	always bool // put a mark before every text
	first  bool // put a mark before the text that starts the input
	split  bool
}

func parseMetaspace(raw json.RawMessage) (Splitter, error) {
	var j struct {
		Replacement string
		Prefix      *bool   `json:"add_prefix_space"`
		Scheme      *string `json:"prepend_scheme"`
		Split       *bool
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(j.Replacement) != 1 {
		return nil, fmt.Errorf("a Metaspace needs one character as its replacement, not %q", j.Replacement)
	}
	scheme := "always"
	if j.Scheme != nil {
		scheme = *j.Scheme
	}
	if j.Prefix != nil && !*j.Prefix {
		if j.Scheme != nil && scheme != "never" {
			return nil, fmt.Errorf("a Metaspace says both add_prefix_space false and prepend_scheme %q", scheme)
		}
		scheme = "never"
	}
	m := metaspace{mark: j.Replacement, split: j.Split == nil || *j.Split}
	switch scheme {
	case "always":
		m.always = true
	case "first":
		m.first = true
	case "never":
	default:
		return nil, fmt.Errorf("the Metaspace prepend_scheme %q is not supported", scheme)
	}
	return m, nil
}

func (m metaspace) Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error) {
	if t.Len() == 0 {
		return out, nil
	}
	start := t.Start()
	t = m.replaceSpaces(t)
	if (m.always || m.first && start == 0) && !strings.HasPrefix(t.String(), m.mark) {
		t = prepend(t, m.mark)
	}
	if !m.split {
		return append(out, t), nil
	}
	cut := Cut{Pattern: pattern.Literal(m.mark), Behavior: MergedWithNext}
	return cut.Split(t, out)
}

func (m metaspace) replaceSpaces(t aligned.Text) aligned.Text {
	text := t.String()
	if strings.IndexByte(text, ' ') < 0 {
		return t
	}
	b := aligned.Change(t, len(text)+2*strings.Count(text, " "))
	last := 0
	for i := range len(text) {
		if text[i] == ' ' {
			b.Keep(last, i)
			b.Replace(i, i+1, m.mark)
			last = i + 1
		}
	}
	b.Keep(last, len(text))
	return b.Text()
}
