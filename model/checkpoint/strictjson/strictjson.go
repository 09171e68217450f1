// Package strictjson reads JSON object by object, and refuses a name that stands twice in one.
// encoding/json would let the last one win, so that two readers could see two different files.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Reader walks through one JSON text. Its errors complete a sentence about the place it has
// reached, which Offset gives.
type Reader struct {
	decoder *json.Decoder
	invalid int // the first byte that is not valid UTF-8; -1 if there is none
}

// New returns a reader at the beginning of text.
func New(text []byte) *Reader {
	r := &Reader{decoder: json.NewDecoder(bytes.NewReader(text)), invalid: -1}
	r.decoder.UseNumber()
	if !utf8.Valid(text) {
		r.invalid = firstInvalid(text)
	}
	return r
}

// firstInvalid is the index of the first byte that is not part of valid UTF-8.
func firstInvalid(b []byte) int {
	at := 0
	for {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

// Offset is the number of bytes read so far.
func (r *Reader) Offset() int64 { return r.decoder.InputOffset() }

// Object reads an object. After each name it calls member, which must read that name's value.
func (r *Reader) Object(member func(name string) error) error {
	if err := r.expect('{'); err != nil {
		return err
	}
	return r.members(member)
}

// members reads an object from its first name on.
func (r *Reader) members(member func(name string) error) error {
	seen := map[string]bool{}
	for r.decoder.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("a name is expected where it has %s", shown(token))
		}
		if seen[name] {
			return fmt.Errorf("the name %s stands twice", badfile.Quote(name))
		}
		seen[name] = true
		if err := member(name); err != nil {
			return err
		}
	}
	return r.expect('}')
}

// Text reads a string.
func (r *Reader) Text() (string, error) {
	token, err := r.token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("a string is expected where it has %s", shown(token))
	}
	return text, nil
}

// Counts reads an array of at most so many whole numbers, each from 0 to 2^62-1.
func (r *Reader) Counts(most int) ([]int64, error) {
	if err := r.expect('['); err != nil {
		return nil, err
	}
	counts := []int64{}
	for r.decoder.More() {
		token, err := r.token()
		if err != nil {
			return nil, err
		}
		number, _ := token.(json.Number)
		n, err := strconv.ParseUint(number.String(), 10, 62)
		if err != nil {
			return nil, fmt.Errorf("a whole number from 0 to 2^62-1 is expected where it has %s", shown(token))
		}
		if len(counts) == most {
			return nil, fmt.Errorf("a list has more than %d numbers", most)
		}
		counts = append(counts, int64(n))
	}
	return counts, r.expect(']')
}

// Skip reads any value and forgets it.
func (r *Reader) Skip() error {
	var value json.RawMessage
	return r.explain(r.decoder.Decode(&value))
}

// End reports what follows the text's one value, which must be nothing but spaces.
func (r *Reader) End() error {
	if _, err := r.decoder.Token(); err != io.EOF {
		return errors.New("something other than spaces follows the JSON object")
	}
	return nil
}

// Unique reports a name that stands twice in one object, however deep, of a valid JSON text.
func Unique(text []byte) error { return New(text).walk() }

// walk reads a value of any kind.
func (r *Reader) walk() error {
	token, err := r.token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return r.members(func(string) error { return r.walk() })
	case json.Delim('['):
		for r.decoder.More() {
			if err := r.walk(); err != nil {
				return err
			}
		}
		return r.expect(']')
	}
	return nil
}

// shown is a token as errors repeat it.
func shown(token json.Token) string {
	if token == nil {
		return "null"
	}
	return badfile.Quote(fmt.Sprint(token))
}

func (r *Reader) expect(delimiter json.Delim) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	if token != delimiter {
		return fmt.Errorf("%q is expected where it has %s", delimiter.String(), shown(token))
	}
	return nil
}

func (r *Reader) token() (json.Token, error) {
	token, err := r.decoder.Token()
	if err == nil && r.invalid >= 0 && r.Offset() > int64(r.invalid) {
		err = fmt.Errorf("its byte %d is not valid UTF-8", r.invalid)
	}
	return token, r.explain(err)
}

func (r *Reader) explain(err error) error {
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		return errors.New("the JSON ends inside it")
	}
	return fmt.Errorf("the JSON is broken: %w", err)
}
