#!/usr/bin/env python3
"""Makes expected.json: directions as transformers and scikit-learn compute them.

    pip install torch==2.15.0 transformers==5.23.0 scikit-learn==1.9.1
    python make.py

The models are the tiny ones of model/testdata, run in float32; what follows is
float64. Prompts are random ids from a seeded generator.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
import torch
import transformers
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[2] / "model" / "testdata"
PAIRS = 12
# How package derive deals 12 pairs into 5 folds with seed 0; its test compares.
FOLDS = [0, 2, 3, 1, 3, 0, 4, 1, 1, 0, 4, 2]


def prompts():
    """Ids for both classes of each pair, the classes from overlapping parts of the vocabulary."""
    r = np.random.Generator(np.random.PCG64(11))
    make = lambda low, high: [1, *(int(low + (high - low) * x) for x in r.random(3 + int(6 * r.random())))]
    return [(make(3, 30), make(12, 40)) for _ in range(PAIRS)]


def rows(model, ids):
    """The residual stream [layers + 1, tokens, d_model]: before block 0, then after each block."""
    kept = []
    keep = lambda _module, _inputs, output: kept.append((output[0] if isinstance(output, tuple) else output)[0].detach().double().numpy())
    handles = [module.register_forward_hook(keep) for module in (model.model.embed_tokens, *model.model.layers)]
    with torch.no_grad():
        model(torch.tensor([ids]), use_cache=False)
    for handle in handles:
        handle.remove()
    return np.stack(kept)


def orient(u, d):
    """Unit vector u turned to where differences d point, as long as their root mean square along it."""
    u = u / np.linalg.norm(u)
    along = d @ u
    return u * np.sqrt(np.mean(along**2)) * (1 if along.sum() >= 0 else -1)


def mean(p, n):
    return (p - n).mean(0)


def pca(p, n):
    """repeng's pca_center: each pair around its own middle."""
    middle = (p + n) / 2
    x = np.concatenate([p - middle, n - middle])
    return orient(PCA(n_components=1, whiten=False, svd_solver="full").fit(x).components_[0], p - n)


def probe(p, n):
    scaler = StandardScaler().fit(np.concatenate([p, n]))
    labels = np.array([1] * len(p) + [0] * len(n))
    fit = LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000).fit(scaler.transform(np.concatenate([p, n])), labels)
    return orient(fit.coef_[0] / scaler.scale_, p - n)


def held_out(method, p, n):
    """The mean area under the curve over folds."""
    folds, areas = np.array(FOLDS), []
    for fold in sorted(set(FOLDS)):
        d = method(p[folds != fold], n[folds != fold])
        a, b = p[folds == fold] @ d, n[folds == fold] @ d
        areas.append(roc_auc_score([1] * len(a) + [0] * len(b), np.concatenate([a, b])))
    return float(np.mean(areas))


def main():
    load = lambda name: AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32, attn_implementation="eager").eval()
    base, other = load("llama-mha"), load("linear-rope")
    pairs = prompts()
    of = {c: [rows(base, pair[c]) for pair in pairs] for c in (0, 1)}
    pool = {"last": lambda r: r[:, -1], "all": lambda r: r.mean(1)}
    side = {where: [np.stack([f(r) for r in of[c]], 1) for c in (0, 1)] for where, f in pool.items()}  # [layers + 1, pairs, d]
    result = {
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__}, scikit-learn {sklearn.__version__}",
        "pairs": [{"positive": p, "negative": n} for p, n in pairs], "folds": FOLDS,
        "median_norms": [float(np.median([np.median(np.linalg.norm(r[layer, 1:], axis=-1)) for c in (0, 1) for r in of[c]])) for layer in range(3)],
        "directions": [],
    }
    for where in pool:
        p, n = side[where]
        for method in (mean, pca, probe):
            result["directions"].append({
                "method": method.__name__, "where": where,
                "layers": [[round(float(x), 9) for x in method(p[layer], n[layer])] for layer in range(3)],
                "auc": [held_out(method, p[layer], n[layer]) for layer in range(3)],
            })
    difference = [rows(other, p)[:, -1] - rows(base, p)[:, -1] for p, _ in pairs]
    result["directions"].append({"method": "models", "where": "last",
                                 "layers": [[round(float(x), 9) for x in row] for row in np.mean(difference, 0)], "auc": None})
    text = json.dumps(result)
    (HERE / "expected.json").write_text(text.replace(', "', ',\n"').replace("], [", "],\n[") + "\n")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    main()
