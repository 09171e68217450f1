"""Writes the fixtures of model/checkpoint and steering/vectorfile with the reference libraries.

    pip install numpy==2.4.6 gguf==0.19.0 safetensors==0.8.0
    python model/checkpoint/testdata/make_fixtures.py [MODELS]

Run it from the root of the repository. With MODELS, a folder of real .gguf files, it also
writes the hashes that TestDequantiseRealFiles compares with.
"""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T
from safetensors.numpy import save_file

HERE = Path("model/checkpoint/testdata")
VECTORS = Path("steering/vectorfile/testdata")


def keys_and_tensors():
    """A file with every kind of value that the reference writer can write."""
    w = gguf.GGUFWriter(HERE.parent / "gguf/testdata/reference.gguf", "test")
    w.add_uint8("a.uint8", 255)
    w.add_int8("a.int8", -128)
    w.add_uint16("a.uint16", 65535)
    w.add_int16("a.int16", -32768)
    w.add_uint32("a.uint32", 4294967295)
    w.add_int32("a.int32", -2147483648)
    w.add_uint64("a.uint64", 18446744073709551615)
    w.add_int64("a.int64", -9223372036854775808)
    w.add_float32("a.float32", 0.1)
    w.add_float64("a.float64", 0.1)
    w.add_bool("a.bool", True)
    w.add_string("a.string", "Grüße\n")
    w.add_array("a.strings", ["", "one", "▁two"])
    w.add_array("a.ints", [1, -2, 3])
    w.add_array("a.floats", [0.5, -1.5])
    w.add_array("a.bools", [True, False])
    w.add_tensor("matrix", np.arange(6, dtype=np.float32).reshape(2, 3))
    w.add_tensor("vector", np.array([1.5, -2.5], dtype=np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def safetensors_file():
    save_file(
        {
            "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
            "half": np.array([1.5, -2.5, 0.25], dtype=np.float16),
            "empty": np.zeros((0, 4), dtype=np.float32),
            "scalar": np.array(7, dtype=np.int64),
        },
        HERE.parent / "safetensors/testdata/reference.safetensors",
        metadata={"format": "np", "Grüße": 'a "quoted" <value>\n'},
    )


# float16 scales: zeros, subnormals, ordinary numbers, the largest.
SCALES = np.array(
    [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3555, 0xB555, 0x3C00, 0x2E66, 0x7BFF, 0xFBFF],
    dtype="<u2",
)

# Where a type's blocks hold float16 scales.
SCALES_AT = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}


def blocks(rng, t):
    """Rows of two blocks, one row for each pair of scales, all else random."""
    _, size = GGML_QUANT_SIZES[t]
    if t == T.F32:
        bits = [0, 0x80000000, 1, 0x80000001, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x3EAAAAAB]
        return np.array(bits, dtype="<u4").view(np.uint8).reshape(2, -1)
    if t == T.F16:
        return SCALES.view(np.uint8).reshape(2, -1)
    if t == T.BF16:
        bits = [0, 0x8000, 1, 0x8001, 0x007F, 0x0080, 0x3F80, 0x7F7F, 0xFF7F, 0x3EAB]
        return np.array(bits, dtype="<u2").view(np.uint8).reshape(2, -1)
    rows = len(SCALES) // 2 if size < 100 else 2
    raw = rng.integers(0, 256, (rows, 2, size), dtype=np.uint8)
    for n, at in enumerate(SCALES_AT[t]):
        scales = np.roll(SCALES, 5 * n)[: rows * 2] if size < 100 else np.roll(SCALES, 5 * n)[5:9]
        raw[:, :, at : at + 2] = scales.view(np.uint8).reshape(rows, 2, 2)
    if t == T.Q8_0:
        raw[0, 1, 2:6] = [0x80, 0x7F, 0xFF, 0x00]  # -128, 127, -1, 0
    return raw.reshape(rows, -1)


def dequantised():
    """For each type a tensor, and beside it what the reference makes of it."""
    rng = np.random.default_rng(1)
    w = gguf.GGUFWriter(HERE / "dequant.gguf", "test")
    for t in [T.F32, T.F16, T.BF16, *SCALES_AT]:
        raw = blocks(rng, t)
        w.add_tensor(t.name, raw, raw_dtype=t)
        w.add_tensor(t.name + ".expected", gguf.dequantize(raw, t).astype(np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def hashes(models):
    """For each file and type: SHA-256 over the dequantised tensors of that type by name."""
    found = {}
    for path in sorted(models.glob("**/*.gguf")):
        types = {}
        for tensor in sorted(gguf.GGUFReader(path).tensors, key=lambda t: t.name):
            values = gguf.dequantize(tensor.data, tensor.tensor_type).astype("<f4")
            types.setdefault(tensor.tensor_type.name, hashlib.sha256()).update(values.tobytes())
        found[path.name] = {name: h.hexdigest() for name, h in sorted(types.items())}
    (HERE / "dequant_sha256.json").write_text(json.dumps(found, indent=1) + "\n")


def vectors():
    """Small vectors as llama.cpp's generator, repeng and EasySteer write them."""

    def directions(layers):
        return {n: (np.arange(4, dtype=np.float32) + 1) * (n + 1) / 8 for n in layers}

    def write(name, layers, add_keys):
        w = gguf.GGUFWriter(VECTORS / name, "controlvector")
        add_keys(w)
        for n, d in directions(layers).items():
            w.add_tensor(f"direction.{n}", d)
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()

    def generator(w):
        w.add_string("controlvector.model_hint", "llama")
        w.add_int32("controlvector.layer_count", 3)

    def repeng(w):
        w.add_string("controlvector.model_hint", "llama")
        w.add_uint32("controlvector.layer_count", 3)

    def easysteer(w):
        w.add_string("controlvector.model_hint", "qwen2.5")
        w.add_string("controlvector.method", "diffmean")
        w.add_uint32("controlvector.layer_count", 3)
        w.add_float32("controlvector.normalize", 1.0)
        w.add_float32("controlvector.token_pos", -1.0)

    write("cvector-generator.gguf", [1, 2, 3], generator)
    write("repeng.gguf", [3, 2, 1], repeng)
    write("easysteer.gguf", [0, 1, 2], easysteer)


keys_and_tensors()
safetensors_file()
dequantised()
vectors()
if len(sys.argv) > 1:
    hashes(Path(sys.argv[1]))
