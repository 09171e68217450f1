// Package activations keeps chosen rows of the residual stream of generating
// lanes and writes them to a safetensors file.
//
// The file holds, for each lane i, the tensor "lane{i}.positions" [n] (I64) and
// for each layer L "lane{i}.layer{L}" [n, d_model] (F32), or "lane{i}.embed"
// for the stream before block 0: row j belongs to position j of the list.
package activations

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/safetensors"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// Recorder keeps the rows that a selection chooses, as they are after edits.
// Let a session's [generate.Options] Watch it, and tell it of every token.
type Recorder struct {
	layers []int
	dModel int
	lanes  []lane
}

// lane is what was chosen of one lane.
type lane struct {
	chosen    generate.Editor // fires at what is selected
	stream    *tokenizer.Stream
	positions []int
	rows      map[int][]float32 // by layer, [positions, d_model]
}

// Selection is what to keep.
type Selection struct {
	Layers steering.Layers   // zero: all
	Where  steering.Selector // zero: all
}

// marker names the vector of the plan that selects positions: where it fires,
// rows are kept.
const marker = "selected"

// NewRecorder prepares a recorder for lanes with these prompts on a model of
// so many blocks and that width. The tokenizer may be nil.
func NewRecorder(s Selection, prompts []generate.Prompt, layers, dModel int, t *tokenizer.Tokenizer) (*Recorder, error) {
	r := &Recorder{dModel: dModel}
	var err error
	if r.layers, err = ListLayers(s.Layers, layers); err != nil {
		return nil, err
	}
	choose, err := NewChooser(s.Where, t)
	if err != nil {
		return nil, err
	}
	for _, prompt := range prompts {
		l := lane{rows: map[int][]float32{}}
		if l.chosen, err = choose.In(prompt); err != nil {
			return nil, err
		}
		if t != nil {
			l.stream = t.Stream()
			for _, token := range prompt.Tokens {
				l.stream.Push(token.ID)
			}
		}
		r.lanes = append(r.lanes, l)
	}
	return r, nil
}

// A Chooser tells which positions of a lane a selector chooses.
type Chooser struct {
	where steering.Selector
	lanes steering.Lanes
}

// NewChooser prepares a selector; zero chooses all. The tokenizer may be nil.
func NewChooser(where steering.Selector, t *tokenizer.Tokenizer) (*Chooser, error) {
	plan := steering.Plan{Terms: []steering.Term{{Vector: marker, Strength: steering.One(), Select: where}}}
	bound, err := steering.Bind(plan, 1, 1, map[string]*steering.Vector{
		marker: {Name: marker, DModel: 1, Directions: map[int][]float32{0: {1}}},
	})
	if err != nil {
		return nil, err
	}
	return &Chooser{where: where, lanes: steering.Lanes{Bound: bound, Tokenizer: t}}, nil
}

// In returns an editor for a lane with this prompt whose Steered tells what is
// chosen. A selector that can't choose anything there is an error.
func (c *Chooser) In(prompt generate.Prompt) (generate.Editor, error) {
	chosen, err := c.lanes.Editor(prompt, generate.Measured{})
	if err != nil {
		return nil, err
	}
	if len(chosen.(*steering.Editor).EmptySelections()) > 0 {
		return nil, fmt.Errorf("the selector %q chooses nothing in this prompt", c.where)
	}
	return chosen, nil
}

// ListLayers lists the layers of a model of n blocks in increasing order: all
// of them, or those that are named.
func ListLayers(l steering.Layers, n int) ([]int, error) {
	chosen := map[int]bool{}
	if l.Kind != steering.NamedLayers {
		l.Items = []steering.Span{{From: 0, To: n - 1}}
	}
	for _, item := range l.Items {
		for layer := item.From; layer <= item.To; layer++ {
			if layer >= n {
				return nil, fmt.Errorf("layer %d is not one of the model's layers 0 to %d, and embed", layer, n-1)
			}
			chosen[layer] = true
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

// Watch is shown every row of every lane; see [generate.Options].
func (r *Recorder) Watch(lane, layer, position int, row []float32) {
	l := &r.lanes[lane]
	if !slices.Contains(r.layers, layer) || !l.chosen.Steered(position) {
		return
	}
	if layer == r.layers[0] {
		l.positions = append(l.positions, position)
	}
	l.rows[layer] = append(l.rows[layer], row...)
}

// Accept is told of every generated token that is not its lane's last, before
// its row is computed.
func (r *Recorder) Accept(t generate.Token) {
	l := &r.lanes[t.Lane]
	text := ""
	if l.stream != nil {
		text = l.stream.Push(t.ID)
	}
	l.chosen.Accept(t.ID, text, generate.Drawn{})
}

// Write writes the file, whole or not at all, with metadata about it.
func (r *Recorder) Write(path string, about map[string]string) error {
	var tensors []safetensors.Tensor
	for i, l := range r.lanes {
		prefix := "lane" + strconv.Itoa(i) + "."
		n := len(l.positions)
		tensors = append(tensors, safetensors.Tensor{Name: prefix + "positions", DType: "I64", Shape: []int{n}, Data: int64Bytes(l.positions)})
		for _, layer := range r.layers {
			name := prefix + "layer" + strconv.Itoa(layer)
			if layer == steering.Embed {
				name = prefix + "embed"
			}
			tensors = append(tensors, safetensors.Tensor{Name: name, DType: "F32", Shape: []int{n, r.dModel}, Data: float32Bytes(l.rows[layer])})
		}
	}
	return atomicfile.Write(path, func(w io.Writer) error { return safetensors.Write(w, about, tensors) })
}

func int64Bytes(x []int) []byte {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func float32Bytes(x []float32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
