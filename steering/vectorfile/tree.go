package vectorfile

// Arrays from NumPy and PyTorch say little of what they mean. One of two dimensions holds a
// direction for each layer; a list or dictionary holds one array for each layer, if a
// dictionary's keys say so; a dictionary may hold the one that is meant beside other things.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering"
)

// node is what a file holds at one key: an array, a text, or more nodes.
type node struct {
	array array
	text  string   // of a number or string
	keys  []string // of nodes; in a list their indices
	nodes []*node
	list  bool
}

// array is a tensor whose numbers have not been read.
type array interface {
	shape() []int
	floats() ([]float32, error)
}

// holds reports whether an array is anywhere in a node.
func (n *node) holds() bool {
	return n.array != nil || slices.ContainsFunc(n.nodes, (*node).holds)
}

// at returns the node at a key.
func (n *node) at(key string) *node {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.nodes[i]
	}
	return nil
}

// arrayKeys are the keys with arrays in them.
func (n *node) arrayKeys() []string {
	var keys []string
	for i, child := range n.nodes {
		if child.holds() {
			keys = append(keys, n.keys[i])
		}
	}
	return keys
}

// maxDescription bounds the bytes of the texts beside the arrays: a pickle can repeat a long one
// for a few bytes each.
const maxDescription = 1 << 20

// described are the texts beside the arrays.
func (n *node) described() map[string]string {
	texts := map[string]string{}
	left := maxDescription
	for i, child := range n.nodes {
		if !n.list && child.array == nil && len(child.nodes) == 0 {
			text := child.text
			if len(text) > left {
				text = badfile.Short(text)
			}
			texts[n.keys[i]] = text
			left -= min(len(text), left)
		}
	}
	return texts
}

// readTree finds the directions in what a file holds.
func (s *source) readTree(root *node) (contents, error) {
	n, where, err := s.descend(root)
	if err != nil {
		return contents{}, err
	}
	c := contents{metadata: root.described()}
	switch {
	case n.array != nil:
		err = s.readArray(n.array, where, &c)
	case n.list:
		err = s.readList(n, where, &c)
	default:
		err = s.readLayers(n, where, &c)
	}
	return c, err
}

// maxDescent bounds how many dictionaries may be around the arrays.
const maxDescent = 16

// descend goes to the node that the reference's key names, and on while there is only one way.
func (s *source) descend(n *node) (*node, string, error) {
	where := ""
	if key, ok := s.choice("key"); ok {
		next := n.find(key)
		if n.array != nil {
			return nil, "", fmt.Errorf("%s: it holds one array, which has no key: leave key=%s out", s.path, badfile.Short(key))
		}
		if next == nil || !next.holds() {
			return nil, "", fmt.Errorf("%s: it has no arrays at the key %s, but at %s", s.path, badfile.Quote(key), listed(n.arrayKeys()))
		}
		n, where = next, key
	}
	for range maxDescent {
		keys := n.arrayKeys()
		if n.array != nil || len(keys) == 0 {
			break
		}
		if n.list || isLayer(keys) {
			return n, where, nil
		}
		if len(keys) > 1 {
			return nil, "", fmt.Errorf("%s: it holds arrays at the keys %s, which are not layers: choose one by adding #key=%s to the file's name", s.path, listed(keys), strings.TrimPrefix(where+"/"+keys[0], "/"))
		}
		n, where = n.at(keys[0]), strings.TrimPrefix(where+"/"+keys[0], "/")
	}
	if !n.holds() {
		return nil, "", fmt.Errorf("%s: it holds no array of floating-point numbers", s.path)
	}
	return n, where, nil
}

// find follows a key such as happy/layers; a key with a slash in it goes first.
func (n *node) find(key string) *node {
	if next := n.at(key); next != nil {
		return next
	}
	first, rest, ok := strings.Cut(key, "/")
	if next := n.at(first); ok && next != nil {
		return next.find(rest)
	}
	return nil
}

// isLayer reports whether any of the keys means a layer.
func isLayer(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		_, ok, _ := keyLayer(key)
		return ok
	})
}

// listed spells out a few keys.
func listed(keys []string) string {
	const most = 6
	var quoted []string
	for _, key := range keys[:min(len(keys), most)] {
		quoted = append(quoted, badfile.Quote(key))
	}
	if len(keys) > most {
		quoted = append(quoted, fmt.Sprintf("%d more", len(keys)-most))
	}
	return strings.Join(quoted, ", ")
}

// What is said of arrays that don't say whose convention they follow.
const (
	afterBlock      = " acts after block L, counted from 0"
	hiddenStateNote = "Tools differ in what they count: if %s 0 is the embeddings, as in the hidden_states of transformers, add #shift=-1 to the file's name."
)

