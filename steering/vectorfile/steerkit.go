package vectorfile

// The GGUF of steerkit (https://github.com/arvkevi/steerkit, gguf_export.py): a control vector
// with the keys steerkit.method, model.id, hook_site, n_total_layers and scale, which is
// multiplied into the directions. direction.L is measured and acts at the hook
// blocks.L.hook_SITE of TransformerLens; L may be -1 for the embeddings, and n_total_layers for
// the final norm.

// The .probe.safetensors of steerkit (probe.py) has a direction for each of several methods, at
// one layer: tensors direction.METHOD, and as metadata default_method, hook_name, layer and
// n_total_layers.

import (
	"fmt"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering"
)

const (
	steerkitMethodKey = "steerkit.method"
	steerkitSiteKey   = "hook_site"
	steerkitLayersKey = "n_total_layers"
)

func isSteerkit(s *source) bool {
	if s.gguf == nil {
		return false
	}
	_, ok := s.gguf.Lookup(steerkitMethodKey)
	return ok
}

func readSteerkit(s *source) (contents, error) {
	metadata := s.metadata()
	site := metadata[steerkitSiteKey]
	directions, err := s.directions(func(x string) (int, error) {
		if x == strconv.Itoa(steering.Embed) {
			return steering.Embed, nil
		}
		block, err := number(x, 0)
		if err != nil {
			return 0, err
		}
		if layers := metadata[steerkitLayersKey]; layers == x {
			return 0, fmt.Errorf("it acts after the final norm of a model of %s layers, where vectors act between blocks", badfile.Quote(layers))
		}
		return hookLayer(fmt.Sprintf("blocks.%d.hook_%s", block, site))
	})
	if err != nil {
		return contents{}, err
	}
	return contents{
		directions: directions,
		convention: fmt.Sprintf("direction.L acts at the hook blocks.L.hook_%s of TransformerLens; hook_resid_post is after block L, hook_resid_pre after block L-1, counted from 0", site),
		metadata:   metadata,
		meta:       map[string]string{MetaMethod: metadata[steerkitMethodKey], MetaScale: metadata["scale"]},
		notes:      []string{"Its scale is multiplied into its directions already."},
	}, nil
}

const (
	probeMethodKey = "default_method"
	probeHookKey   = "hook_name"
)

func isSteerkitProbe(s *source) bool {
	if s.safetensors == nil || !s.hasDirection() {
		return false
	}
	metadata := s.safetensors.Metadata
	return metadata[probeMethodKey] != "" && metadata[probeHookKey] != "" && metadata[versionKey] == "" // tiller's own may carry any key
}

func readSteerkitProbe(s *source) (contents, error) {
	metadata := s.safetensors.Metadata
	hook := metadata[probeHookKey]
	layer, err := hookLayer(hook)
	if err != nil {
		return contents{}, fmt.Errorf("%s: %w", s.path, err)
	}
	method, ok := s.choice("key")
	if !ok {
		method = metadata[probeMethodKey]
	}
	for _, t := range s.tensors() {
		if t.Name != directionPrefix+method {
			continue
		}
		direction, err := decode(t)
		if err != nil {
			return contents{}, err
		}
		return contents{
			directions: map[int][]float32{layer: direction},
			convention: fmt.Sprintf("the hook %s of TransformerLens is layer %s, counted from 0", hook, layerName(layer)),
			metadata:   metadata,
			meta:       map[string]string{MetaMethod: method},
			notes:      []string{fmt.Sprintf("It is the direction of the method %s; choose another of %s with #key=METHOD.", badfile.Quote(method), listed(s.probeMethods()))},
		}, nil
	}
	return contents{}, fmt.Errorf("%s: it has no direction of the method %s, but of %s: choose one by adding #key=METHOD to the file's name", s.path, badfile.Quote(method), listed(s.probeMethods()))
}

// probeMethods are the methods that a probe has directions of.
func (s *source) probeMethods() []string {
	var methods []string
	for _, t := range s.tensors() {
		methods = append(methods, strings.TrimPrefix(t.Name, directionPrefix))
	}
	return methods
}
