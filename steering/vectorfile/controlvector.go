package vectorfile

// The control-vector GGUF of llama.cpp and repeng: tensors direction.N, F32, one dimension;
// general.architecture is "controlvector", and controlvector.model_hint and
// controlvector.layer_count are set. llama.cpp adds direction.N to the residual stream after
// block N (0-based) and has no direction.0. Its loader is common_control_vector_load in
// https://github.com/ggml-org/llama.cpp (common/common.cpp), repeng's is ControlVector.import_gguf
// in https://github.com/vgel/repeng (repeng/extract.py).

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/gguf"
	"tiller/steering"
)

const (
	architectureKey = "general.architecture"
	architecture    = "controlvector"
	modelHintKey    = "controlvector.model_hint"
	layerCountName  = "layer_count"
	layerCountKey   = architecture + "." + layerCountName
	methodKey       = "controlvector.method"
)

// MetaModelHint is the key of steering.Vector.Meta that names the kind of model a vector is for,
// such as "llama". Control-vector files carry it.
const MetaModelHint = "model_hint"

func isControlVector(s *source) bool {
	return s.gguf != nil && (s.architecture() == architecture || s.hasDirection())
}

func (s *source) architecture() string {
	name, _, _ := s.gguf.Text(architectureKey)
	return name
}

func readControlVector(s *source) (contents, error) {
	directions, err := s.directions(func(x string) (int, error) { return number(x, 1) })
	if err != nil {
		return contents{}, err
	}
	c := contents{
		directions: directions,
		convention: "direction.N acts after block N, counted from 0",
		metadata:   s.metadata(),
	}
	c.meta = carried(c.metadata, architecture)
	c.notes = append(c.notes, generatorNote(s.gguf))
	if s.architecture() != architecture {
		c.notes = append(c.notes, fmt.Sprintf("Its %s is %s, where control vectors have %q.", architectureKey, badfile.Quote(s.architecture()), architecture))
	}
	return c, nil
}

// generatorNote tells who may have made a control vector. llama.cpp's own generator measures
// after block k and writes the result as direction.k+1, and stores the layer count as int32;
// repeng stores it as uint32, and reads the last layer after the final norm.
func generatorNote(f *gguf.File) string {
	const generator = "llama.cpp's own generator writes what it measured after block k as direction.k+1"
	const repeng = "repeng measures the model's last layer after the final norm"
	count, _ := f.Lookup(layerCountKey)
	switch count.(type) {
	case int32:
		return "It may come from llama-cvector-generator (its layer count is stored as an int32): " + generator + ", so it may act best one layer below its number."
	case uint32:
		return "Its layer count is stored as a uint32, as repeng and tiller do: if it comes from repeng, " + repeng + ", so treat the direction of that layer with care."
	}
	return "It doesn't show which tool made it: " + generator + ", and " + repeng + "."
}

// metadata spells out the keys of a GGUF file, but for arrays.
func (s *source) metadata() map[string]string {
	metadata := map[string]string{}
	for _, kv := range s.gguf.KVs {
		switch kv.Value.(type) {
		case string, bool, float32, float64, uint8, int8, uint16, int16, uint32, int32, uint64, int64:
			metadata[kv.Key] = strings.ToValidUTF8(fmt.Sprint(kv.Value), "\uFFFD")
		default:
			metadata[kv.Key] = fmt.Sprintf("(%T)", kv.Value)
		}
	}
	return metadata
}

// carried is the part of a GGUF file's metadata that stays with the vector: what its tool put
// under the architecture's prefix.
func carried(metadata map[string]string, architecture string) map[string]string {
	meta := map[string]string{}
	for key, value := range metadata {
		if short, ok := strings.CutPrefix(key, architecture+"."); ok && short != layerCountName {
			meta[short] = value
		}
	}
	return meta
}

func writeControlVector(w io.Writer, v *steering.Vector) error {
	layers := v.Layers()
	if lowest := layers[0]; lowest < 1 {
		return fmt.Errorf("vector %q has a direction at layer %s, and llama.cpp's control vectors begin at layer 1: give a name ending in .safetensors instead", v.Name, layerName(lowest))
	}
	hint := v.Meta[MetaModelHint]
	if hint == "" {
		hint = "unknown"
	}
	kvs := []gguf.KeyValue{
		{Key: architectureKey, Value: architecture},
		{Key: modelHintKey, Value: hint},
		{Key: layerCountKey, Value: uint32(len(layers))},
	}
	var tensors []gguf.Tensor
	for _, layer := range layers {
		tensors = append(tensors, gguf.Tensor{
			Name:  directionPrefix + layerName(layer),
			Type:  gguf.F32,
			Shape: []int{v.DModel},
			Data:  littleEndian(v.Directions[layer]),
		})
	}
	return gguf.Write(w, kvs, tensors)
}

// layerName is how tensor names and messages call a layer.
func layerName(layer int) string {
	if layer == steering.Embed {
		return "embed"
	}
	return fmt.Sprint(layer)
}

// littleEndian returns the numbers as they are stored.
func littleEndian(values []float32) []byte {
	var b bytes.Buffer
	b.Grow(4 * len(values))
	binary.Write(&b, binary.LittleEndian, values) // can't fail on a Buffer
	return b.Bytes()
}
