package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/safetensors"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// actsFlags say which activations to keep.
type actsFlags struct {
	file, layers, where string
}

func (a *actsFlags) add(f *pflag.FlagSet) {
	f.StringVar(&a.file, "acts", "", "write activations to a safetensors file")
	f.StringVar(&a.layers, "layers", "all", "layers of --acts, as in plans: 2-3+embed")
	f.StringVar(&a.where, "where", "all", "positions of --acts, a selector as in plans: sentence")
}

// selection reads --layers and --where as a term of a plan whose vector is
// selected; nil without --acts.
func (a *actsFlags) selection(cmd *cobra.Command) (*steering.Plan, error) {
	if a.file == "" {
		for _, name := range []string{"layers", "where"} {
			if cmd.Flags().Changed(name) {
				return nil, usagef(cmd, "--%s needs --acts", name)
			}
		}
		return nil, nil
	}
	form, err := json.Marshal(map[string]any{"terms": []map[string]string{{"vector": selected, "layers": a.layers, "select": a.where}}})
	if err != nil {
		return nil, err
	}
	var plan steering.Plan
	var wrong *steering.Error
	switch err := json.Unmarshal(form, &plan); {
	case errors.As(err, &wrong) && wrong.Field == "layers":
		return nil, usagef(cmd, "--layers %q, column %d: %s", a.layers, wrong.Column, wrong.Reason)
	case errors.As(err, &wrong):
		return nil, usagef(cmd, "--where %q, column %d: %s", a.where, wrong.Column, wrong.Reason)
	case err != nil:
		return nil, err
	}
	return &plan, nil
}

// selected names the vector of the plan that selects positions: it fires where
// an activation is kept.
const selected = "selected"

// activations collects rows of the residual stream, after edits.
type activations struct {
	layers []int
	dModel int
	lanes  []laneActivations
}

// laneActivations is what one lane's --where selected.
type laneActivations struct {
	selection generate.Editor // fires at what is selected
	stream    *tokenizer.Stream
	positions []int
	rows      map[int][]float32 // by layer, [positions, d_model]
}

// newActivations prepares a collection for lanes that start from one prompt.
func newActivations(plan steering.Plan, lanes int, prompt generate.Prompt, m *model.Model, t *tokenizer.Tokenizer) (*activations, error) {
	c := m.Config()
	a := &activations{dModel: c.DModel}
	var err error
	if a.layers, err = chosenLayers(plan.Terms[0].Layers, c.Layers); err != nil {
		return nil, err
	}
	term := plan.Terms[0]
	term.Layers = steering.Layers{}
	bound, err := steering.Bind(steering.Plan{Terms: []steering.Term{term}}, c.Layers, c.DModel, map[string]*steering.Vector{
		selected: {Name: selected, DModel: c.DModel, Directions: map[int][]float32{0: slices.Repeat([]float32{1}, c.DModel)}},
	})
	if err != nil {
		return nil, err
	}
	selection := steering.Lanes{Bound: bound, Tokenizer: t}
	for range lanes {
		l := laneActivations{rows: map[int][]float32{}}
		if l.selection, err = selection.Editor(prompt, generate.Measured{}); err != nil {
			return nil, err
		}
		if selectsNothing(l.selection) != nil {
			return nil, fmt.Errorf("--where %q selects nothing in this prompt", term.Select)
		}
		if t != nil {
			l.stream = t.Stream()
		}
		a.lanes = append(a.lanes, l)
	}
	return a, nil
}

// chosenLayers lists the layers of a model of n blocks in increasing order.
func chosenLayers(l steering.Layers, n int) ([]int, error) {
	chosen := map[int]bool{}
	if l.Kind != steering.NamedLayers {
		l.Items = []steering.Span{{From: 0, To: n - 1}}
	}
	for _, item := range l.Items {
		for layer := item.From; layer <= item.To; layer++ {
			if layer >= n {
				return nil, fmt.Errorf("--layers names layer %d, but the model has layers 0 to %d, and embed", layer, n-1)
			}
			chosen[layer] = true
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

// watch is shown every row; see [generate.Options].
func (a *activations) watch(lane, layer, position int, row []float32) {
	l := &a.lanes[lane]
	if !slices.Contains(a.layers, layer) || !l.selection.Steered(position) {
		return
	}
	if layer == a.layers[0] {
		l.positions = append(l.positions, position)
	}
	l.rows[layer] = append(l.rows[layer], row...)
}

// accept is told of every generated token before its row is computed.
func (a *activations) accept(t generate.Token) {
	l := &a.lanes[t.Lane]
	text := ""
	if l.stream != nil {
		text = l.stream.Push(t.ID)
	}
	l.selection.Accept(t.ID, text, generate.Drawn{})
}

// write writes the tensors "lane0.layer2" [positions, d_model] and
// "lane0.positions" [positions] of every lane and layer.
func (a *activations) write(path string, about map[string]string) error {
	var tensors []safetensors.Tensor
	for i, l := range a.lanes {
		prefix := "lane" + strconv.Itoa(i) + "."
		n := len(l.positions)
		tensors = append(tensors, safetensors.Tensor{Name: prefix + "positions", DType: "I64", Shape: []int{n}, Data: int64Bytes(l.positions)})
		for _, layer := range a.layers {
			name := prefix + "layer" + strconv.Itoa(layer)
			if layer == steering.Embed {
				name = prefix + "embed"
			}
			tensors = append(tensors, safetensors.Tensor{Name: name, DType: "F32", Shape: []int{n, a.dModel}, Data: float32Bytes(l.rows[layer])})
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
