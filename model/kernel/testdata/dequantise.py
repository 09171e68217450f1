"""Writes dequantised.json: stored blocks and the weights that the Python package
gguf makes of them, both as hexadecimal bytes, little-endian.

    pip install gguf numpy && python dequantise.py
"""

import json
import pathlib

import gguf
import numpy as np

ELEMENTS = 192
rng = np.random.default_rng(2)


def finite_halves(raw, columns):
    """Clears the lowest exponent bit of float16 values that are not finite."""
    for c in columns:
        halves = raw[:, c : c + 2].copy().view(np.uint16)
        halves[(halves & 0x7C00) == 0x7C00] &= 0xFBFF
        raw[:, c : c + 2] = halves.view(np.uint8)


out = {}
for name, scales in {"F16": [0], "BF16": [], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2]}.items():
    kind = gguf.GGMLQuantizationType[name]
    size, width = gguf.GGML_QUANT_SIZES[kind]
    raw = rng.integers(0, 256, (ELEMENTS // size, width), dtype=np.uint8)
    finite_halves(raw, scales)
    if name == "BF16":
        raw[:, 1] &= 0xBF  # below the largest exponents: finite
    floats = gguf.dequantize(raw.reshape(1, -1), kind).astype("<f4").reshape(-1)
    assert floats.shape == (ELEMENTS,) and np.isfinite(floats).all()
    out[name] = {"data": raw.tobytes().hex(), "floats": floats.tobytes().hex()}

path = pathlib.Path(__file__).with_name("dequantised.json")
path.write_text(json.dumps(out, indent=1) + "\n")
