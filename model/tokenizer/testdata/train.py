"""Trains tiny/tokenizer.json, a byte-level tokenizer of 640 tokens in the way of Llama 3.

Run with a Python that has tokenizers: python train.py
"""
import os

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

# Sentences of many shapes, repeated with different words.
NAMES = ["Ada", "Ben", "Cleo", "Dario", "Eva", "Finn"]
PLACES = ["garden", "harbour", "library", "kitchen", "mountain", "station"]
THINGS = ["a lamp", "three apples", "an old map", "the blue key", "12 coins", "some bread"]
SENTENCES = [
    "{n} walked to the {p} and found {t}.\n", "\"Where is {t}?\" asked {n}.  Nobody in the {p} knew.\n", "It wasn't in the {p}; {n} had taken {t} home.\n\n",
    "If {n} has {t} and gives half away, how much is left?\n", "def find(x):\n    return [y for y in x if y > 0]  # {n}\n", "{n}'s answer: 3 * 14 = 42, so the {p} costs $42.50!\n",
    "Le café est près de la gare, dit {n}.\n", "{n} 去了图书馆，找到了地图。\n",
]

tok = Tokenizer(models.BPE(byte_fallback=False, ignore_merges=True))
tok.normalizer = normalizers.NFC()
tok.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Split(Regex(WORDS), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
)
tok.decoder = decoders.ByteLevel()
special = ["<|begin|>", "<|end|>", "<|start|>", "<|turn|>"]
trainer = trainers.BpeTrainer(vocab_size=640, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
tok.train_from_iterator([s.format(n=n, p=p, t=t) for n in NAMES for p in PLACES for t in THINGS for s in SENTENCES], trainer)
tok.add_tokens([AddedToken("<think>", normalized=False), AddedToken("  ", normalized=True)])
tok.post_processor = processors.TemplateProcessing(single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B", special_tokens=[("<|begin|>", 0)])
os.makedirs("tiny", exist_ok=True)
with open("tiny/tokenizer.json", "w", encoding="utf-8") as f:
    f.write(tok.to_str(pretty=False))
