"""Writes the vector files of steering/vectorfile/testdata, and expected.json with what is in them.

    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0 gguf==0.19.0
    pip install dialz==1.1.4 steerkit==0.3.0 sae-lens==6.54.12 'transformer-lens<4' 'transformers<5'
    python steering/vectorfile/testdata/make.py

Run it from the root of the repository. dialz, steerkit, SAELens, NumPy and PyTorch write their own
files; what has no library on PyPI (steering-lite, activation-steering, persona vectors, lm-eval's
steering files, Gemma Scope) is written with the calls that the project makes.

Every direction is one of row(l), so that a file that is read with its layers moved by one, or
transposed, or at a wrong offset, can't pass. All its values are exact in float16 and bfloat16.
cvector-generator.gguf, repeng.gguf and easysteer.gguf are made by make_fixtures.py of
model/checkpoint.
"""

import json
import os
import pickle
import shutil
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path("steering/vectorfile/testdata")
D = 8
EXPECTED = []
REFUSED = []


def row(layer):
    """The direction of a layer; -1 is before block 0."""
    return (np.arange(1, D + 1, dtype=np.float32) * (layer + 2) - 10) / 8


def rows(*layers):
    return np.stack([row(layer) for layer in layers])


def expect(ref, form, layers, scale=1.0):
    """The file at ref holds row(l) for each of these layers, counted as plans do."""
    EXPECTED.append({"ref": ref, "format": form, "layers": {str(l): [float(x) * scale for x in row(l)] for l in layers}})


def refuse(ref, *parts):
    """The file at ref is refused, in words with these parts."""
    REFUSED.append({"ref": ref, "parts": parts})


def dialz():
    from dialz.vector import SteeringVector

    SteeringVector("llama", {l: row(l) for l in (2, 1)}).export_gguf(HERE / "dialz.gguf")
    expect("dialz.gguf", "dialz vector (GGUF)", [1, 2])


def steerkit():
    from steerkit import Probe, export_probe_to_gguf
    from steerkit.extract import _hook_name
    from steerkit.sweep import CompositeProbe

    def probe(layer, direction, site):
        return Probe({"logistic": torch.from_numpy(direction)}, {"logistic": 0.0}, layer, {}, "tiny", site,
                     _hook_name(layer, site, n_layers=3), 3)

    export_probe_to_gguf(probe(1, row(1), "resid_post"), HERE / "steerkit-post.gguf")
    expect("steerkit-post.gguf", "steerkit vector (GGUF)", [1])
    pre = [probe(1, row(0), "resid_pre"), probe(2, row(1), "resid_pre")]
    CompositeProbe(pre, [1.0, 1.0]).export_gguf(HERE / "steerkit-pre.gguf")
    expect("steerkit-pre.gguf", "steerkit vector (GGUF)", [0, 1])
    export_probe_to_gguf(probe(-1, row(-1), "resid_post"), HERE / "steerkit-embed.gguf")
    expect("steerkit-embed.gguf", "steerkit vector (GGUF)", [-1])
    export_probe_to_gguf(probe(3, row(3), "resid_post"), HERE / "steerkit-final.gguf")
    refuse("steerkit-final.gguf", "after the final norm")
    export_probe_to_gguf(probe(1, row(1), "attn_out"), HERE / "steerkit-attention.gguf")
    refuse("steerkit-attention.gguf", '"blocks.1.hook_attn_out" is of the attention')
    for name, site in (("", "resid_pre"), ("-mlp", "mlp_out")):
        saved = probe(2, row(1), site)
        saved.directions["diff_of_means"] = torch.from_numpy(row(0))
        saved.created_at = "2026-01-01"
        saved.save(HERE / f"steerkit{name}.probe.safetensors")
    expect("steerkit.probe.safetensors", "steerkit probe (safetensors)", [1])
    expect("steerkit.probe.safetensors#key=diff_of_means", "steerkit probe (safetensors)", [])
    EXPECTED[-1]["layers"] = {"1": row(0).tolist()}
    refuse("steerkit.probe.safetensors#key=lda", 'no direction of the method "lda", but of "diff_of_means", "logistic"')
    refuse("steerkit-mlp.probe.safetensors", '"blocks.2.hook_mlp_out" is of the MLP')


