package vectorfile

// A sparse autoencoder of Gemma Scope (https://huggingface.co/google/gemma-scope): params.npz
// with W_enc, W_dec [features, d_model], b_enc, b_dec and threshold, in a folder such as
// layer_20/width_16k/average_l0_71. Those of gemma-scope-*-res were trained on the stream after
// the block of that number, counted from 0, and of gemma-scope-*-att and -mlp inside of blocks.
// Nothing in the file says which it is. The mapping is that of SAELens
// (loading/pretrained_sae_loaders.py, get_gemma_2_config_from_hf).

import (
	"fmt"
	"path/filepath"
	"regexp"

	"tiller/model/checkpoint/badfile"
	"tiller/steering"
)

var (
	scopeLayer = regexp.MustCompile(`(?:^|/)layer_(\d+)(?:/|$)`)
	scopeSite  = regexp.MustCompile(`gemma-scope-[^/]*-(att|mlp|transcoders)(?:-[^/]*)?(?:/|$)`)
)

func isGemmaScope(s *source) bool {
	return s.arrays != nil && s.arrays.Has(saeDecoder) && s.arrays.Has("W_enc")
}

func readGemmaScope(s *source) (contents, error) {
	header, err := s.arrays.Header(saeDecoder)
	if err != nil {
		return contents{}, err
	}
	if len(header.Shape) != 2 || header.Elements() == 0 {
		return contents{}, fmt.Errorf("%s: a sparse autoencoder has an array %q of two dimensions, and this has one of shape %v", s.path, saeDecoder, header.Shape)
	}
	feature, err := s.chosenFeature(header.Shape[0])
	if err != nil {
		return contents{}, err
	}
	layer, err := s.scopeLayer()
	if err != nil {
		return contents{}, err
	}
	direction, err := s.arrays.ReadRow(saeDecoder, feature)
	if err != nil {
		return contents{}, err
	}
	return contents{
		name:       fmt.Sprintf("gemma-scope-%s-feature-%d", layerName(layer), feature),
		directions: map[int][]float32{layer: direction},
		convention: "an autoencoder in the folder layer_L acts after block L, counted from 0, if it is one of the residual stream (gemma-scope-*-res)",
		meta:       map[string]string{MetaMethod: fmt.Sprintf("feature %d of a sparse autoencoder", feature)},
		notes:      []string{fmt.Sprintf("It is the decoder's row of feature %d of %d.", feature, header.Shape[0])},
	}, nil
}

// scopeLayer is the layer that the reference or the file's folder says.
func (s *source) scopeLayer() (int, error) {
	path := filepath.ToSlash(s.path)
	if match := scopeSite.FindStringSubmatch(path); match != nil {
		return 0, fmt.Errorf("%s: it is of Gemma Scope's %s, where vectors act on the residual stream: only gemma-scope-*-res is read", s.path, badfile.Quote(match[1]))
	}
	if layer, ok := s.chosen("layer"); ok {
		if layer < steering.Embed || layer > maxLayer {
			return 0, fmt.Errorf("%s: the choice layer=%d is not a layer from %d to %d", s.path, layer, steering.Embed, maxLayer)
		}
		return layer, nil
	}
	if match := scopeLayer.FindStringSubmatch(path); match != nil {
		return number(match[1], 0)
	}
	return 0, fmt.Errorf("%s: it is not in a folder layer_L, which would say its layer: add layer=L to what the name chooses, as in #layer=20,feature=123", s.path)
}
