"""Writes strings.json.gz: 1000 varied strings to compare tokenizers on."""
import gzip
import json
import random

BASE = [
    "Hello, world!", "", "\n", " ", "   ", "\t\t x", " \n\n\n  a", "I'm you're we've he'll she'd it's DON'T WE'VE 'S 'ſ",
    "3.14159 1234567890 ١٢٣ ½ Ⅷ ²", "你好，世界！", "こんにちは世界", "안녕하세요", "Привет, мир!", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดี",
    "🤗🚀👨‍👩‍👧‍👦🇩🇪", "e\u0301 é \u1e9b\u0323 ﬁ Å \u212b", "a\u200bb\u200cc\u200d\ufeff",
    "</s><s><unk><|endoftext|><|im_start|>user\n<|im_end|>", "<|begin_of_text|>  <|eot_id|>  x",
    "def f(x):\n    return x**2  # comment\n\n\tif x:\n\t\tpass\n", "   leading", "trailing   ", "a  b   c    d", "\r\n\r\n a\r\nb",
    "ÀÉÎõü ß İı ſ \u212a", "x" * 50, " " * 50 + "x" + " " * 50, "ab" * 40, "▁▁a ▁b", "<0x0A> <0xFF>", '{"a": [1,2,{"b":null}]}',
    "http://example.com/?q=1&b=2#x", "AAAbbbCCC", "\u0000\u0001\x7f\x80\x9f", "\U00010348\U0001f9ff\U000e0041", "\u0300\u0301\u0302a",
    "…‘’“”—–•", "ⒶⒷ x₂ 〇 ー ･", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "\xa0\u2003\u3000x\u2028y\u2029z\x85w",
    "The quick brown fox jumps over the lazy dog.", "Once upon a time, there was a little girl named Lily.",
]
WORDS = [w for b in BASE for w in b.split(" ")] + [
    "the", "and", "of", "tokenization", "Schadenfreude", "naïve", "coöperate", "12", "007", "_", "--", "==", "=>", "::", "\n", "\n\n", "\t", "  ",
    " ", "'s", "'LL", "漢字", "ひ", "한", "🙂", "é", "e\u0301",
]
RANGES = [
    (32, 127), (0xA0, 0x250), (0x370, 0x400), (0x400, 0x500), (0x5D0, 0x5EA), (0x600, 0x700), (0x900, 0x980), (0xE00, 0xE80), (0x1100, 0x1200),
    (0x2000, 0x2070), (0x2190, 0x2300), (0x3040, 0x3100), (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xFF00, 0xFF60), (0x1F300, 0x1F650), (0x300, 0x340),
]


def make():
    rng = random.Random(1)
    out = list(BASE)
    while len(out) < 1000:
        kind = rng.random()
        if kind < 0.6:
            out.append("".join(rng.choice(WORDS) + rng.choice(["", " ", " ", "  ", "\n"]) for _ in range(rng.randint(1, 10))))
        elif kind < 0.9:
            s = ""
            for _ in range(rng.randint(1, 16)):
                lo, hi = rng.choice(RANGES)
                s += "".join(chr(rng.randint(lo, hi - 1)) for _ in range(rng.randint(1, 4)))
            out.append(s)
        else:
            out.append("".join(rng.choice(" \n\t\ra1'.é你") for _ in range(rng.randint(1, 40))))
    return out


with open("strings.json.gz", "wb") as f:
    f.write(gzip.compress(json.dumps(make()).encode(), 9, mtime=0))
