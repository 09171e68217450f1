package vectorfile

// PyTorch's .pt: a tensor, or lists and dictionaries with tensors in them. The container is
// package torch's business, which refuses everything else by its name and executes nothing.

import (
	"fmt"
	"strconv"

	"tiller/steering/vectorfile/pickle"
	"tiller/steering/vectorfile/torch"
)

// tensorArray is a tensor of a .pt file.
type tensorArray struct{ tensor *torch.Tensor }

func (a tensorArray) shape() []int               { return a.tensor.Shape }
func (a tensorArray) floats() ([]float32, error) { return a.tensor.Float32s() }

func isPyTorch(s *source) bool { return s.torch != nil }

func readPyTorch(s *source) (contents, error) {
	root, err := s.tree(s.torch.Root)
	if err != nil {
		return contents{}, err
	}
	return s.readTree(root)
}

// maxNodes bounds what a pickle's value may unfold to: it may hold one list many times.
const maxNodes = 1 << 16

// tree unfolds a pickle's value.
func (s *source) tree(value any) (*node, error) {
	nodes := 0
	return s.unfold(value, 0, &nodes)
}

func (s *source) unfold(value any, depth int, nodes *int) (*node, error) {
	if *nodes++; *nodes > maxNodes || depth > maxDescent {
		return nil, fmt.Errorf("%s: it holds more than %d values, or lists and dictionaries more than %d deep", s.path, maxNodes, maxDescent)
	}
	n := &node{}
	var children []any
	switch v := value.(type) {
	case *torch.Tensor:
		n.array = tensorArray{v}
		return n, nil
	case *pickle.Dict:
		for _, key := range v.Keys {
			n.keys = append(n.keys, scalar(key))
		}
		children = v.Values
	case *pickle.List:
		children, n.list = v.Items, true
	case pickle.Tuple:
		children, n.list = v, true
	case nil, bool, int64, float64, string:
		n.text = scalar(v)
	default:
		n.text = fmt.Sprintf("(%T)", v)
	}
	for i, child := range children {
		next, err := s.unfold(child, depth+1, nodes)
		if err != nil {
			return nil, err
		}
		if n.list {
			n.keys = append(n.keys, strconv.Itoa(i))
		}
		n.nodes = append(n.nodes, next)
	}
	return n, nil
}
