package vectorfile

// Our own format, a safetensors file: tensors direction.L, F32, one dimension, where L is a
// layer as everywhere in tiller (the stream after block L, counted from 0) and direction.embed
// is the stream before block 0. The metadata holds "tiller_vector" (the format's version, "1"),
// "name", "d_model", and what else is known of the vector's origin, under the keys below.

import (
	"fmt"
	"io"
	"maps"
	"strconv"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/safetensors"
	"tiller/steering"
)

// Keys of steering.Vector.Meta that say where a vector comes from. All are optional.
const (
	MetaModelFingerprint = "model_fingerprint" // checkpoint.Checkpoint.Fingerprint of the model
	MetaMethod           = "method"            // how it was made, such as "mean difference"
	MetaDataHash         = "data_hash"         // of the prompts it was made from
	MetaSeed             = "seed"
	MetaToolVersion      = "tool_version"
	MetaScale            = "scale"      // what strength 1 means
	MetaSignCheck        = "sign_check" // how it was checked which way it points
)

// Metadata that the format itself sets.
const (
	versionKey = "tiller_vector"
	version    = "1"
	nameKey    = "name"
	widthKey   = "d_model"
	embedName  = "embed"
)

func isNative(s *source) bool { return s.safetensors != nil && s.hasDirection() }

func readNative(s *source) (contents, error) {
	metadata := s.safetensors.Metadata
	if v, ok := metadata[versionKey]; ok && v != version {
		return contents{}, fmt.Errorf("%s: it is a tiller vector of version %s, and only version %s can be read", s.path, badfile.Quote(v), version)
	}
	directions, err := s.directions(func(x string) (int, error) {
		if x == embedName {
			return steering.Embed, nil
		}
		return number(x, 0)
	})
	if err != nil {
		return contents{}, err
	}
	for _, direction := range directions {
		if width, ok := metadata[widthKey]; ok && width != strconv.Itoa(len(direction)) {
			return contents{}, fmt.Errorf("%s: its directions have %d elements, and its metadata says that %s is %s", s.path, len(direction), widthKey, badfile.Quote(width))
		}
	}
	c := contents{
		name:       metadata[nameKey],
		directions: directions,
		convention: "direction.L acts after block L, counted from 0; direction.embed before block 0",
		metadata:   metadata,
		meta:       maps.Clone(metadata),
	}
	for _, key := range []string{versionKey, nameKey, widthKey} {
		delete(c.meta, key)
	}
	if _, ok := metadata[versionKey]; !ok {
		c.notes = append(c.notes, "It has no metadata of tiller's: that its layers are counted as tiller counts them is an assumption.")
	}
	return c, nil
}

func writeNative(w io.Writer, v *steering.Vector) error {
	metadata := maps.Clone(v.Meta)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[versionKey] = version
	metadata[nameKey] = v.Name
	metadata[widthKey] = strconv.Itoa(v.DModel)
	var tensors []safetensors.Tensor
	for _, layer := range v.Layers() {
		tensors = append(tensors, safetensors.Tensor{
			Name:  directionPrefix + layerName(layer),
			DType: "F32",
			Shape: []int{v.DModel},
			Data:  littleEndian(v.Directions[layer]),
		})
	}
	return safetensors.Write(w, metadata, tensors)
}
