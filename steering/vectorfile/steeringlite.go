package vectorfile

// The safetensors of steering-lite (https://github.com/wassname/steering-lite,
// src/steering_lite/vector.py): tensors layer{L}.{key}, and as metadata the key cfg, JSON with
// the method and its settings. L is a block, counted from 0, whose output is measured and
// changed. Methods that add a direction (mean_diff, pca) keep it at the key v; others keep
// several tensors that are no directions.

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
)

const (
	liteConfigKey    = "cfg"
	liteDirectionKey = "v"
	liteSharedPrefix = "shared." // before the key in files of later versions
)

var liteName = regexp.MustCompile(`^layer(\d+)\.(.+)$`)

func isSteeringLite(s *source) bool {
	return s.safetensors != nil && slices.ContainsFunc(s.tensors(), func(t checkpoint.Tensor) bool { return liteName.MatchString(t.Name) })
}

// liteConfig is what matters here of a method's settings.
type liteConfig struct {
	Method          string   `json:"method"`
	Coeff           *float64 `json:"coeff"`
	TargetSubmodule *string  `json:"target_submodule"`
}

func readSteeringLite(s *source) (contents, error) {
	var config liteConfig
	if text, ok := s.safetensors.Metadata[liteConfigKey]; ok {
		if err := json.Unmarshal([]byte(text), &config); err != nil {
			return contents{}, fmt.Errorf("%s: its metadata %q is not steering-lite's: %w", s.path, liteConfigKey, err)
		}
	}
	if config.TargetSubmodule != nil {
		return contents{}, fmt.Errorf("%s: its directions act inside of blocks, at the modules %s, where vectors act on the residual stream after a block", s.path, badfile.Quote(*config.TargetSubmodule))
	}
	directions, err := s.liteDirections(config.Method)
	if err != nil {
		return contents{}, err
	}
	c := contents{
		directions: directions,
		convention: "layerL.v acts after block L, counted from 0",
		metadata:   s.safetensors.Metadata,
		meta:       map[string]string{},
	}
	if config.Method != "" {
		c.meta[MetaMethod] = config.Method
	}
	if config.Coeff != nil {
		c.notes = append(c.notes, fmt.Sprintf("steering-lite uses it with the coefficient %g, which is not multiplied in.", *config.Coeff))
	}
	return c, nil
}

// liteDirections reads the tensors of one key, which is v unless the reference names another.
func (s *source) liteDirections(method string) (map[int][]float32, error) {
	wanted, named := s.choice("key")
	if !named {
		wanted = liteDirectionKey
	}
	d := newDirections(s.path, "tensor")
	var others []string
	for _, t := range s.tensors() {
		match := liteName.FindStringSubmatch(t.Name)
		if match == nil {
			return nil, fmt.Errorf("%s: tensor %s is not called layerL.KEY as the others are", s.path, badfile.Quote(t.Name))
		}
		key := strings.TrimPrefix(match[2], liteSharedPrefix)
		if key != wanted {
			if !slices.Contains(others, key) {
				others = append(others, key)
			}
			continue
		}
		layer, err := number(match[1], 0)
		if err != nil {
			return nil, fmt.Errorf("%s: tensor %s: %w", s.path, badfile.Quote(t.Name), err)
		}
		direction, err := decode(t)
		if err != nil {
			return nil, err
		}
		if err := d.add(layer, t.Name, direction); err != nil {
			return nil, err
		}
	}
	if len(d.byLayer) == 0 || len(others) > 0 && !named {
		return nil, fmt.Errorf("%s: its method %s keeps tensors under %s, where a vector has one direction a layer under %s: choose one by adding #key=%s to the file's name, if it is a direction",
			s.path, badfile.Quote(method), listed(others), badfile.Quote(wanted), append(others, wanted)[0])
	}
	return d.byLayer, nil
}
