package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// supported lists the values of model_type (Hugging Face) and
// general.architecture (GGUF) that can be run.
var supported = []string{"llama", "mistral"}

// A hfFile holds the keys of config.json that shape a Llama network, under the
// names of transformers versions 4 and 5.
type hfFile struct {
	ModelType      string          `json:"model_type"`
	Layers         *int            `json:"num_hidden_layers"`
	DModel         *int            `json:"hidden_size"`
	Heads          *int            `json:"num_attention_heads"`
	KVHeads        *int            `json:"num_key_value_heads"`
	HeadDim        *int            `json:"head_dim"`
	FFN            *int            `json:"intermediate_size"`
	Vocab          *int            `json:"vocab_size"`
	Context        *int            `json:"max_position_embeddings"`
	Window         *int            `json:"sliding_window"`
	Epsilon        float64         `json:"rms_norm_eps"`
	Activation     string          `json:"hidden_act"`
	Tied           bool            `json:"tie_word_embeddings"`
	Theta          *float64        `json:"rope_theta"`
	Scaling        *hfRope         `json:"rope_scaling"`    // version 4
	RopeParameters *hfRope         `json:"rope_parameters"` // version 5
	Quantization   json.RawMessage `json:"quantization_config"`
	// AttentionBias and MLPBias promise bias tensors.
	AttentionBias bool `json:"attention_bias"`
	MLPBias       bool `json:"mlp_bias"`
}

// hfRope is the value of rope_scaling or rope_parameters.
type hfRope struct {
	Type            string   `json:"rope_type"`
	OldType         string   `json:"type"`
	Theta           *float64 `json:"rope_theta"`
	Factor          float64  `json:"factor"`
	LowFreqFactor   float64  `json:"low_freq_factor"`
	HighFreqFactor  float64  `json:"high_freq_factor"`
	OriginalContext float64  `json:"original_max_position_embeddings"`
	PartialRotary   *float64 `json:"partial_rotary_factor"`
}

// hfConfig reads the config.json of a Hugging Face folder.
func hfConfig(c *checkpoint.Checkpoint) (Config, error) {
	where := configFile(c)
	var f hfFile
	if err := json.Unmarshal(c.Config, &f); err != nil {
		return Config{}, fmt.Errorf("%s: %s", where, strictjson.Explain(err))
	}
	if !slices.Contains(supported, f.ModelType) {
		return Config{}, unsupported(where, "model_type", f.ModelType)
	}
	if key := f.missing(); key != "" {
		return Config{}, fmt.Errorf("%s: key %q is missing", where, key)
	}
	if f.Activation != "" && f.Activation != "silu" && f.Activation != "swish" {
		return Config{}, fmt.Errorf("%s: hidden_act is %s, but only silu is supported for %s", where, badfile.Quote(f.Activation), f.ModelType)
	}
	if len(f.Quantization) > 0 && string(f.Quantization) != "null" {
		return Config{}, fmt.Errorf("%s: the weights are quantised (quantization_config); use an unquantised folder or a GGUF file", where)
	}
	rope, err := f.rope()
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", where, err)
	}
	cfg := Config{
		Architecture: f.ModelType,
		Layers:       *f.Layers, DModel: *f.DModel, Heads: *f.Heads, KVHeads: *f.Heads,
		FFN: *f.FFN, Vocab: *f.Vocab, Context: *f.Context,
		NormEpsilon: float32(f.Epsilon), Tied: f.Tied, Rope: rope,
	}
	if f.Epsilon == 0 {
		cfg.NormEpsilon = 1e-6 // transformers' default
	}
	if f.KVHeads != nil {
		cfg.KVHeads = *f.KVHeads
	}
	if f.HeadDim != nil {
		cfg.HeadDim = *f.HeadDim
	} else if cfg.Heads > 0 {
		cfg.HeadDim = cfg.DModel / cfg.Heads
	}
	if f.Window != nil && f.ModelType == "mistral" {
		cfg.Window = *f.Window
	}
	return cfg, f.checkBiases(c, where)
}

// missing returns the first key that a network's shape needs and that is not
// there; "" if all are.
func (f *hfFile) missing() string {
	for _, key := range []struct {
		name  string
		value *int
	}{
		{"num_hidden_layers", f.Layers},
		{"hidden_size", f.DModel},
		{"num_attention_heads", f.Heads},
		{"intermediate_size", f.FFN},
		{"vocab_size", f.Vocab},
		{"max_position_embeddings", f.Context},
	} {
		if key.value == nil {
			return key.name
		}
	}
	return ""
}

// checkBiases refuses a folder that lacks a bias which its config.json
// promises.
func (f *hfFile) checkBiases(c *checkpoint.Checkpoint, where string) error {
	for _, bias := range []struct {
		key    string
		set    bool
		tensor string
	}{
		{"attention_bias", f.AttentionBias, "model.layers.0.self_attn.q_proj.bias"},
		{"mlp_bias", f.MLPBias, "model.layers.0.mlp.up_proj.bias"},
	} {
		if _, ok := c.Tensor(bias.tensor); bias.set && !ok {
			return fmt.Errorf("%s: %s is true, but tensor %q is missing", where, bias.key, bias.tensor)
		}
	}
	return nil
}

// rope reads the rotary embedding's parameters.
func (f *hfFile) rope() (Rope, error) {
	rope := Rope{Theta: 10000}
	if f.Theta != nil {
		rope.Theta = *f.Theta
	}
	s, key := f.Scaling, "rope_scaling"
	if f.RopeParameters != nil {
		s, key = f.RopeParameters, "rope_parameters"
	}
	if s == nil {
		return rope, nil
	}
	if s.Theta != nil {
		rope.Theta = *s.Theta
	}
	if s.PartialRotary != nil && *s.PartialRotary != 1 {
		return rope, fmt.Errorf("%s: a partial_rotary_factor of %g is not supported", key, *s.PartialRotary)
	}
	kind := s.Type
	if kind == "" {
		kind = s.OldType
	}
	if kind == "" || kind == "default" {
		return rope, nil
	}
	rope.Scaling = RopeScaling{
		Kind: kind, Factor: s.Factor,
		LowFreqFactor: s.LowFreqFactor, HighFreqFactor: s.HighFreqFactor, OriginalContext: s.OriginalContext,
	}
	return rope, nil
}

// unsupported is the error for an architecture that cannot be run.
func unsupported(where, key, value string) error {
	is := "is " + badfile.Quote(value)
	if value == "" {
		is = "is missing"
	}
	return fmt.Errorf("%s: %s %s, but this version runs only %s", where, key, is, strings.Join(supported, " and "))
}