def steering_lite():
    cfg = {"method": "mean_diff", "layers": [0, 2], "target": "residual", "target_submodule": None,
           "coeff": 2.5, "dtype": "bfloat16", "seed": 0, "normalize": True}

    def save(name, cfg, tensors):
        save_file({k: torch.from_numpy(v) for k, v in tensors.items()}, HERE / name, metadata={"cfg": json.dumps(cfg)})

    save("steering-lite.safetensors", cfg, {f"layer{l}.v": row(l) for l in (0, 2)})
    expect("steering-lite.safetensors", "steering-lite vector (safetensors)", [0, 2])
    affine = {f"layer{l}.{k}": row(l + i) for l in (1, 2) for i, k in enumerate(("beta", "omega"))}
    save("steering-lite-affine.safetensors", dict(cfg, method="linear_act"), affine)
    refuse("steering-lite-affine.safetensors", '"linear_act" keeps tensors under "beta", "omega"')
    expect("steering-lite-affine.safetensors#key=beta", "steering-lite vector (safetensors)", [1, 2])
    save("steering-lite-inside.safetensors", dict(cfg, target_submodule=r"mlp\.down_proj"), {"layer1.v": row(1)})
    refuse("steering-lite-inside.safetensors", r'inside of blocks, at the modules "mlp\\.down_proj"')


def numpy_arrays():
    npy, npz = "NumPy array (.npy)", "NumPy arrays (.npz)"
    three = rows(0, 1, 2)
    np.save(HERE / "c-f4.npy", three)
    np.save(HERE / "fortran-f8.npy", np.asfortranarray(three.astype(np.float64)))
    np.save(HERE / "c-f2.npy", three.astype(np.float16))
    np.save(HERE / "fortran-f2.npy", np.asfortranarray(three.astype(np.float16)))
    np.save(HERE / "big-endian.npy", three.astype(">f4"))
    for name in ("c-f4", "fortran-f8", "c-f2", "fortran-f2", "big-endian"):
        expect(f"{name}.npy", npy, [0, 1, 2])
    np.save(HERE / "hidden-states.npy", rows(-1, 0, 1, 2))
    expect("hidden-states.npy#shift=-1", npy, [-1, 0, 1, 2])
    np.save(HERE / "one.npy", row(2))
    expect("one.npy#layer=2", npy, [2])
    expect("one.npy#layer=1,shift=1", npy, [])
    EXPECTED[-1]["layers"] = {"2": row(2).tolist()}
    refuse("one.npy", "is one direction of 8 elements and doesn't say its layer: add #layer=L")
    refuse("c-f4.npy#feature=1", "says feature, which means nothing for a NumPy array (.npy)")
    np.save(HERE / "integers.npy", np.arange(8))
    refuse("integers.npy", "its type is \"<i8\", where F16, F32 or F64 is expected")
    np.save(HERE / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    refuse("objects.npy", "it holds Python objects, which are pickles that could run code")
    np.save(HERE / "records.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<f4")]))
    refuse("records.npy", "its elements are records of several fields")
    np.save(HERE / "cube.npy", np.ones((2, 2, 2), dtype=np.float32))
    refuse("cube.npy", "has shape [2 2 2]")
    np.save(HERE / "nan.npy", np.full((2, D), np.nan, dtype=np.float32))
    refuse("nan.npy", "layer 0 holds NaN at index 0")
    np.save(HERE / "zero.npy", np.zeros((2, D), dtype=np.float32))
    refuse("zero.npy", "is zero at every layer")
    np.save(HERE / "huge.npy", np.full((2, D), 1e300))
    refuse("huge.npy", "holds +Inf at index 0")

    np.savez(HERE / "layers.npz", **{"layer_0": row(0), "layer_2": row(2).astype(np.float16)})
    expect("layers.npz", npz, [0, 2])
    np.savez_compressed(HERE / "numbers.npz", **{"10": row(10), "9": row(9)[None]})
    expect("numbers.npz", npz, [9, 10])
    np.savez(HERE / "hooks.npz", **{"blocks.1.hook_resid_pre": row(0), "blocks.1.hook_resid_post": row(1)})
    expect("hooks.npz", npz, [0, 1])
    np.savez(HERE / "unnamed.npz", row(0), row(1))
    expect("unnamed.npz", npz, [0, 1])
    np.savez(HERE / "single.npz", three)
    expect("single.npz", npz, [0, 1, 2])
    np.savez(HERE / "several.npz", happy=three, sad=rows(2, 1, 0))
    expect("several.npz#key=happy", npz, [0, 1, 2])
    refuse("several.npz", 'arrays at the keys "happy", "sad", which are not layers: choose one by adding #key=happy')
    refuse("several.npz#key=angry", 'no arrays at the key "angry", but at "happy", "sad"')
    np.savez(HERE / "mlp.npz", **{"blocks.1.hook_mlp_out": row(1), "blocks.2.hook_mlp_out": row(2)})
    refuse("mlp.npz", 'the hook "blocks.1.hook_mlp_out" is of the MLP')
    np.savez(HERE / "widths.npz", **{"1": row(1), "2": row(2)[:4]})
    refuse("widths.npz", 'key "2" has 4 elements and key "1" has 8')


