package model

import (
	"fmt"
	"slices"

	"tiller/model/checkpoint"
)

// ropeFactors is the GGUF tensor that divides the rotary frequencies.
const ropeFactors = "rope_freqs.weight"

// ggufConfig reads the shape of the network from a GGUF file's metadata, under
// the keys of the GGUF specification (github.com/ggml-org/ggml, docs/gguf.md).
func ggufConfig(c *checkpoint.Checkpoint) (Config, error) {
	k := ggufKeys{checkpoint: c}
	arch := k.text("general.architecture")
	if k.err == nil && !slices.Contains(supported, arch) {
		return Config{}, unsupported(c.Path, "general.architecture", arch)
	}
	k.prefix = arch + "."
	cfg := Config{
		Architecture: arch,
		Layers:       k.size("block_count"),
		DModel:       k.size("embedding_length"),
		Heads:        k.size("attention.head_count"),
		FFN:          k.size("feed_forward_length"),
		Context:      k.size("context_length"),
		NormEpsilon:  float32(k.number("attention.layer_norm_rms_epsilon")),
		Window:       k.sizeOr("attention.sliding_window", 0),
		Rope:         Rope{Theta: k.numberOr("rope.freq_base", 10000), Interleaved: true},
	}
	cfg.KVHeads = k.sizeOr("attention.head_count_kv", cfg.Heads)
	if cfg.Heads > 0 {
		cfg.HeadDim = k.sizeOr("attention.key_length", cfg.DModel/cfg.Heads)
	}
	if k.err != nil {
		return Config{}, k.err
	}
	if n := k.sizeOr("expert_count", 0); n > 0 {
		return Config{}, fmt.Errorf("%s: a mixture of %d experts is not supported", c.Path, n)
	}
	for _, key := range []string{"attention.value_length", "rope.dimension_count"} {
		if n := k.sizeOr(key, cfg.HeadDim); n != cfg.HeadDim {
			return Config{}, fmt.Errorf("%s: %s%s is %d, but only the head width %d is supported", c.Path, k.prefix, key, n, cfg.HeadDim)
		}
	}
	embedding, ok := c.Tensor("token_embd.weight")
	if !ok || len(embedding.Shape) != 2 {
		return Config{}, fmt.Errorf("%s: the matrix %q is missing, so the file holds no model", c.Path, "token_embd.weight")
	}
	cfg.Vocab = embedding.Shape[0]
	_, output := c.Tensor("output.weight")
	cfg.Tied = !output
	return cfg, k.rope(&cfg.Rope)
}

// ggufKeys reads metadata and remembers the first thing that was wrong.
type ggufKeys struct {
	checkpoint *checkpoint.Checkpoint
	prefix     string
	err        error
}

func (k *ggufKeys) fail(err error) {
	if k.err == nil {
		k.err = err
	}
}

func (k *ggufKeys) missing(key string) {
	k.fail(fmt.Errorf("%s: key %q is missing", k.checkpoint.Path, k.prefix+key))
}

func (k *ggufKeys) text(key string) string {
	v, ok, err := k.checkpoint.GGUF.Text(k.prefix + key)
	if err != nil {
		k.fail(err)
	} else if !ok {
		k.missing(key)
	}
	return v
}

func (k *ggufKeys) size(key string) int {
	if _, ok := k.checkpoint.GGUF.Lookup(k.prefix + key); !ok {
		k.missing(key)
	}
	return k.sizeOr(key, 0)
}

func (k *ggufKeys) sizeOr(key string, otherwise int) int {
	v, ok, err := k.checkpoint.GGUF.Uint(k.prefix + key)
	if err != nil {
		k.fail(err)
	}
	if err != nil || !ok {
		return otherwise
	}
	if v > maxContext {
		k.fail(fmt.Errorf("%s: key %q is %d, which is more than %d", k.checkpoint.Path, k.prefix+key, v, maxContext))
		return otherwise
	}
	return int(v)
}

func (k *ggufKeys) number(key string) float64 {
	if _, ok := k.checkpoint.GGUF.Lookup(k.prefix + key); !ok {
		k.missing(key)
	}
	return k.numberOr(key, 0)
}

func (k *ggufKeys) numberOr(key string, otherwise float64) float64 {
	v, ok, err := k.checkpoint.GGUF.Float(k.prefix + key)
	if err != nil {
		k.fail(err)
	}
	if err != nil || !ok {
		return otherwise
	}
	return v
}

// rope reads how the rotary frequencies are scaled: by a kind and factor, or
// by a factor for each pair.
func (k *ggufKeys) rope(r *Rope) error {
	if _, ok := k.checkpoint.GGUF.Lookup(k.prefix + "rope.scaling.type"); ok {
		if kind := k.text("rope.scaling.type"); kind != "none" && kind != "" {
			r.Scaling = RopeScaling{Kind: kind, Factor: k.numberOr("rope.scaling.factor", 1)}
		}
	} else if factor := k.numberOr("rope.scale_linear", 1); factor != 1 {
		r.Scaling = RopeScaling{Kind: "linear", Factor: factor}
	}
	if t, ok := k.checkpoint.Tensor(ropeFactors); ok {
		factors, err := t.Float32s()
		if err != nil {
			return err
		}
		for i, f := range factors {
			if !(f > 0) {
				return fmt.Errorf("%s: tensor %q holds %g at index %d, which is not a positive number", t.File, t.Name, f, i)
			}
		}
		r.Factors = factors
	}
	return k.err
}
