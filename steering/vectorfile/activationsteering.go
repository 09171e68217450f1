package vectorfile

// The .svec of IBM's activation-steering (https://github.com/IBM/activation-steering,
// activation_steering/steering_vector.py and leash_layer.py): JSON with model_type, directions
// (a list of numbers for each layer) and explained_variances. The layer L is a block, counted
// from 0. Its direction is measured on hidden_states[L+1], the output of block L, but added to
// the input of block L; here it acts where it was measured.

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/strictjson"
)

// svec is an .svec file.
type svec struct {
	ModelType          *string              `json:"model_type"`
	Directions         map[string][]float64 `json:"directions"`
	ExplainedVariances json.RawMessage      `json:"explained_variances"`
}

func isActivationSteering(s *source) bool { return filekind.Of(s.data) == filekind.JSON }

func readActivationSteering(s *source) (contents, error) {
	var file svec
	err := json.Unmarshal(s.data, &file)
	if err == nil {
		err = strictjson.Unique(s.data)
	}
	if err != nil {
		return contents{}, fmt.Errorf("%s: as the JSON of activation-steering (.svec), %s", s.path, strictjson.Explain(err))
	}
	if file.Directions == nil {
		return contents{}, fmt.Errorf("%s is JSON without the key \"directions\", which activation-steering's .svec has", s.path)
	}
	d := newDirections(s.path, "key")
	var keys []string
	for key := range file.Directions {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if err := s.addNumbers(d, key, file.Directions[key]); err != nil {
			return contents{}, err
		}
	}
	c := contents{
		directions: d.byLayer,
		convention: "the direction at key L was measured after block L, counted from 0, and acts there; activation-steering itself adds it before block L",
		metadata:   map[string]string{},
		meta:       map[string]string{},
		notes: []string{
			"To add it where activation-steering does, before block L, add #shift=-1 to the file's name.",
			"activation-steering measures the model's last layer after the final norm, so treat the direction of that layer with care.",
		},
	}
	if file.ModelType != nil {
		c.metadata["model_type"] = *file.ModelType
		c.meta[MetaModelHint] = *file.ModelType
	}
	return c, nil
}

// addNumbers adds a direction that is written out.
func (s *source) addNumbers(d *directions, key string, numbers []float64) error {
	layer, err := number(key, 0)
	if err != nil {
		return fmt.Errorf("%s: key %s of directions: %w", s.path, badfile.Quote(key), err)
	}
	if len(numbers) == 0 {
		return fmt.Errorf("%s: key %s of directions has no elements, where a direction has one for each of the model's width", s.path, badfile.Quote(key))
	}
	direction := make([]float32, len(numbers))
	for i, x := range numbers {
		if direction[i] = float32(x); math.IsInf(float64(direction[i]), 0) {
			return fmt.Errorf("%s: key %s of directions holds %s at index %d, which is too large for float32", s.path, badfile.Quote(key), strconv.FormatFloat(x, 'g', -1, 64), i)
		}
	}
	return d.add(layer, key, direction)
}
