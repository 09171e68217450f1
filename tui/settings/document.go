package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"tiller/model/checkpoint/badfile"
)

// maxConfig is the most bytes of a config file that are read: people write it.
const maxConfig = 256 << 10

// document is a config file taken apart.
type document struct {
	path string
	text []byte
	tree *yaml.Node // the whole document, nil if nothing but comments is there
	root *yaml.Node // its map, nil if tree is
}

var errTooLong = errors.New("is too long")

// readFile reads a regular file of at most so many bytes. A device or a pipe could keep us waiting.
func readFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s %w: %d bytes are read at most", path, errTooLong, most)
	}
	return data, nil
}

// cannotRead names the file once.
func cannotRead(path string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("cannot read %s: %w", path, err)
}

// open takes a config file apart; one that is not there is an empty one.
func open(path string) (*document, error) {
	text, err := readFile(path, maxConfig)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return parse(path, text)
}

// parse takes the text of a config file apart. Nodes are not expanded, so that a file of aliases
// stays as small as it is.
func parse(path string, text []byte) (*document, error) {
	d := &document{path: path, text: text}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // a byte order mark
	if !utf8.Valid(text) {
		line := 1
		for l := range bytes.Lines(text) {
			if !utf8.Valid(l) {
				break
			}
			line++
		}
		return nil, fmt.Errorf("%s, line %d: it is not valid UTF-8 there", path, line)
	}
	var tree, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&tree); err == io.EOF {
		return d, nil
	} else if err != nil {
		return nil, notYAML(path, err)
	}
	if err := decoder.Decode(&more); err == nil {
		return nil, fmt.Errorf("%s, line %d: a second YAML document begins", path, more.Line)
	} else if err != io.EOF {
		return nil, notYAML(path, err)
	}
	switch root := tree.Content[0]; {
	case root.Kind == yaml.MappingNode:
		d.tree, d.root = &tree, root
	case !isNull(root):
		return nil, fmt.Errorf("%s, line %d: settings are written as \"theme: dark\", one a line", path, root.Line)
	}
	return d, nil
}

// notYAML says what the YAML library says, the line in its place.
func notYAML(path string, err error) error {
	said := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(said, "line "); ok {
		if line, problem, ok := strings.Cut(rest, ": "); ok {
			return fmt.Errorf("%s, line %s: it is not YAML: %s", path, line, badfile.Short(problem))
		}
	}
	return fmt.Errorf("%s is not YAML: %s", path, badfile.Short(said))
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// entry is a name in a map and its value.
type entry struct {
	name       string
	key, value *yaml.Node
}

// entries returns those of a map, in order, and what is wrong with the others: of a name that
// stands twice the first counts.
func (d *document) entries(n *yaml.Node) (list []entry, wrong []string) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			wrong = append(wrong, d.at(key, "a name is expected"))
		case seen[key.Value]:
			wrong = append(wrong, d.at(key, "%s stands twice, and the first counts", badfile.Quote(key.Value)))
		default:
			seen[key.Value] = true
			list = append(list, entry{key.Value, key, value})
		}
	}
	return list, wrong
}

// at is a sentence about a line of the file.
func (d *document) at(n *yaml.Node, format string, arguments ...any) string {
	said := fmt.Sprintf(format, arguments...)
	if !strings.HasSuffix(said, "?") {
		said += "."
	}
	return fmt.Sprintf("%s, line %d: %s", d.path, n.Line, said)
}

// single returns a value as it stands in the file.
func single(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.AliasNode:
		return "", fmt.Errorf("the alias *%s is not followed: write the value out", badfile.Short(n.Value))
	case yaml.SequenceNode:
		return "", errors.New("a single value is expected, not a list")
	default:
		return "", errors.New("a single value is expected, not a map")
	}
}

// several returns a list of values, or a single one as a list.
func several(n *yaml.Node) ([]string, error) {
	if n.Kind != yaml.SequenceNode {
		one, err := single(n)
		if err != nil {
			return nil, err
		}
		return []string{one}, nil
	}
	list := make([]string, len(n.Content))
	for i, item := range n.Content {
		var err error
		if list[i], err = single(item); err != nil {
			return nil, err
		}
	}
	return list, nil
}
