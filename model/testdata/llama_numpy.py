"""A Llama forward pass in numpy float64, written apart from transformers and llama.cpp.

It reads either a transformers state dict (rotary pairs are (i, i + d/2)) or a
GGUF file (rotary pairs are (2i, 2i + 1), weights dequantised by the Python
package gguf). make.py uses it as the second opinion on every number it writes:
an error in a rotation, a permutation or a dequantiser cannot be in both.
"""

from dataclasses import dataclass, field

import gguf
import numpy as np

F64 = np.float64


@dataclass
class Llama:
    """Weights as [rows, columns] float64 arrays; `layers` holds one dict per block."""

    embedding: np.ndarray
    output: np.ndarray
    norm: np.ndarray
    layers: list = field(default_factory=list)
    heads: int = 1
    kv_heads: int = 1
    head_dim: int = 2
    eps: float = 1e-5
    inv_freq: np.ndarray | None = None  # [head_dim / 2]
    interleaved: bool = False
    window: int | None = None

    def forward(self, ids, edit=None):
        """Returns logits [tokens, vocab] and the rows of layers -1, 0 .. L-1 and after
        the final norm, each [tokens, d_model]. edit(layer, rows) may change the rows
        that leave block `layer`."""
        h = self.embedding[np.asarray(ids)]
        hidden = [h]
        for number, w in enumerate(self.layers):
            h = h + self._attention(rms_norm(h, w["attn_norm"], self.eps), w)
            h = h + feed_forward(rms_norm(h, w["ffn_norm"], self.eps), w)
            if edit is not None:
                h = edit(number, h)
            hidden.append(h)
        hidden.append(rms_norm(h, self.norm, self.eps))
        return hidden[-1] @ self.output.T, hidden

    def _attention(self, x, w):
        tokens, group = len(x), self.heads // self.kv_heads
        q = self._rotate(linear(x, w, "q").reshape(tokens, self.heads, self.head_dim))
        k = self._rotate(linear(x, w, "k").reshape(tokens, self.kv_heads, self.head_dim))
        v = linear(x, w, "v").reshape(tokens, self.kv_heads, self.head_dim)
        row, column = np.arange(tokens)[:, None], np.arange(tokens)[None, :]
        seen = column <= row
        if self.window is not None:
            seen &= column > row - self.window
        out = np.zeros_like(q)
        for head in range(self.heads):
            scores = q[:, head] @ k[:, head // group].T / np.sqrt(F64(self.head_dim))
            scores = np.where(seen, scores, -np.inf)
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            out[:, head] = scores / scores.sum(axis=1, keepdims=True) @ v[:, head // group]
        return linear(out.reshape(tokens, -1), w, "o")

    def _rotate(self, x):
        angle = np.arange(len(x), dtype=F64)[:, None] * self.inv_freq  # [tokens, head_dim / 2]
        cos, sin = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]
        half = self.head_dim // 2
        first, second = (slice(0, None, 2), slice(1, None, 2)) if self.interleaved else (slice(0, half), slice(half, None))
        out = np.empty_like(x)
        out[..., first] = x[..., first] * cos - x[..., second] * sin
        out[..., second] = x[..., second] * cos + x[..., first] * sin
        return out


def linear(x, w, name):
    y = x @ w[name].T
    bias = w.get(name + "_bias")
    return y if bias is None else y + bias


def rms_norm(x, weight, eps):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps) * weight


def feed_forward(x, w):
    gate = linear(x, w, "gate")
    return linear(gate / (1 + np.exp(-gate)) * linear(x, w, "up"), w, "down")


def frequencies(head_dim, theta):
    return F64(theta) ** (-np.arange(0, head_dim, 2, dtype=F64) / head_dim)


def llama3_factors(inv_freq, rope):
    """How much slower each pair turns under Llama 3.1's rule: 1 where the wave is short
    against the original context, `factor` where it is long, smooth in between."""
    wavelength = 2 * np.pi / inv_freq
    original = rope["original_max_position_embeddings"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    smooth = np.clip((original / wavelength - low) / (high - low), 0, 1)
    return 1 / ((1 - smooth) / rope["factor"] + smooth)


HF_NAMES = {
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}


def from_hf(state, config):
    """state: name -> array; config: a transformers config object."""
    get = lambda name: np.asarray(state[name], dtype=F64)
    embedding = get("model.embed_tokens.weight")
    rope = config.rope_parameters
    inv_freq = frequencies(config.head_dim, rope["rope_theta"])
    if rope["rope_type"] == "linear":
        inv_freq = inv_freq / rope["factor"]
    if rope["rope_type"] == "llama3":
        inv_freq = inv_freq / llama3_factors(inv_freq, rope)
    model = Llama(
        embedding, embedding if config.tie_word_embeddings else get("lm_head.weight"), get("model.norm.weight"),
        heads=config.num_attention_heads, kv_heads=config.num_key_value_heads, head_dim=config.head_dim,
        eps=config.rms_norm_eps, inv_freq=inv_freq, window=getattr(config, "sliding_window", None),
    )
    for number in range(config.num_hidden_layers):
        prefix = f"model.layers.{number}."
        w = {"attn_norm": get(prefix + "input_layernorm.weight"), "ffn_norm": get(prefix + "post_attention_layernorm.weight")}
        for short, name in HF_NAMES.items():
            w[short] = get(prefix + name + ".weight")
            if prefix + name + ".bias" in state:
                w[short + "_bias"] = get(prefix + name + ".bias")
        model.layers.append(w)
    return model


GGUF_NAMES = {
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down", "attn_norm": "attn_norm", "ffn_norm": "ffn_norm",
}


def from_gguf(path):
    """Reads a llama-architecture GGUF file, whatever its weight types."""
    reader = gguf.GGUFReader(path)
    tensors = {t.name: gguf.dequantize(t.data, t.tensor_type).astype(F64) for t in reader.tensors}
    value = lambda key, default=None: reader.fields[key].contents() if key in reader.fields else default
    d_model, heads = value("llama.embedding_length"), value("llama.attention.head_count")
    head_dim = value("llama.attention.key_length", d_model // heads)
    inv_freq = frequencies(head_dim, value("llama.rope.freq_base", 10000.0))
    if value("llama.rope.scaling.type") == "linear":
        inv_freq = inv_freq / value("llama.rope.scaling.factor")
    if "rope_freqs.weight" in tensors:
        inv_freq = inv_freq / tensors["rope_freqs.weight"]
    embedding = tensors["token_embd.weight"]
    model = Llama(
        embedding, tensors.get("output.weight", embedding), tensors["output_norm.weight"],
        heads=heads, kv_heads=value("llama.attention.head_count_kv", heads), head_dim=head_dim,
        eps=value("llama.attention.layer_norm_rms_epsilon"), inv_freq=inv_freq, interleaved=True,
    )
    for number in range(value("llama.block_count")):
        model.layers.append({short: tensors[f"blk.{number}.{name}.weight"] for short, name in GGUF_NAMES.items()})
    return model
