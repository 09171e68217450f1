package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"tiller/model/checkpoint/atomicfile"
)

// Save writes the settings into the config file. Only those that differ from what the file says
// now are changed in it: all else stays, comments, order, and what tiller does not know or could
// not understand. Blank lines may go. A file that would lose a comment is refused, with its line,
// and left alone, as is one that is not YAML. The file is there whole or as it was; its folder is
// made if it is not there.
func (s Settings) Save(path string) error {
	d, err := open(path)
	if err != nil {
		return fmt.Errorf("settings are not saved: %w", err)
	}
	was, _ := d.settings()
	if s.equal(was) {
		return nil
	}
	written, err := d.with(s, was)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("settings are not saved: %w", err)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(written)
		return err
	})
}

// equal reports whether two settings are the same; no list and an empty one are.
func (s Settings) equal(other Settings) bool {
	for _, f := range Fields() {
		if f.Value(s) != f.Value(other) {
			return false
		}
	}
	return slices.Equal(s.Vectors, other.Vectors) && slices.Equal(s.Models, other.Models) &&
		maps.EqualFunc(s.Keys, other.Keys, slices.Equal)
}

// with returns the text of the document with the settings changed from what they were.
func (d *document) with(s, was Settings) ([]byte, error) {
	root := d.root
	if root == nil {
		root = &yaml.Node{Kind: yaml.MappingNode}
	}
	for _, f := range Fields() {
		if value := f.Value(s); value != f.Value(was) {
			put(root, f.Name, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
		}
	}
	if !slices.Equal(s.Vectors, was.Vectors) {
		put(root, vectorsName, sequence(s.Vectors))
	}
	if !slices.Equal(s.Models, was.Models) {
		put(root, modelsName, sequence(s.Models))
	}
	if !maps.EqualFunc(s.Keys, was.Keys, slices.Equal) {
		putKeys(root, s.Keys, was.Keys)
	}
	var b bytes.Buffer
	if d.root == nil { // comments, at most
		b.Write(d.text)
		if n := len(d.text); n > 0 && d.text[n-1] != '\n' {
			b.WriteByte('\n')
		}
	}
	tree := d.tree
	if d.root == nil {
		tree = root
	}
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(tree), encoder.Close()); err != nil {
		return nil, fmt.Errorf("settings are not saved: %s can't be written anew: %w", d.path, err)
	}
	return b.Bytes(), d.verify(b.Bytes(), s)
}

// verify reads back what is to be written, and looks for the comments that were there. The YAML
// library promises neither.
func (d *document) verify(written []byte, s Settings) error {
	again, err := parse(d.path, written)
	if err == nil {
		if got, _ := again.settings(); !got.equal(s) {
			err = errors.New("it would not be read as it was meant")
		}
	}
	if err != nil {
		return fmt.Errorf("settings are not saved, change %s by hand: %w", d.path, err)
	}
	line := 0
	for text := range strings.Lines(string(d.text)) {
		line++
		if c := comment(text); c != "" && !bytes.Contains(written, []byte(c)) {
			return fmt.Errorf("settings are not saved, change %s by hand: the comment in line %d would be lost", d.path, line)
		}
	}
	return nil
}

// comment returns what may be a comment on a line: all from a "#" that begins it or follows a
// space.
func comment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimSpace(line[i:])
		}
	}
	return ""
}

// find returns where a map holds the value of a name, or -1. Of two of one name the first counts.
func find(n *yaml.Node, name string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode && key.Value == name {
			return i + 1
		}
	}
	return -1
}

// put sets the value of a name in a map. The comments of one that is replaced stay.
func put(n *yaml.Node, name string, value *yaml.Node) {
	i := find(n, name)
	if i < 0 {
		n.Content = append(n.Content, text(name), value)
		return
	}
	old := n.Content[i]
	value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
	n.Content[i] = value
}

// putKeys sets the keys of actions that changed, and takes those out that are no longer given.
func putKeys(root *yaml.Node, changes, was map[string][]string) {
	i := find(root, keysName)
	if i < 0 || root.Content[i].Kind != yaml.MappingNode {
		put(root, keysName, &yaml.Node{Kind: yaml.MappingNode})
		i = find(root, keysName)
	}
	n := root.Content[i]
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, still := changes[name]; !still {
			at := find(n, name)
			n.Content = slices.Delete(n.Content, at-1, at+1)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if old, had := was[name]; had && slices.Equal(old, changes[name]) {
			continue
		}
		if len(changes[name]) == 1 {
			put(n, name, text(changes[name][0]))
		} else {
			put(n, name, sequence(changes[name]))
		}
	}
}

// text is a node for a text, which the encoder quotes where it would be read as something else.
func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// sequence is a node for a list of texts on one line.
func sequence(values []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, text(v))
	}
	return n
}
