"""What transformers computes for a prompt, with and without steering."""

import json
from contextlib import contextmanager

import numpy as np
import torch
import transformers

STRENGTH = 1.5
STEPS = 16
# layer, first edited position counted from the last prompt position (None: every position), plan
STEERED = [(0, None, "sine*1.5@0[all]"), (1, 0, "sine*1.5@1[last+gen]")]


def sine(d_model):
    """The steering vector: component i is sin(0.5 (i + 1)), rounded to float32."""
    return np.sin(0.5 * np.arange(1, d_model + 1)).astype(np.float32)


@contextmanager
def steered(model, layer, first):
    """Adds STRENGTH * sine to the rows that leave block `layer`, from position `first` on."""
    direction = STRENGTH * torch.from_numpy(sine(model.config.hidden_size))

    def edit(_module, _inputs, output):
        output = output.clone()
        output[:, first:] += direction
        return output

    handle = model.model.layers[layer].register_forward_hook(edit)
    try:
        yield
    finally:
        handle.remove()


def forward(model, ids):
    """Logits [tokens, vocab] and the rows of layers -1, 0 .. L-1 and after the final norm.

    The rows are taken from the blocks themselves: the last entry of transformers'
    hidden_states is after the final norm, and the edit of a hook must show."""
    rows = [None] * (len(model.model.layers) + 2)
    keep = lambda i: lambda _module, _inputs, output: rows.__setitem__(i, output[0].detach().clone())
    modules = [model.model.embed_tokens, *model.model.layers, model.model.norm]
    handles = [module.register_forward_hook(keep(i)) for i, module in enumerate(modules)]
    try:
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    finally:
        for handle in handles:
            handle.remove()
    return logits.numpy(), [row.numpy() for row in rows]


def greedy(model, ids):
    """STEPS greedy ids, each from a fresh pass over the whole text (no cache), the end
    token not heeded, and how far the best logit stood above the second at each step."""
    ids, new, gaps = list(ids), [], []
    for _ in range(STEPS):
        last = forward(model, ids)[0][-1]
        second, best = np.argsort(last, kind="stable")[-2:]
        new.append(int(best))
        gaps.append(last[best] - last[second])
        ids.append(int(best))
    return {"ids": new, "gaps": np.array(gaps, dtype=np.float32)}


def chosen_rows(hidden, positions):
    names = ["-1", *(str(i) for i in range(len(hidden) - 2)), "norm"]
    return {"positions": positions, "layers": {name: rows[positions] for name, rows in zip(names, hidden)}}


def reference(model, prompt, plans=STEERED):
    last = len(prompt) - 1
    logits, hidden = forward(model, prompt)
    result = {
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__}, float32, CPU",
        "prompt_ids": prompt, "logits": logits, "hidden": chosen_rows(hidden, [0, last]), "greedy": greedy(model, prompt),
        "vector": {"formula": "float32(sin(0.5 (i + 1)))", "values": sine(model.config.hidden_size)}, "steered": [],
    }
    for layer, first, plan in plans:
        first = 0 if first is None else last + first
        with steered(model, layer, first):
            logits, hidden = forward(model, prompt)
            result["steered"].append({
                "plan": plan, "layer": layer, "strength": STRENGTH, "first_position": first, "last_logits": logits[-1],
                "hidden": chosen_rows(hidden, [last]), "greedy": greedy(model, prompt)})
    return result


def check(name, result, model, prompt):
    """Compares the reference with the float64 pass; returns the largest differences."""
    logits, hidden = model.forward(prompt)
    difference = {"logits": np.abs(result["logits"] - logits).max(), "hidden": hidden_difference(result, hidden)}
    for one in result["steered"]:
        def edit(layer, rows):
            if layer == one["layer"]:
                rows = rows.copy()
                rows[one["first_position"]:] += one["strength"] * sine(rows.shape[1]).astype(np.float64)
            return rows
        logits, hidden = model.forward(prompt, edit)
        difference["logits"] = max(difference["logits"], np.abs(one["last_logits"] - logits[-1]).max())
        difference["hidden"] = max(difference["hidden"], hidden_difference(one, hidden))
    gap = min(run["greedy"]["gaps"].min() for run in [result, *result["steered"]])
    ids = [result["greedy"]["ids"], *(one["greedy"]["ids"] for one in result["steered"])]
    print(f"{name:24} float64 difference: logits {difference['logits']:.1e} hidden {difference['hidden']:.1e}; "
          f"smallest gap {gap:.4f}; logits {result['logits'].min():.1f} to {result['logits'].max():.1f}; "
          f"different ids {[len(set(run)) for run in ids]}, steered apart at {[first_difference(ids[0], run) for run in ids[1:]]}")
    if max(difference.values()) > 2e-5:
        raise SystemExit(f"{name}: transformers and the float64 pass disagree")
    if gap < 5e-3:
        raise SystemExit(f"{name}: a greedy choice is too close to call; take another seed")
    return {key: float(f"{value:.2g}") for key, value in difference.items()}


def hidden_difference(run, hidden):
    positions = run["hidden"]["positions"]
    return max(np.abs(rows - h[positions]).max() for rows, h in zip(run["hidden"]["layers"].values(), hidden))


def first_difference(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)


def write_json(path, value):
    """Float32 arrays are written with the fewest digits that give the same float32
    again (9 at most), one row a line."""
    path.write_text(render(value) + "\n")


def render(value, indent=""):
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return "[" + ",".join(np.format_float_positional(x, unique=True, trim="-") if 1e-4 < abs(x) < 1e8 else str(x) for x in value) + "]"
    inner = indent + " "
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{inner}{json.dumps(k)}: {render(v, inner)}" for k, v in value.items()) + "\n" + indent + "}"
    if isinstance(value, np.ndarray) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return "[\n" + ",\n".join(inner + render(v, inner) for v in value) + "\n" + indent + "]"
    return json.dumps(value)
