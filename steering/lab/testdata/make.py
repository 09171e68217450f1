"""Writes embedded.json: what transformers makes of the embedded models.

Run after the models in assets change, from the repository's root, where the
packages torch and transformers are installed:

    python steering/lab/testdata/make.py

For each model and prompt: the ids that the tokenizer gives, the logits of the
last two positions, and the greedy continuation.
"""

import json
import pathlib

import torch
import transformers

HERE = pathlib.Path(__file__).parent
MODELS = HERE.parent.parent.parent / "assets" / "models"

PROMPTS = [
    "ann +4 . bob +4 . cat +9 . what is the last digit of the total ?",
    "slow lesson : dial at 3 . ann +2 . bob -4 . hal +6 . which digit is the dial at ?",
    "coin left . ann left-middle . bob middle-right . where is the coin after these swaps ?",
    "eve 3 . jim 9 . dan 5 . gus 1 . what is the biggest number ? we want the biggest number .",
]
GENERATED = 40


def main():
    out = []
    for name in ("base", "thinking"):
        tokenizer = transformers.AutoTokenizer.from_pretrained(MODELS / name)
        model = transformers.AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32)
        model.eval()
        for prompt in PROMPTS:
            ids = tokenizer(prompt, return_tensors="pt").input_ids
            with torch.no_grad():
                logits = model(ids).logits[0]
                generated = model.generate(ids, max_new_tokens=GENERATED, do_sample=False)[0, ids.shape[1]:]
            out.append({
                "model": name,
                "prompt": prompt,
                "ids": ids[0].tolist(),
                "logits": [[round(x, 5) for x in row] for row in logits[-2:].tolist()],
                "generated": generated.tolist(),
                "text": tokenizer.decode(generated, skip_special_tokens=True),
            })
    (HERE / "embedded.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
