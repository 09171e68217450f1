package evalset

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"tiller/model/checkpoint/badfile"
)

// lister walks through a JSON list of objects, or an object that holds one.
type lister struct {
	source  *source
	decoder *json.Decoder
	budget  *budget
	parser  parser
	n       int    // elements so far
	found   string // the name of the list of objects, once there was one
	yield   func(*record, error) bool
}

// errEnough says that nobody wants more records.
var errEnough = errors.New("enough")

// readList reads a JSON list of objects. If the file is an object, its one
// member that is such a list is read, and what else it has is passed over.
func readList(s *source) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		l := &lister{source: s, budget: &budget{r: s.Reader}, yield: yield}
		l.decoder = json.NewDecoder(l.budget)
		if err := l.read(); err != nil && err != errEnough {
			yield(nil, err)
		}
	}
}

func (l *lister) read() error {
	t, err := l.token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
		err = l.elements("")
	case json.Delim('{'):
		err = l.members()
	default:
		return fmt.Errorf("%s holds no list of problems", l.source.ref)
	}
	if err != nil {
		return err
	}
	l.budget.allow(l.decoder.InputOffset())
	if _, err := l.decoder.Token(); err != io.EOF {
		return fmt.Errorf("%s goes on after its JSON ends, at byte %d: lines of JSON objects have the format jsonl", l.source.ref, l.decoder.InputOffset()+1)
	}
	return nil
}

// members looks for the list among an object's members.
func (l *lister) members() error {
	listed := false
	for l.more() {
		name, err := l.token()
		if err != nil {
			return err
		}
		t, err := l.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'):
			err = l.leave()
		case json.Delim('['):
			before := l.n
			if err = l.elements(name.(string)); l.n > before {
				listed = true
			}
		}
		if err != nil {
			return err
		}
	}
	if !listed {
		return fmt.Errorf("%s holds no list of problems: a list of JSON objects is expected, or lines of them with the format jsonl", l.source.ref)
	}
	_, err := l.token()
	return err
}

// elements yields the elements of a list from the first on. A member of an
// object that is a list of something else is passed over.
func (l *lister) elements(name string) error {
	for first := true; l.more(); first = false {
		start := l.decoder.InputOffset()
		var raw json.RawMessage
		if err := l.decoder.Decode(&raw); err != nil {
			return l.explain(err, start)
		}
		if name != "" && first && raw[0] != '{' {
			return l.leave()
		}
		if name != "" && first && l.found != "" {
			return fmt.Errorf("%s holds two lists of problems, %s and %s: leave one in it", l.source.ref, badfile.Quote(l.found), badfile.Quote(name))
		}
		if name != "" {
			l.found = name
		}
		l.n++
		r, err := l.parser.parse(l.n, raw)
		if err != nil {
			err = l.source.fail(l.n, "%w", err)
		} else {
			r.inside = name
		}
		if !l.yield(r, err) {
			return errEnough
		}
	}
	_, err := l.token()
	return err
}

// leave reads to the end of the object or list that was entered last.
func (l *lister) leave() error {
	for depth := 1; depth > 0; {
		t, err := l.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

func (l *lister) more() bool {
	l.budget.allow(l.decoder.InputOffset())
	return l.decoder.More()
}

func (l *lister) token() (json.Token, error) {
	start := l.decoder.InputOffset()
	l.budget.allow(start)
	t, err := l.decoder.Token()
	if err != nil {
		return nil, l.explain(err, start)
	}
	return t, nil
}

// explain is an error about what begins at a byte: it can't be passed over,
// since nobody knows where it ends.
func (l *lister) explain(err error, start int64) error {
	at := fmt.Sprintf("%s, after item %d and byte %d", l.source.ref, l.n, start)
	switch {
	case isEnd(err):
		return fmt.Errorf("%s: the JSON ends too early", at)
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%s: what follows is longer than %d MiB", at, maxLine>>20)
	case errors.As(err, new(*json.SyntaxError)):
		return fmt.Errorf("%s: not valid JSON: %w", at, err)
	}
	return err
}
