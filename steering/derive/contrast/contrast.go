// Package contrast reads the texts that vectors are derived from.
//
// A file is a list of entries, either JSON objects, one a line, or a YAML list
// of maps (a JSON list is one too). There are three kinds:
//
//	pairs    {"positive", "negative"} and, if wanted, "prompt", which both continue
//	texts    {"text"}; YAML may give a text alone; a .txt file has one a line
//	targets  {"prompt", "target"} and, if wanted, "avoid"
//
// What a file says is untrusted: errors quote it, and name its line.
package contrast

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Pair is two texts that differ in what a vector is to hold.
type Pair struct {
	Prompt             string // what both continue; "" for none
	Positive, Negative string
	Line               int // 1-based, where the entry begins
}

// Text is one text.
type Text struct {
	Text string
	Line int // 1-based
}

// Target is a continuation that a vector is to make likely.
type Target struct {
	Prompt, Target string
	Avoid          string // a continuation to make unlikely; "" for none
	Line           int    // 1-based, where the entry begins
}

// file is what is known of a file while it is read.
type file struct {
	name   string
	wanted string   // completes "it needs"
	fields []string // that an entry may have
	alone  string   // the field that a text alone fills; "" if a map is needed
}

// fail is an error about a line.
func (f *file) fail(line int, format string, args ...any) error {
	return fmt.Errorf("%s, line %d: %s", f.name, line, fmt.Sprintf(format, args...))
}

// needs refuses an entry in which one of the fields is missing or blank.
func (f *file) needs(r record, fields ...string) error {
	for _, name := range fields {
		text, ok := r.fields[name]
		switch {
		case !ok:
			return f.fail(r.line, "there is no %q", name)
		case strings.TrimSpace(text) == "":
			return f.fail(r.line, "%q is empty", name)
		}
	}
	return nil
}

// repeats remembers entries and refuses the second of two that are the same.
type repeats map[string]int

func (seen repeats) check(f *file, line int, parts ...string) error {
	key := strings.Join(parts, "\x00")
	if first, twice := seen[key]; twice {
		return f.fail(line, "it repeats line %d: leave one of them out, as a text counted twice would also be held out against itself", first)
	}
	seen[key] = line
	return nil
}

// ParsePairs reads contrast pairs. The name is for errors.
func ParsePairs(name string, data []byte) ([]Pair, error) {
	f := &file{name: name, fields: []string{"prompt", "positive", "negative"},
		wanted: `pairs such as {"positive": "...", "negative": "..."}`}
	records, err := f.read(data)
	if err != nil {
		return nil, err
	}
	if err := f.bothClasses(records); err != nil {
		return nil, err
	}
	pairs := make([]Pair, len(records))
	seen := repeats{}
	for i, r := range records {
		if err := f.needs(r, "positive", "negative"); err != nil {
			return nil, err
		}
		p := Pair{Prompt: r.fields["prompt"], Positive: r.fields["positive"], Negative: r.fields["negative"], Line: r.line}
		if p.Positive == p.Negative {
			return nil, f.fail(r.line, "positive and negative are the same text")
		}
		if err := seen.check(f, r.line, p.Prompt, p.Positive, p.Negative); err != nil {
			return nil, err
		}
		pairs[i] = p
	}
	return pairs, nil
}

// bothClasses refuses a file that has texts of one kind only.
func (f *file) bothClasses(records []record) error {
	count := map[string]int{}
	for _, r := range records {
		for field := range r.fields {
			count[field]++
		}
	}
	for _, x := range [][2]string{{"positive", "negative"}, {"negative", "positive"}} {
		if count[x[0]] > 0 && count[x[1]] == 0 {
			return fmt.Errorf("%s has %s texts only: a contrast needs a %q beside each", f.name, x[0], x[1])
		}
	}
	if len(records) == 0 {
		return fmt.Errorf("%s is empty: it needs %s", f.name, f.wanted)
	}
	return nil
}

// ParseTexts reads texts. The name is for errors, and says whether the file is
// plain text.
func ParseTexts(name string, data []byte) ([]Text, error) {
	f := &file{name: name, fields: []string{"text"}, alone: "text", wanted: `texts such as {"text": "..."}`}
	var records []record
	var err error
	if strings.EqualFold(filepath.Ext(name), ".txt") {
		records, err = f.readLines(data)
	} else {
		records, err = f.read(data)
	}
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s is empty: it needs %s", name, f.wanted)
	}
	texts := make([]Text, len(records))
	seen := repeats{}
	for i, r := range records {
		if err := f.needs(r, "text"); err != nil {
			return nil, err
		}
		if err := seen.check(f, r.line, r.fields["text"]); err != nil {
			return nil, err
		}
		texts[i] = Text{Text: r.fields["text"], Line: r.line}
	}
	return texts, nil
}

// readLines takes each line that is not blank for a text.
func (f *file) readLines(data []byte) ([]record, error) {
	var records []record
	line := 0
	for text := range bytes.Lines(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))) {
		line++
		if !utf8.Valid(text) {
			return nil, f.fail(line, "it is not valid UTF-8 there")
		}
		if text := strings.TrimRight(string(text), "\r\n"); strings.TrimSpace(text) != "" {
			if len(records) == maxEntries {
				return nil, f.tooMany(line)
			}
			records = append(records, record{line, map[string]string{"text": text}})
		}
	}
	return records, nil
}

// ParseTargets reads targets. The name is for errors.
func ParseTargets(name string, data []byte) ([]Target, error) {
	f := &file{name: name, fields: []string{"prompt", "target", "avoid"},
		wanted: `targets such as {"prompt": "...", "target": "..."}`}
	records, err := f.read(data)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s is empty: it needs %s", name, f.wanted)
	}
	targets := make([]Target, len(records))
	seen := repeats{}
	for i, r := range records {
		if err := f.needs(r, "prompt", "target"); err != nil {
			return nil, err
		}
		t := Target{Prompt: r.fields["prompt"], Target: r.fields["target"], Avoid: r.fields["avoid"], Line: r.line}
		if t.Target == t.Avoid {
			return nil, f.fail(r.line, "target and avoid are the same text")
		}
		if err := seen.check(f, r.line, t.Prompt, t.Target, t.Avoid); err != nil {
			return nil, err
		}
		targets[i] = t
	}
	return targets, nil
}
