package contrast

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// Bounds on a file: what is kept of an entry, and of each value in YAML, takes far more room than
// its text.
const (
	maxEntries = 1 << 17
	maxYAML    = 4 << 20 // bytes
)

// record is one entry of a file: texts by field, and the line it begins at.
type record struct {
	line   int // 1-based
	fields map[string]string
}

// read takes a file apart: lines of JSON objects if it begins with "{", else
// YAML, of which JSON lists are a part.
func (f *file) read(data []byte) ([]record, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // a byte order mark
	if !utf8.Valid(data) {
		return nil, f.fail(invalidLine(data), "it is not valid UTF-8 there")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("%s is empty: it needs %s", f.name, f.wanted)
	}
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return f.readJSON(data)
	}
	return f.readYAML(data)
}

// invalidLine is the line of the first byte that is not valid UTF-8.
func invalidLine(data []byte) int {
	line := 1
	for text := range bytes.Lines(data) {
		if !utf8.Valid(text) {
			break
		}
		line++
	}
	return line
}

func (f *file) readJSON(data []byte) ([]record, error) {
	var records []record
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(records) == maxEntries {
			return nil, f.tooMany(line)
		}
		r := strictjson.New(text)
		one := record{line: line, fields: map[string]string{}}
		err := r.Object(func(name string) error {
			if err := f.knows(name); err != nil {
				return err
			}
			value, err := r.Text()
			if err != nil {
				return fmt.Errorf("%s: %w", badfile.Quote(name), err)
			}
			one.fields[name] = value
			return nil
		})
		if err == nil {
			err = r.End()
		}
		if err != nil {
			return nil, f.fail(line, "%v", err)
		}
		records = append(records, one)
	}
	return records, nil
}

func (f *file) readYAML(data []byte) ([]record, error) {
	if len(data) > maxYAML {
		return nil, fmt.Errorf("%s has %d bytes, and at most %d are read as YAML: write JSON objects, one a line", f.name, len(data), maxYAML)
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&document); {
	case err == io.EOF:
		return nil, fmt.Errorf("%s is empty: it needs %s", f.name, f.wanted)
	case err != nil:
		return nil, fmt.Errorf("%s is neither lines of JSON objects nor YAML: %s", f.name, explainYAML(err))
	}
	if err := decoder.Decode(&more); err != io.EOF {
		if err != nil {
			return nil, fmt.Errorf("%s: after its first YAML document, %s", f.name, explainYAML(err))
		}
		return nil, f.fail(more.Line, "a second YAML document begins, where one list is expected")
	}
	list := document.Content[0]
	if list.Kind != yaml.SequenceNode {
		return nil, f.fail(list.Line, "a list is expected: write %s, as JSON objects one a line or as a YAML list", f.wanted)
	}
	if len(list.Content) > maxEntries {
		return nil, f.tooMany(list.Content[maxEntries].Line)
	}
	records := make([]record, len(list.Content))
	for i, entry := range list.Content {
		var err error
		if records[i], err = f.entry(entry); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// tooMany is the error about an entry beyond the last that is read.
func (f *file) tooMany(line int) error {
	return f.fail(line, "more than %d entries are not read", maxEntries)
}

// explainYAML is what the YAML library says of a file.
func explainYAML(err error) string {
	return badfile.Short(strings.TrimPrefix(err.Error(), "yaml: "))
}

// entry reads one entry of a YAML list: a map of texts, or a text alone where
// the file has a field for that.
func (f *file) entry(n *yaml.Node) (record, error) {
	r := record{line: n.Line, fields: map[string]string{}}
	if n.Kind == yaml.ScalarNode && f.alone != "" {
		text, err := f.scalar(n)
		r.fields[f.alone] = text
		return r, err
	}
	if n.Kind != yaml.MappingNode {
		return r, f.fail(n.Line, "a map with %s is expected", list(f.fields))
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name, err := f.scalar(key)
		if err != nil {
			return r, err
		}
		if err := f.knows(name); err != nil {
			return r, f.fail(key.Line, "%v", err)
		}
		if _, twice := r.fields[name]; twice {
			return r, f.fail(key.Line, "the name %s stands twice", badfile.Quote(name))
		}
		if r.fields[name], err = f.scalar(value); err != nil {
			return r, err
		}
	}
	return r, nil
}

// scalar reads a plain value as the text that stands there. Aliases are
// refused: a short file could stand for a huge one.
func (f *file) scalar(n *yaml.Node) (string, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return "", f.fail(n.Line, "the alias *%s is not followed: write the text out", badfile.Short(n.Value))
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Tag == "!!binary":
		return "", f.fail(n.Line, "a text is expected")
	}
	return n.Value, nil
}

func (f *file) knows(name string) error {
	if !slices.Contains(f.fields, name) {
		return fmt.Errorf("there is no field %s; there are %s", badfile.Quote(name), list(f.fields))
	}
	return nil
}

// list writes names as in a sentence.
func list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}
