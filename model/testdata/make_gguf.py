"""Writes the tiny GGUF files: the Llama folders converted, and quantised weights."""

import gguf
import numpy as np
import torch
from transformers import LlamaForCausalLM

import llama_numpy
from reference import check, reference, write_json

NORMS = ("attn_norm", "ffn_norm", "output_norm")


def interleave(weight, heads):
    """Reorders query or key rows from rotary pairs (i, i + d/2) to pairs (2i, 2i + 1)."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def halve(weight, heads):
    """The inverse of interleave."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def names(config):
    """(transformers name, GGUF name, heads to reorder or 0) of every weight."""
    yield "model.embed_tokens.weight", "token_embd.weight", 0
    yield "model.norm.weight", "output_norm.weight", 0
    if not config.tie_word_embeddings:
        yield "lm_head.weight", "output.weight", 0
    heads = {"q": config.num_attention_heads, "k": config.num_key_value_heads}
    for i in range(config.num_hidden_layers):
        yield f"model.layers.{i}.input_layernorm.weight", f"blk.{i}.attn_norm.weight", 0
        yield f"model.layers.{i}.post_attention_layernorm.weight", f"blk.{i}.ffn_norm.weight", 0
        for short, name in llama_numpy.HF_NAMES.items():
            yield f"model.layers.{i}.{name}.weight", f"blk.{i}.{llama_numpy.GGUF_NAMES[short]}.weight", heads.get(short, 0)


def write(path, config, state, kind, words):
    """state: transformers name -> float32 array; kind: the ggml type of the matrices."""
    path.parent.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(path.stem)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        factors = llama_numpy.llama3_factors(llama_numpy.frequencies(config.head_dim, rope["rope_theta"]), rope)
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))
    write_tokenizer(writer, config.vocab_size, words)
    for theirs, ours, heads in names(config):
        weight = state[theirs]
        if heads:
            weight = interleave(weight, heads)
        if weight.ndim == 1:
            writer.add_tensor(ours, weight)
            continue
        number = gguf.GGMLQuantizationType[kind]
        writer.add_tensor(ours, gguf.quantize(weight, number), raw_dtype=number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_tokenizer(writer, size, words):
    """A SentencePiece-style vocabulary of letters and a few longer pieces; or none."""
    if not words:
        writer.add_tokenizer_model("none")
        return
    pieces = ["<unk>", "<s>", "</s>", "▁", *"etaoinshrdlcumwfgypbvkxqjz.,!", "▁t", "he", "▁a", "▁the", "▁s", "in", "▁w", "er", "an",
              "on", "re", "at", "▁c", "ed", "ou", "▁b", "or", "▁h", "en", "is", "it", "▁m", "▁to", "es", "▁and", "ing", "ll", "ow",
              "▁p", "▁f", "as", "ar", "al", "le"][:size]
    first_merge = pieces.index("▁t")
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (size - 3)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_scores([0.0] * 3 + [-float(i - first_merge if i >= first_merge else 1000 + i) for i in range(3, size)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(True)


def convert(path, model, prompt, kind, words=False):
    """Writes a transformers model without loss; its folder's reference.json holds for the file."""
    write(path, model.config, {name: weight.float().numpy() for name, weight in model.state_dict().items()}, kind, words)
    ours = llama_numpy.from_gguf(path).forward(prompt)[0]
    with torch.no_grad():
        theirs = model(torch.tensor([prompt])).logits[0].numpy()
    if np.abs(ours - theirs).max() > 2e-5:
        raise SystemExit(f"{path.name}: not the same network as the folder it comes from")
    print(f"{path.name:24} equals its folder to {np.abs(ours - theirs).max():.1e}")


def quantised(folder, fill, case):
    """One model in Q8_0, Q4_0 and Q4_1, the embedding too. The reference of each is what
    transformers computes from the weights as the package gguf dequantises them."""
    model = LlamaForCausalLM._from_config(case.config, attn_implementation="eager").eval()
    fill(model, case)
    original = {name: weight.numpy() for name, weight in model.state_dict().items()}
    for kind in ["Q8_0", "Q4_0", "Q4_1"]:
        path = folder / f"{case.name}-{kind.lower()}.gguf"
        write(path, case.config, original, kind, words=True)
        stored = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
        state = {theirs: torch.from_numpy(np.array(halve(stored[ours], heads) if heads else stored[ours]))
                 for theirs, ours, heads in names(case.config)}
        state.setdefault("lm_head.weight", state["model.embed_tokens.weight"])
        model.load_state_dict(state)
        result = reference(model, case.prompt, plans=[])
        result["float64_difference"] = check(path.name, result, llama_numpy.from_gguf(path), case.prompt)
        write_json(path.with_suffix(".reference.json"), result)
