package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tiller/model/checkpoint"
)

// supported lists the values of model_type (Hugging Face) and
// general.architecture (GGUF) that can be run.
var supported = []string{"llama", "mistral"}

// A hfFile holds the keys of config.json that shape a Llama network, under the
// names of transformers versions 4 and 5.
type hfFile struct {
	ModelType      string          `json:"model_type"`
	Layers         int             `json:"num_hidden_layers"`
	DModel         int             `json:"hidden_size"`
	Heads          int             `json:"num_attention_heads"`
	KVHeads        *int            `json:"num_key_value_heads"`
	HeadDim        *int            `json:"head_dim"`
	FFN            int             `json:"intermediate_size"`
	Vocab          int             `json:"vocab_size"`
	Context        int             `json:"max_position_embeddings"`
	Window         *int            `json:"sliding_window"`
	Epsilon        float64         `json:"rms_norm_eps"`
	Activation     string          `json:"hidden_act"`
	Tied           bool            `json:"tie_word_embeddings"`
	Theta          *float64        `json:"rope_theta"`
	Scaling        json.RawMessage `json:"rope_scaling"`    // version 4
	RopeParameters json.RawMessage `json:"rope_parameters"` // version 5
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
	where := c.Path + "/config.json"
	var f hfFile
	if err := json.Unmarshal(c.Config, &f); err != nil {
		return Config{}, fmt.Errorf("%s: %s", where, jsonProblem(err))
	}
	if !slices.Contains(supported, f.ModelType) {
		return Config{}, unsupported(where, "model_type", f.ModelType)
	}
	if f.Activation != "" && f.Activation != "silu" && f.Activation != "swish" {
		return Config{}, fmt.Errorf("%s: hidden_act is %q, but only silu is supported for %s", where, f.Activation, f.ModelType)
	}
	if isSet(f.Quantization) {
		return Config{}, fmt.Errorf("%s: the weights are quantised (quantization_config); use an unquantised folder or a GGUF file", where)
	}
	rope, err := f.rope()
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", where, err)
	}
	cfg := Config{
		Architecture: f.ModelType,
		Layers:       f.Layers, DModel: f.DModel, Heads: f.Heads, KVHeads: f.Heads,
		FFN: f.FFN, Vocab: f.Vocab, Context: f.Context,
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
	} else if f.Heads > 0 {
		cfg.HeadDim = f.DModel / f.Heads
	}
	if f.Window != nil && f.ModelType == "mistral" {
		cfg.Window = *f.Window
	}
	return cfg, f.checkBiases(c, where)
}

// checkBiases refuses a folder that lacks a bias which its config.json
// promises.
func (f *hfFile) checkBiases(c *checkpoint.Checkpoint, where string) error {
	for key, bias := range map[string]struct {
		set    bool
		tensor string
	}{
		"attention_bias": {f.AttentionBias, "model.layers.0.self_attn.q_proj.bias"},
		"mlp_bias":       {f.MLPBias, "model.layers.0.mlp.up_proj.bias"},
	} {
		if _, ok := c.Tensor(bias.tensor); bias.set && !ok {
			return fmt.Errorf("%s: %s is true, but tensor %q is missing", where, key, bias.tensor)
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
	raw, key := f.Scaling, "rope_scaling"
	if isSet(f.RopeParameters) {
		raw, key = f.RopeParameters, "rope_parameters"
	}
	if !isSet(raw) {
		return rope, nil
	}
	var s hfRope
	if err := json.Unmarshal(raw, &s); err != nil {
		return rope, fmt.Errorf("%s: %s", key, jsonProblem(err))
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

// isSet reports whether a JSON value is there and not null.
func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// unsupported is the error for an architecture that cannot be run.
func unsupported(where, key, value string) error {
	return fmt.Errorf("%s: %s is %q, but this version runs only %s", where, key, value, strings.Join(supported, " and "))
}

// jsonProblem says what is wrong with a JSON text, and where.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON at byte %d: %v", syntax.Offset, err)
	case errors.As(err, &kind):
		return fmt.Sprintf("key %q at byte %d holds a JSON %s where a value of kind %s belongs", kind.Field, kind.Offset, kind.Value, kind.Type)
	}
	return err.Error()
}
