#!/usr/bin/env python3
"""Makes the tiny random checkpoints in this folder and their reference numbers.

    pip install torch==2.15.0 transformers==5.23.0 gguf==0.19.0
    python make.py

Every weight comes from a seeded generator, so a second run writes the same
weights; the reference numbers may differ in their last digits with another
version of torch. README.md says what the folders hold.
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig

import llama_numpy
import make_gguf
from reference import check, reference, write_json

HERE = Path(__file__).resolve().parent
GPT_WORDS = "the a cat dog sat ran on in mat sun and but was is happy sad very big old . , ! user assistant system one two to of it he she".split()


@dataclass
class Case:
    """One folder: how the model is shaped and how it is saved."""

    name: str
    seed: int
    config: object
    prompt: list
    dtype: torch.dtype = torch.float32
    shard: str | None = None  # max_shard_size
    old_style: dict | None = None  # changes to config.json, see restyle
    drop: list = field(default_factory=list)  # keys removed from config.json
    embedding: float = 1.0  # half width of the uniform embedding weights


def llama(**changes):
    shape = dict(
        vocab_size=40, hidden_size=16, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2,
    )
    return LlamaConfig(**{**shape, **changes})


CASES = [
    # Keys that the first Llama configurations lacked are removed: the defaults must hold.
    Case("llama-mha", 5, llama(intermediate_size=13), [1, 5, 9, 17, 33, 12, 7, 28, 3, 39, 21, 14],
         drop=["num_key_value_heads", "head_dim", "attention_bias", "mlp_bias", "rope_parameters", "pretraining_tp"]),
    Case("llama-gqa", 1, llama(vocab_size=67, intermediate_size=21, num_attention_heads=4, head_dim=6,
                               rms_norm_eps=1e-6, tie_word_embeddings=False,
                               rope_parameters={"rope_type": "default", "rope_theta": 500.0}),
         [1, 66, 9, 44, 33, 12, 58, 28, 3, 39, 21, 50], dtype=torch.float16),
    # Waves of 6, 20, 63 and 199 positions: below, between and above the two limits (10 and 40).
    Case("llama3-rope", 19, llama(num_key_value_heads=1, rope_parameters={
             "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0,
             "high_freq_factor": 4.0, "original_max_position_embeddings": 40}),
         [1, 5, 31, 17, 8, 12, 7, 28, 36, 39, 21, 14], dtype=torch.bfloat16, shard="4KB", old_style={"type_key": "rope_type"}),
    Case("linear-rope", 25, llama(rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}),
         [1, 15, 31, 6, 8, 22, 7, 28, 36, 19, 21, 34], dtype=torch.float16, shard="4KB", old_style={"type_key": "type"}),
    # A large epsilon and small embeddings: the epsilon of the norm must be read, and be inside the root.
    Case("llama-bias", 15, llama(attention_bias=True, mlp_bias=True, rms_norm_eps=1e-2, tie_word_embeddings=False),
         [1, 4, 31, 6, 25, 22, 7, 13, 36, 19, 21, 30], dtype=torch.float16, embedding=0.3),
    Case("mistral", 3, MistralConfig(
             vocab_size=40, hidden_size=16, intermediate_size=12, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, head_dim=4, max_position_embeddings=64, rms_norm_eps=1e-5,
             tie_word_embeddings=False, sliding_window=5, bos_token_id=1, eos_token_id=2),
         [1, 4, 31, 6, 25, 22, 7, 13, 36, 19, 21, 30, 11, 16], dtype=torch.bfloat16, old_style={}),
]


def uniform(generator, shape, half_width, centre=0.0):
    """Uniform weights from the generator's plain doubles, whose stream numpy keeps across versions."""
    return torch.from_numpy(centre + half_width * (2 * generator.random(tuple(shape)) - 1)).float()


def fill(model, case):
    """Random weights wide enough that logits and attention scores spread over several units."""
    generator = np.random.Generator(np.random.PCG64(case.seed))
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith("norm.weight"):
                value = uniform(generator, weight.shape, 0.5, centre=1.0)
            elif name.endswith("embed_tokens.weight"):
                value = uniform(generator, weight.shape, case.embedding)
            elif weight.dim() == 1:
                value = uniform(generator, weight.shape, 0.5)
            else:
                value = uniform(generator, weight.shape, 2.5 / weight.shape[1] ** 0.5)
            weight.copy_(value.to(case.dtype))


def restyle(config, old_style):
    """config.json as transformers 4 wrote it: rope_scaling with a top-level rope_theta, and torch_dtype."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type")
    if "type_key" in old_style:
        config["rope_scaling"] = {**rope, old_style["type_key"]: kind}
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.38.2"


def spelled_out(value):
    """A setting without the older second spelling of the kind of rope, which transformers keeps beside its own."""
    return {k: v for k, v in value.items() if k != "type"} if isinstance(value, dict) else value


def make(case):
    folder = HERE / case.name
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_config(case.config, attn_implementation="eager")
    fill(model, case)
    model.to(case.dtype).save_pretrained(folder, **({"max_shard_size": case.shard} if case.shard else {}))
    config = json.loads((folder / "config.json").read_text())
    if case.old_style is not None:
        restyle(config, case.old_style)
    for key in case.drop:
        config.pop(key, None)
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")

    # The reference is what transformers computes in float32 from the files as they lie there.
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for key in ("rope_parameters", "num_key_value_heads", "head_dim", "tie_word_embeddings", "rms_norm_eps"):
        if spelled_out(getattr(loaded.config, key)) != spelled_out(getattr(case.config, key)):
            raise SystemExit(f"{case.name}: transformers reads another {key} from config.json")
    state = {name: weight.float().numpy() for file in sorted(folder.glob("*.safetensors"))
             for name, weight in load_file(file).items()}
    result = reference(loaded, case.prompt)
    result["float64_difference"] = check(case.name, result, llama_numpy.from_hf(state, loaded.config), case.prompt)
    write_json(folder / "reference.json", result)
    return loaded, case.prompt


def write_word_tokenizer(folder, size):
    """A word-level tokenizer and a chat template, for trying the commands on text."""
    words = (["<unk>", "<s>", "</s>"] + GPT_WORDS)[:size]
    words += [f"w{i}" for i in range(len(words), size)]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    template = ("{{ bos_token }}{% for message in messages %}{{ message['role'] }} {{ message['content'] }} {{ eos_token }} "
                "{% endfor %}{% if add_generation_prompt %}assistant{% endif %}")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "chat_template": template,
        "tokenizer_class": "PreTrainedTokenizerFast"}, indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    made = {case.name: make(case) for case in CASES}
    write_word_tokenizer(HERE / "llama-mha", 40)
    make_gguf.convert(HERE / "gguf" / "llama-mha-f32.gguf", *made["llama-mha"], "F32", words=True)
    make_gguf.convert(HERE / "gguf" / "llama-gqa-f16.gguf", *made["llama-gqa"], "F16")
    make_gguf.convert(HERE / "gguf" / "llama3-rope-bf16.gguf", *made["llama3-rope"], "BF16")
    make_gguf.convert(HERE / "gguf" / "linear-rope-f16.gguf", *made["linear-rope"], "F16")
    make_gguf.quantised(HERE / "gguf", fill, Case("quantised", 7, llama(
        vocab_size=48, hidden_size=32, intermediate_size=32, num_attention_heads=4, num_key_value_heads=1),
        [1, 5, 9, 17, 33, 12, 7, 28, 3, 39, 21, 47]))


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    main()
