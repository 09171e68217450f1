#!/usr/bin/env python3
"""Makes repeng.json: the first principal direction as repeng computes it.

    pip install torch==2.15.0 transformers==5.23.0 scikit-learn==1.9.1 gguf tqdm
    pip install --no-deps repeng
    python make_repeng.py
"""

import importlib.metadata
import json
from pathlib import Path

import numpy

numpy.float_ = numpy.float64  # repeng was written for numpy 1

import numpy as np
import torch
from repeng import DatasetEntry
from repeng.extract import read_representations
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[2] / "model" / "testdata" / "llama-mha"
PAIRS = [
    ("the cat is very happy", "the cat is very sad"), ("she is happy and big", "she is sad and old"),
    ("a happy dog ran", "a sad old dog ran on"), ("he sat in the happy sun", "he sat in the sad sun"),
]


def main():
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.pad_token_id, tokenizer.padding_side = 0, "left"
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
    data = [DatasetEntry(positive=p, negative=n) for p, n in PAIRS]
    # Layer 0 only: what repeng calls the last layer is after the final norm. A batch of one, so that nothing is padded.
    direction = read_representations(model, tokenizer, data, method="pca_center", batch_size=1, hidden_layers=[0])[0]
    unit = direction / np.linalg.norm(direction)
    (HERE / "repeng.json").write_text(json.dumps({
        "made_with": f"repeng {importlib.metadata.version('repeng')}, pca_center, layer 0",
        "pairs": [{"positive": tokenizer(p).input_ids, "negative": tokenizer(n).input_ids} for p, n in PAIRS],
        "unit": [round(float(x), 7) for x in unit],
    }) + "\n")


if __name__ == "__main__":
    main()
