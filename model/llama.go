package model

import (
	"math"

	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"
)

// Llama is the architecture of Touvron et al. 2023 (arXiv 2302.13971) and its
// descendants with the same tensors: Llama 1 to 3, SmolLM2, TinyLlama, and
// Mistral with its sliding window. The tags hold each part's name in Hugging
// Face and in GGUF checkpoints.
type Llama struct {
	nn.Module
	Embedding *Embedding    `hf:"model.embed_tokens" gguf:"token_embd"`
	Blocks    []*LlamaBlock `hf:"model.layers" gguf:"blk"`
	Norm      *RMSNorm      `hf:"model.norm" gguf:"output_norm"`
	Output    *Linear       `hf:"lm_head" gguf:"output" tied:"Embedding"`
}

// LlamaBlock is one block: attention, then a feed-forward layer, each behind a
// norm and added to the residual stream.
type LlamaBlock struct {
	nn.Module
	AttentionNorm   *RMSNorm          `hf:"input_layernorm" gguf:"attn_norm"`
	Attention       *LlamaAttention   `hf:"self_attn" gguf:""`
	FeedForwardNorm *RMSNorm          `hf:"post_attention_layernorm" gguf:"ffn_norm"`
	FeedForward     *LlamaFeedForward `hf:"mlp" gguf:""`
}

// LlamaAttention is causal attention with rotary positions; groups of query
// heads share a key-value head.
type LlamaAttention struct {
	nn.Module
	Query  *Linear `hf:"q_proj" gguf:"attn_q"`
	Key    *Linear `hf:"k_proj" gguf:"attn_k"`
	Value  *Linear `hf:"v_proj" gguf:"attn_v"`
	Output *Linear `hf:"o_proj" gguf:"attn_output"`
}

// LlamaFeedForward is a gated feed-forward layer.
type LlamaFeedForward struct {
	nn.Module
	Gate *Linear `hf:"gate_proj" gguf:"ffn_gate"`
	Up   *Linear `hf:"up_proj" gguf:"ffn_up"`
	Down *Linear `hf:"down_proj" gguf:"ffn_down"`
}

func newLlama(c Config) *Llama {
	heads, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	linear := func(out, in int) *Linear { return &Linear{out: out, in: in} }
	norm := func() *RMSNorm { return &RMSNorm{width: c.DModel, eps: c.NormEpsilon} }
	n := &Llama{
		Embedding: &Embedding{Table: linear(c.Vocab, c.DModel)},
		Norm:      norm(),
		Output:    linear(c.Vocab, c.DModel),
	}
	for range c.Layers {
		n.Blocks = append(n.Blocks, &LlamaBlock{
			AttentionNorm: norm(),
			Attention: &LlamaAttention{
				Query: linear(heads, c.DModel), Key: linear(kv, c.DModel), Value: linear(kv, c.DModel),
				Output: linear(c.DModel, heads),
			},
			FeedForwardNorm: norm(),
			FeedForward: &LlamaFeedForward{
				Gate: linear(c.FFN, c.DModel), Up: linear(c.FFN, c.DModel), Down: linear(c.DModel, c.FFN),
			},
		})
	}
	return n
}

func (n *Llama) embed(p *pass, ids []int) mat.Tensor { return n.Embedding.Forward(p, ids) }

func (n *Llama) block(p *pass, layer int, h mat.Tensor) mat.Tensor {
	return n.Blocks[layer].Forward(p, layer, h)
}

func (n *Llama) logits(p *pass, h mat.Tensor) mat.Tensor {
	return project(p, n.Norm.Forward(p, h), n.Output)
}

// Forward takes the residual stream h, [rows, d_model], through block layer.
func (b *LlamaBlock) Forward(p *pass, layer int, h mat.Tensor) mat.Tensor {
	h = p.add(h, b.Attention.Forward(p, layer, b.AttentionNorm.Forward(p, h)))
	return p.add(h, b.FeedForward.Forward(p, b.FeedForwardNorm.Forward(p, h)))
}

// Forward attends from each row of x, [rows, d_model], to its lane's past.
func (a *LlamaAttention) Forward(p *pass, layer int, x mat.Tensor) mat.Tensor {
	qkv := p.apply(&rotate{p: p, qkv: project(p, x, a.Query, a.Key, a.Value)})
	p.keep(layer, qkv)
	scale := float32(1 / math.Sqrt(float64(p.net.config.HeadDim)))
	return project(p, p.apply(&attend{p: p, layer: layer, scale: scale, qkv: qkv}), a.Output)
}

// Forward transforms each row of x, [rows, d_model], by itself.
func (f *LlamaFeedForward) Forward(p *pass, x mat.Tensor) mat.Tensor {
	return project(p, p.apply(&swiglu{p: p, gateUp: project(p, x, f.Gate, f.Up)}), f.Down)
}