// readArray reads an array that stands for the whole vector.
func (s *source) readArray(a array, where string, c *contents) error {
	label := "the array"
	if where != "" {
		label = "the array at " + badfile.Quote(where)
	}
	switch dimensions := long(a.shape()); len(dimensions) {
	case 1:
		layer, ok := s.chosen("layer")
		if !ok {
			return fmt.Errorf("%s: %s is one direction of %d elements and doesn't say its layer: add #layer=L to the file's name, where L is the block after which it acts, counted from 0", s.path, label, dimensions[0])
		}
		if layer < steering.Embed || layer > maxLayer {
			return fmt.Errorf("%s: the choice layer=%d is not a layer from %d to %d", s.path, layer, steering.Embed, maxLayer)
		}
		direction, err := s.floats(a, label)
		if err != nil {
			return err
		}
		c.directions = map[int][]float32{layer: direction}
		c.convention = "one direction, whose layer is what the reference says, counted from 0"
		return nil
	case 2:
		c.convention = "row L" + afterBlock
		c.notes = append(c.notes, fmt.Sprintf(hiddenStateNote, "row"))
		var err error
		c.directions, err = s.rows(a, label, dimensions)
		return err
	}
	return fmt.Errorf("%s: %s has shape %v, where a direction has one dimension, and directions of several layers two", s.path, label, a.shape())
}

// long leaves out of a shape the dimensions of length 1.
func long(shape []int) []int {
	dimensions := slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
	if len(dimensions) == 0 && len(shape) > 0 {
		return []int{1}
	}
	return dimensions
}

// rows reads one direction from each row.
func (s *source) rows(a array, label string, dimensions []int) (map[int][]float32, error) {
	rows, width := dimensions[0], dimensions[1]
	if rows > maxLayer {
		return nil, fmt.Errorf("%s: %s has %d rows, where one for each layer is expected", s.path, label, rows)
	}
	values, err := s.floats(a, label)
	if err != nil {
		return nil, err
	}
	directions := map[int][]float32{}
	for row := range rows {
		directions[row] = values[row*width : (row+1)*width]
	}
	return directions, nil
}

// floats reads an array's numbers.
func (s *source) floats(a array, label string) ([]float32, error) {
	elements := 1
	for _, n := range a.shape() {
		if n == 0 {
			return nil, fmt.Errorf("%s: %s has shape %v, so no elements", s.path, label, a.shape())
		}
		elements = min(elements, maxElements) * min(n, maxElements)
	}
	if s.elements += elements; s.elements > maxElements {
		return nil, fmt.Errorf("%s: its arrays have more than the %d elements that a vector may have", s.path, maxElements)
	}
	return a.floats()
}

// readList reads one direction from each array of a list.
func (s *source) readList(n *node, where string, c *contents) error {
	d := newDirections(s.path, "item")
	for i, child := range n.nodes {
		if !child.holds() {
			continue // None, where a layer has no direction
		}
		if err := s.addArray(d, i, pathTo(where, n.keys[i]), child); err != nil {
			return err
		}
	}
	c.directions = d.byLayer
	c.convention = "item L of the list" + afterBlock
	c.notes = append(c.notes, fmt.Sprintf(hiddenStateNote, "item"))
	return nil
}

// readLayers reads one direction from each key of a dictionary that means a layer.
func (s *source) readLayers(n *node, where string, c *contents) error {
	d := newDirections(s.path, "key")
	hooks := false
	for i, child := range n.nodes {
		if !child.holds() {
			continue
		}
		layer, ok, err := keyLayer(n.keys[i])
		if err == nil && !ok {
			err = fmt.Errorf("it is not a layer, and other keys are")
		}
		if err != nil {
			return fmt.Errorf("%s: key %s: %w", s.path, badfile.Quote(pathTo(where, n.keys[i])), err)
		}
		hooks = hooks || !keyNumber.MatchString(n.keys[i])
		if err := s.addArray(d, layer, pathTo(where, n.keys[i]), child); err != nil {
			return err
		}
	}
	c.directions = d.byLayer
	c.convention = "the direction at key L" + afterBlock
	if hooks {
		c.convention = "each direction acts at the hook or after the block that its key names, counted from 0"
		return nil
	}
	c.notes = append(c.notes, fmt.Sprintf(hiddenStateNote, "key"))
	return nil
}

// pathTo is a key below another.
func pathTo(where, key string) string { return strings.TrimPrefix(where+"/"+key, "/") }

// addArray adds a node that has to be one direction.
func (s *source) addArray(d *directions, layer int, key string, n *node) error {
	if n.array == nil {
		return fmt.Errorf("%s: key %s holds several arrays, where one direction is expected", s.path, badfile.Quote(key))
	}
	if len(long(n.array.shape())) != 1 {
		return fmt.Errorf("%s: key %s holds an array of shape %v, where a direction has one dimension", s.path, badfile.Quote(key), n.array.shape())
	}
	direction, err := s.floats(n.array, "key "+badfile.Quote(key))
	if err != nil {
		return err
	}
	return d.add(layer, key, direction)
}

// scalar spells out a plain value.
func scalar(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}