class Runs:
    """Runs a command when it is unpickled; a reader that only reads never does."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def pytorch():
    pt = "PyTorch tensors (.pt)"
    three = torch.from_numpy(rows(0, 1, 2))
    torch.save(three, HERE / "rows.pt")
    torch.save({0: three[0].half(), 1: three[1].bfloat16(), 2: three[2].double()}, HERE / "by-layer.pt")
    padded = torch.full((5, 3, D + 2), 99.0)
    padded[1, :, 1:-1] = three
    torch.save(padded[1, :, 1:-1], HERE / "offset.pt")
    torch.save(three.bfloat16().T.contiguous().T, HERE / "strided.pt")
    torch.save([three[0], three[1][None], three[2]], HERE / "list.pt")
    torch.save(OrderedDict(("model.layers.%d" % l, torch.from_numpy(row(l))) for l in range(3)), HERE / "modules.pt")
    torch.save({"meta": {"model": "tiny", "scores": [0.5, 1]}, "vectors": {"happy": {f"layer_{l}": three[l] for l in range(3)}}, "seed": 7},
               HERE / "nested.pt")
    for name in ("rows", "by-layer", "offset", "strided", "list", "modules", "nested"):
        expect(f"{name}.pt", pt, [0, 1, 2])
    module = torch.nn.Linear(D, 3, bias=False)
    module.weight.data = three
    torch.save(module.state_dict(), HERE / "state-dict.pt")
    expect("state-dict.pt", pt, [0, 1, 2])
    torch.save({"happy": three, "sad": -three}, HERE / "several.pt")
    expect("several.pt#key=happy", pt, [0, 1, 2])
    refuse("several.pt", 'at the keys "happy", "sad", which are not layers')
    torch.save(three[1][None], HERE / "one.pt")
    expect("one.pt#layer=1", pt, [1])
    refuse("one.pt", "doesn't say its layer: add #layer=L")
    torch.save(three[1].expand(3, D), HERE / "expanded.pt")
    EXPECTED.append({"ref": "expanded.pt", "format": pt, "layers": {str(l): row(1).tolist() for l in range(3)}})
    with open(HERE / "protocol4.pt", "wb") as f:
        torch.save({1: three[1]}, f, pickle_protocol=4)
    expect("protocol4.pt", pt, [1])

    hostile = {
        "system": (Runs(os.system, "touch owned"), '"posix.system"'),
        "eval": (Runs(eval, "1"), '"__builtin__.eval"'),
        "load": (Runs(torch.load, "rows.pt"), '"torch.serialization.load"'),
        "getattr": (Runs(getattr, three, "data"), '"__builtin__.getattr"'),
        "numpy": ({0: row(0)}, '"numpy._core.multiarray._reconstruct"'),
        "parameter": (module.weight, '"torch._utils._rebuild_parameter"'),
        "integers": (torch.arange(8), '"torch.LongStorage"'),
        "module": (module, '"torch.nn.modules.linear.Linear"'),
        "dtype": ({"dtype": torch.float32, 0: three[0]}, '"torch.float32"'),
    }
    for name, (value, named) in hostile.items():
        torch.save(value, HERE / f"refused-{name}.pt")
        refuse(f"refused-{name}.pt", f"it asks Python for {named}, which is not plain data and was not run")
    torch.save({"labels": {1, 2}, 0: three[0]}, HERE / "refused-set.pt")
    refuse("refused-set.pt", '"__builtin__.set"')
    torch.save(three, HERE / "refused-legacy.pt", _use_new_zipfile_serialization=False)
    refuse("refused-legacy.pt", "is of a PyTorch before 1.6, whose files can't be read: load it there and save it again")
    with open(HERE / "refused-bare.pkl", "wb") as f:
        pickle.dump(Runs(os.system, "touch owned"), f)
    refuse("refused-bare.pkl", "looks like a Python pickle")


def persona():
    torch.save(torch.from_numpy(rows(-1, 0, 1, 2)), HERE / "evil_response_avg_diff.pt")
    expect("evil_response_avg_diff.pt", "persona vector (.pt)", [-1, 0, 1, 2])


def activation_steering():
    data = {"model_type": "llama", "directions": {l: row(l).tolist() for l in (1, 10)}, "explained_variances": {1: 0.5, 10: 0.25}}
    with open(HERE / "activation-steering.svec", "w") as f:
        json.dump(data, f)
    expect("activation-steering.svec", "activation-steering vector (.svec)", [1, 10])


def lm_eval():
    def steer(layer, action, coefficient, **more):
        return {"steering_vector": torch.from_numpy(row(layer)), "steering_coefficient": coefficient, "action": action, "bias": None, **more}

    torch.save({"layers.0": steer(0, "add", 4.0), "layers.2": steer(2, "add", 4)}, HERE / "lm-eval.pt")
    expect("lm-eval.pt", "lm-eval steering file (.pt)", [0, 2], scale=4)
    torch.save({"layers.1": steer(1, "clamp", 3.0, bias=torch.ones(D))}, HERE / "lm-eval-clamp.pt")
    expect("lm-eval-clamp.pt", "lm-eval steering file (.pt)", [1])
    torch.save({"layers.1": steer(1, "add", 1.0, head_index=2)}, HERE / "lm-eval-head.pt")
    refuse("lm-eval-head.pt", 'the attention head "2"')
    torch.save({"layers.1.mlp": steer(1, "add", 1.0)}, HERE / "lm-eval-mlp.pt")
    refuse("lm-eval-mlp.pt", 'the module "layers.1.mlp" is inside of a block')

    header = "loader,action,sparse_model,hookpoint,feature_index,steering_coefficient,head_index,sae_id,description,\n"
    folder = HERE / "sparsify/layers.1"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"W_dec": torch.from_numpy(rows(3, 1, 4)), "b_dec": torch.zeros(D)}, folder / "sae.safetensors")
    (folder / "cfg.json").write_text(json.dumps({"expansion_factor": 32, "k": 2, "d_in": D}))
    table = header + "sparsify,add,sparsify,layers.1,1,2.0,,,,\nsae_lens,add,.,,3,2.0,,sae-pre,increase dogs,\n"
    (HERE / "lm-eval.csv").write_text(table)
    expect("lm-eval.csv", "lm-eval steering table (.csv)", [0, 1], scale=2)
    (HERE / "lm-eval-remote.csv").write_text(header + "sparsify,add,EleutherAI/sae-pythia-70m-32k,layers.3,30,10.0,,,,\n")
    refuse("lm-eval-remote.csv", 'line 2: the sparse model "EleutherAI/sae-pythia-70m-32k" has to be a folder beside the file')
    (HERE / "lm-eval-outside.csv").write_text(header + "sparsify,add,../testdata/sparsify,layers.1,1,2.0,,,,\n")
    refuse("lm-eval-outside.csv", 'line 2: the sparse model "../testdata/sparsify" is not a folder beside the file')


def saelens():
    from sae_lens import StandardSAE, StandardSAEConfig
    from sae_lens.saes.sae import SAEMetadata

    features = rows(9, 8, 7, 0, 6)  # feature 3 is row(0)

    def save(name, hook, **more):
        metadata = SAEMetadata(model_name="tiny", hook_name=hook, sae_lens_version="6.54.12", **more)
        sae = StandardSAE(StandardSAEConfig(d_in=D, d_sae=5, metadata=metadata))
        sae.W_dec.data = torch.from_numpy(features)
        sae.save_model(HERE / name)

    form = "SAELens feature (folder)"
    save("sae-pre", "blocks.1.hook_resid_pre")
    expect("sae-pre#feature=3", form, [0])
    expect("sae-pre/sae_weights.safetensors#feature=3", form, [0])
    expect("sae-pre/cfg.json#feature=3", form, [0])
    refuse("sae-pre", "is a sparse autoencoder of 5 features: choose one by adding #feature=N to the name, with N from 0 to 4")
    refuse("sae-pre#feature=5", "of 5 features, and feature 5 is not from 0 to 4")
    refuse("sae-pre#feature=-1", "feature -1 is not from 0 to 4")
    refuse("sae-pre#layer=1,feature=3", "says layer, which means nothing for a SAELens feature")
    for name, hook, place in (
        ("attention", "blocks.1.attn.hook_z", "of the attention"),
        ("mlp", "blocks.1.hook_mlp_out", "of the MLP"),
        ("middle", "blocks.1.hook_resid_mid", "between the attention and the MLP of a block"),
    ):
        save(f"sae-{name}", hook)
        refuse(f"sae-{name}#feature=3", f'the hook "{hook}" is {place}')
    save("sae-head", "blocks.1.hook_resid_pre", hook_head_index=2)
    refuse("sae-head#feature=3", 'is of the attention head "2" alone')
    # As before version 6, without metadata: https://huggingface.co/jbloom/GPT2-Small-SAEs-Reformatted
    old = HERE / "sae-old"
    old.mkdir(exist_ok=True)
    shutil.copy(HERE / "sae-pre/sae_weights.safetensors", old)
    (old / "cfg.json").write_text(json.dumps({"model_name": "tiny", "hook_point": "blocks.0.hook_resid_post", "hook_point_layer": 0,
                                              "hook_point_head_index": None, "d_in": D, "d_sae": 5, "normalize_activations": "layer_norm"}))
    expect("sae-old#feature=3", form, [0])


def gemma_scope():
    params = {"W_enc": np.zeros((D, 4), np.float32), "W_dec": rows(9, 1, 8, 7), "b_enc": np.zeros(4, np.float32),
              "b_dec": np.zeros(D, np.float32), "threshold": np.zeros(4, np.float32)}
    form = "Gemma Scope feature (.npz)"
    for site in ("res", "mlp"):
        folder = HERE / f"gemma-scope-2b-pt-{site}/layer_1/width_4/average_l0_2"
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / "params.npz", **params)
    res = "gemma-scope-2b-pt-res/layer_1/width_4/average_l0_2/params.npz"
    expect(f"{res}#feature=1", form, [1])
    refuse(res, "is a sparse autoencoder of 4 features: choose one by adding #feature=N")
    refuse(f"{res}#feature=4", "feature 4 is not from 0 to 3")
    refuse("gemma-scope-2b-pt-mlp/layer_1/width_4/average_l0_2/params.npz#feature=1", "it is of Gemma Scope's \"mlp\"")
    params["W_dec"] = np.asfortranarray(params["W_dec"])
    np.savez(HERE / "params.npz", **params)
    expect("params.npz#layer=1,feature=1", form, [1])
    refuse("params.npz#feature=1", "it is not in a folder layer_L, which would say its layer: add layer=L")


def main():
    torch.manual_seed(0)
    np.random.seed(0)
    for make in (dialz, steerkit, steering_lite, numpy_arrays, pytorch, persona, activation_steering, lm_eval, saelens, gemma_scope):
        make()
    with open(HERE / "expected.json", "w") as f:
        f.write('{"read": [\n' + ",\n".join(map(json.dumps, EXPECTED)) + '\n], "refused": [\n')
        f.write(",\n".join(json.dumps(r, ensure_ascii=False) for r in REFUSED) + "\n]}\n")


if __name__ == "__main__":
    main()
