package evalset

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// Bounds on what is kept of one record's lists and nested objects.
const (
	maxDepth = 8
	maxList  = 1 << 16
	maxNames = 4096 // that are remembered
)

// parser takes JSON objects apart. It walks through text that encoding/json has
// found valid, with a third of the allocations of its decoder.
type parser struct {
	text   []byte
	at     int
	record *record
	names  map[string]string // so that problems share the names of their fields
}

// parse reads one object. Errors complete a sentence about its text.
func (p *parser) parse(line int, data []byte) (*record, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("byte %d is not valid UTF-8", firstInvalid(string(data)))
	}
	if !json.Valid(data) {
		return nil, errors.New(strictjson.Explain(json.Unmarshal(data, new(json.RawMessage))))
	}
	p.text, p.at, p.record = data, 0, &record{line: line}
	if p.next() != '{' {
		return nil, errors.New(`an object such as {"question": "...", "answer": "..."} is expected`)
	}
	return p.record, p.members("", 0)
}

// next passes over what parts values and returns the first byte of one, or of
// the end of an object or list.
func (p *parser) next() byte {
	for {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			p.at++
		default:
			return c
		}
	}
}

// more reports whether an object or list goes on, and passes over its end if
// not.
func (p *parser) more() bool {
	if c := p.next(); c == '}' || c == ']' {
		p.at++
		return false
	}
	return true
}

// quoted reads a string.
func (p *parser) quoted() string {
	p.next()
	start, escaped := p.at, false
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
			escaped = true
		}
	}
	p.at++
	if !escaped {
		return string(p.text[start+1 : p.at-1])
	}
	var text string
	if json.Unmarshal(p.text[start:p.at], &text) != nil {
		return "" // it is valid
	}
	return text
}

// scalar reads a value that is no object or list.
func (p *parser) scalar() value {
	if p.next() == '"' {
		return value{kind: text, text: p.quoted()}
	}
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\r\n,]}", rune(p.text[p.at])) {
		p.at++
	}
	switch word := string(p.text[start:p.at]); word {
	case "null":
		return value{kind: null}
	case "true", "false":
		return value{kind: boolean, text: word}
	default:
		return value{kind: number, text: word}
	}
}

// skip passes over any value.
func (p *parser) skip() {
	for depth := 0; ; {
		switch p.next() {
		case '{', '[':
			p.at++
			depth++
		case '}', ']':
			p.at++
			depth--
		case '"':
			for p.at++; p.text[p.at] != '"'; p.at++ {
				if p.text[p.at] == '\\' {
					p.at++
				}
			}
			p.at++
		default:
			p.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// members reads an object.
func (p *parser) members(prefix string, depth int) error {
	for p.at++; p.more(); {
		name := p.name(prefix + p.quoted())
		var err error
		switch p.next() {
		case '[':
			err = p.elements(name)
		case '{':
			err = p.record.set(name, value{kind: object})
			if depth == maxDepth {
				p.skip()
			} else if err == nil {
				err = p.members(name+".", depth+1)
			}
		default:
			err = p.record.set(name, p.scalar())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name is a field's name, shared with other records.
func (p *parser) name(name string) string {
	if known, ok := p.names[name]; ok {
		return known
	}
	if p.names == nil {
		p.names = map[string]string{}
	}
	if len(p.names) < maxNames {
		p.names[name] = name
	}
	return name
}

// elements reads a list: of scalars, or of objects, whose members then are
// lists of their own.
func (p *parser) elements(name string) error {
	var columns record
	var texts []string
	n, odd := 0, false
	for p.at++; p.more(); n++ {
		switch c := p.next(); {
		case n >= maxList, c == '[', c == 'n': // null
			p.skip()
			odd = true
		case c != '{':
			texts = append(texts, p.scalar().text)
		default:
			if err := p.row(&columns, n); err != nil {
				return fmt.Errorf("element %d of %s: %w", n+1, badfile.Quote(name), err)
			}
		}
	}
	if !odd && len(texts) == n {
		return p.record.set(name, value{kind: list, list: texts})
	}
	if err := p.record.set(name, value{kind: other}); err != nil || odd || len(texts) > 0 {
		return err
	}
	for i, column := range columns.names {
		if v := columns.values[i]; len(v.list) == n {
			if err := p.record.set(p.name(name+"."+column), v); err != nil {
				return err
			}
		}
	}
	return nil
}

// row adds the scalars of an object, the n-th element of a list, to columns.
// One that an element lacks gets no further ones.
func (p *parser) row(columns *record, n int) error {
	for p.at++; p.more(); {
		name := p.quoted()
		if c := p.next(); c == '{' || c == '[' || c == 'n' {
			p.skip()
			continue
		}
		v := p.scalar()
		if n == 0 {
			if err := columns.set(p.name(name), value{kind: list}); err != nil {
				return err
			}
		}
		for i := range columns.names {
			if column := &columns.values[i]; columns.names[i] == name && len(column.list) == n {
				column.list = append(column.list, v.text)
			}
		}
	}
	return nil
}
