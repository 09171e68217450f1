package subword

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// modelJSON is the value of the key "model", for all types of models.
type modelJSON struct {
	Type         string
	Vocab        json.RawMessage
	Merges       json.RawMessage
	Dropout      *float64
	Unk          *string         `json:"unk_token"`
	UnkID        json.RawMessage `json:"unk_id"`
	Prefix       *string         `json:"continuing_subword_prefix"`
	Suffix       *string         `json:"end_of_word_suffix"`
	FuseUnk      *bool           `json:"fuse_unk"`
	ByteFallback *bool           `json:"byte_fallback"`
	IgnoreMerges *bool           `json:"ignore_merges"`
	MaxWord      *int            `json:"max_input_chars_per_word"`
}

// Parse reads the value of the key "model". Old files leave out the type; they
// are told apart by their keys. The error names an unknown type.
func Parse(raw json.RawMessage) (Model, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, errors.New("there is no model")
	}
	var j modelJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	switch {
	case j.Type == "BPE", j.Type == "" && j.Merges != nil:
		return parseBPE(j)
	case j.Type == "Unigram", j.Type == "" && j.UnkID != nil:
		return parseUnigram(j)
	case j.Type == "WordPiece", j.Type == "" && j.MaxWord != nil:
		return parseWordPiece(j)
	case j.Type == "WordLevel", j.Type == "":
		return parseWordLevel(j)
	}
	return nil, fmt.Errorf("the model type %q is not supported", j.Type)
}

// text returns what a pointer points to, or what is missing.
func text(s *string, missing string) string {
	if s == nil {
		return missing
	}
	return *s
}

// parseVocab reads an object {"token": id, ...}. encoding/json has already
// checked the syntax of raw; reading it here is faster, and finds tokens that
// are there twice.
func parseVocab(raw json.RawMessage) (*Vocab, error) {
	r := reader{s: raw}
	if !r.accept('{') {
		return nil, errors.New("vocab must be an object of tokens and ids")
	}
	n := bytes.Count(raw, []byte(":"))
	if n > maxVocab {
		n = maxVocab
	}
	v := NewVocab(n)
	for first := true; !r.accept('}'); first = false {
		if !first {
			r.accept(',')
		}
		token, err := r.string()
		if err != nil {
			return nil, fmt.Errorf("vocab: %w", err)
		}
		r.accept(':')
		id, err := r.int()
		if err != nil {
			return nil, fmt.Errorf("vocab: the id of the token %q: %w", token, err)
		}
		if v.count == maxVocab {
			return nil, fmt.Errorf("vocab has more than %d tokens", maxVocab)
		}
		if err := v.Add(token, id, n); err != nil {
			return nil, fmt.Errorf("vocab: %w", err)
		}
	}
	return v, nil
}

// parseMerges reads a list of "left right" or of ["left", "right"].
func parseMerges(raw json.RawMessage, each func(i int, left, right string) error) error {
	r := reader{s: raw}
	if !r.accept('[') {
		return errors.New("merges must be a list")
	}
	for i := 0; !r.accept(']'); i++ {
		if i > 0 {
			r.accept(',')
		}
		if i == maxVocab {
			return fmt.Errorf("there are more than %d merges", maxVocab)
		}
		left, right, err := r.merge()
		if err != nil {
			return fmt.Errorf("merges[%d]: %w", i, err)
		}
		if err := each(i, left, right); err != nil {
			return fmt.Errorf("merges[%d]: %w", i, err)
		}
	}
	return nil
}

// reader walks over JSON that is known to be well-formed.
type reader struct {
	s  []byte
	at int
}

func (r *reader) peek() byte {
	for r.at < len(r.s) {
		switch c := r.s[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) accept(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) string() (string, error) {
	if r.peek() != '"' {
		return "", fmt.Errorf("expected a string at byte %d of it", r.at)
	}
	start := r.at
	escaped := false
	for r.at++; r.at < len(r.s) && r.s[r.at] != '"'; r.at++ {
		if r.s[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	if r.at >= len(r.s) {
		return "", errors.New("a string is not closed")
	}
	r.at++
	if !escaped {
		s := r.s[start+1 : r.at-1]
		if !utf8.Valid(s) {
			return "", fmt.Errorf("the string %q is not valid UTF-8", s)
		}
		return string(s), nil
	}
	var s string
	err := json.Unmarshal(r.s[start:r.at], &s)
	return s, err
}

func (r *reader) int() (int, error) {
	r.peek()
	start := r.at
	for r.at < len(r.s) && (r.s[r.at] >= '0' && r.s[r.at] <= '9' || r.s[r.at] == '-') {
		r.at++
	}
	n, err := strconv.ParseInt(string(r.s[start:r.at]), 10, 32)
	if err != nil {
		return 0, errors.New("it must be a whole number below 2^31")
	}
	if c := r.peek(); c == '.' || c == 'e' || c == 'E' {
		return 0, errors.New("it must be a whole number")
	}
	return int(n), nil
}

func (r *reader) merge() (left, right string, err error) {
	if r.peek() == '"' {
		s, err := r.string()
		if err != nil {
			return "", "", err
		}
		left, right, ok := cutMerge(s)
		if !ok {
			return "", "", fmt.Errorf("%q must be two tokens with one space between them", s)
		}
		return left, right, nil
	}
	if !r.accept('[') {
		return "", "", errors.New("it must be a string or a pair of strings")
	}
	if left, err = r.string(); err != nil {
		return "", "", err
	}
	if !r.accept(',') {
		return "", "", errors.New("it must be a pair of strings")
	}
	if right, err = r.string(); err != nil {
		return "", "", err
	}
	if !r.accept(']') {
		return "", "", errors.New("it must be a pair of strings")
	}
	return left, right, nil
}

func cutMerge(s string) (left, right string, ok bool) {
	for i := range len(s) {
		if s[i] != ' ' {
			continue
		}
		for j := i + 1; j < len(s); j++ {
			if s[j] == ' ' {
				return "", "", false
			}
		}
		return s[:i], s[i+1:], true
	}
	return "", "", false
}
