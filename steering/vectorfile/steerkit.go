package vectorfile

// The GGUF of steerkit (https://github.com/arvkevi/steerkit, gguf_export.py): a control vector
// with the keys steerkit.method, model.id, hook_site, n_total_layers and scale, which is
// multiplied into the directions. direction.L is measured and acts at the hook
// blocks.L.hook_SITE of TransformerLens; L may be -1 for the embeddings, and n_total_layers for
// the final norm.

import (
	"fmt"
	"strconv"

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
