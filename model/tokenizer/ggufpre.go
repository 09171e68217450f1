package tokenizer

import (
	"fmt"

	"tiller/model/tokenizer/pattern"
	"tiller/model/tokenizer/pretokenize"
)

// pre is what a name in tokenizer.ggml.pre stands for.
type pre struct {
	splitter   pretokenize.Splitter
	wholeWords bool // a word that is in the vocabulary is taken as it is
	addBOS     bool
}

// Expressions that several pre-tokenizers share. They are those of the models'
// own tokenizer.json files.
const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	spacesRest   = `|\s*[\r\n]+|\s+(?!\S)|\s+`
	gpt2Words    = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Words  = contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*` + spacesRest
	qwen2Words   = contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*` + spacesRest
	qwen35Words  = contractions + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*` + spacesRest
	upper        = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lower        = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
	gpt4oWords   = `[^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+` + contractions + `?|` +
		`[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*` + contractions + `?|` +
		`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*` + spacesRest
	tekkenWords = `[^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+|` +
		`[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*|` +
		`\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*` + spacesRest
	deepseekCJK   = `[\x{4e00}-\x{9fa5}\x{800}-\x{4e00}\x{ac00}-\x{d7ff}]+`
	deepseek3CJK  = `[\x{4e00}-\x{9fa5}\x{3040}-\x{309f}\x{30a0}-\x{30ff}]+`
	deepseekWords = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+" +
		`|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*` + spacesRest
	// Letters of the scripts with case, as deepseek-llm lists them.
	casedLetters = `\s?[A-Za-z\x{b5}\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{1ba}\x{1bc}-\x{1bf}\x{1c4}-\x{293}` +
		`\x{295}-\x{2af}\x{370}-\x{373}\x{376}\x{377}\x{37b}-\x{37d}\x{37f}\x{386}\x{388}-\x{38a}\x{38c}` +
		`\x{38e}-\x{3a1}\x{3a3}-\x{3f5}\x{3f7}-\x{481}\x{48a}-\x{52f}\x{531}-\x{556}\x{10a0}-\x{10c5}` +
		`\x{13a0}-\x{13f5}\x{13f8}-\x{13fd}\x{1c90}-\x{1cba}\x{1cbd}-\x{1cbf}\x{1d00}-\x{1d2b}` +
		`\x{1d6b}-\x{1d77}\x{1d79}-\x{1d9a}\x{1e00}-\x{1f15}\x{1f18}-\x{1f1d}\x{1f20}-\x{1f45}` +
		`\x{1f48}-\x{1f4d}\x{1f50}-\x{1f57}\x{1f59}\x{1f5b}\x{1f5d}\x{1f5f}-\x{1f7d}\x{1f80}-\x{1fb4}` +
		`\x{1fb6}-\x{1fbc}\x{1fbe}\x{1fc2}-\x{1fc4}\x{1fc6}-\x{1fcc}\x{1fd0}-\x{1fd3}\x{1fd6}-\x{1fdb}` +
		`\x{1fe0}-\x{1fec}\x{1ff2}-\x{1ff4}\x{1ff6}-\x{1ffc}\x{2102}\x{2107}\x{210a}-\x{2113}\x{2115}` +
		`\x{2119}-\x{211d}\x{2124}\x{2126}\x{2128}\x{212a}-\x{212d}\x{212f}-\x{2134}\x{2139}` +
		`\x{213c}-\x{213f}\x{2145}-\x{2149}\x{214e}\x{2183}\x{2184}\x{2c00}-\x{2c7b}\x{2c7e}-\x{2ce4}` +
		`\x{2ceb}-\x{2cee}\x{2cf2}\x{2cf3}\x{a640}-\x{a66d}\x{a680}-\x{a69b}\x{a722}-\x{a76f}` +
		`\x{a771}-\x{a787}\x{a78b}-\x{a78e}\x{ab70}-\x{abbf}\x{fb00}-\x{fb06}\x{fb13}-\x{fb17}` +
		`\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a}\x{10400}-\x{1044f}\x{104b0}-\x{104d3}\x{104d8}-\x{104fb}` +
		`\x{10c80}-\x{10cb2}\x{10cc0}-\x{10cf2}\x{118a0}-\x{118df}\x{1e900}-\x{1e943}]+`
	punctuated   = `\s?[!-/:-~\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff5e}\x{2018}-\x{201f}\x{3000}-\x{3002}]+`
	bloomWords   = ` ?[^(\s|.,!?\x{2026}\x{3002}\x{ff0c}\x{3001}\x{964}\x{6d4}\x{60c})]+`
	falconSigns  = "[\\p{P}\\$\\+<=>\\^~\\|`]+"
	bailingWords = `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`
)

// preWords returns the expressions that cut a text into words, one after the
// other, and nil for an unknown name.
func preWords(name string) (words []string, wholeWords, addBOS bool) {
	switch name {
	case "default":
		return []string{`[\p{P}\$\+<=>\^~\|]+`, gpt2Words, `\p{N}+`, `[0-9][0-9][0-9]`}, false, false
	case "gpt-2", "phi-2", "gigachat", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "a.x-4.0", "mellum":
		return []string{gpt2Words}, false, false
	case "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
		return []string{llama3Words}, true, true
	case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4":
		return []string{llama3Words}, false, false
	case "qwen2", "stablelm2", "deepseek-r1-qwen", "hunyuan", "megrez", "solar-open", "grok-2", "kormo", "f2llmv2":
		return []string{qwen2Words}, false, false
	case "qwen35":
		return []string{qwen35Words}, false, false
	case "gpt-4o", "llama4", "kanana2", "minimax-m2":
		return []string{gpt4oWords}, false, false
	case "tekken":
		return []string{tekkenWords}, true, true
	case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2":
		return []string{`\p{N}`, gpt2Words}, false, false
	case "falcon":
		return []string{falconSigns, gpt2Words, `[0-9][0-9][0-9]`}, false, false
	case "deepseek-llm":
		return []string{`[\r\n]`, casedLetters, punctuated, `\s+$`, deepseekCJK, `\p{N}+`}, false, false
	case "deepseek-coder":
		return []string{`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, deepseekCJK, `\p{N}`}, false, false
	case "deepseek-v3", "hunyuan-dense", "joyai-llm":
		return []string{`\p{N}{1,3}`, deepseek3CJK, deepseekWords}, false, false
	case "bloom", "poro-chat", "gpt3-finnish":
		return []string{bloomWords}, false, false
	case "viking":
		return []string{bloomWords, `\p{N}`}, false, false
	case "superbpe":
		return []string{`\p{N}+`, `(?=(\d{3})+(?!\d))`}, false, false
	case "bailingmoe", "bailingmoe2", "llada-moe":
		return []string{bailingWords}, false, false
	case "seed-coder":
		return []string{contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+` + spacesRest}, false, false
	}
	return nil, false, false
}

// preTokenizer builds the pre-tokenizer of a name.
func preTokenizer(name string) (pre, error) {
	words, wholeWords, addBOS := preWords(name)
	if words == nil {
		return pre{}, fmt.Errorf("the pre-tokenizer %q of %s is not supported", name, keyPre)
	}
	var seq pretokenize.Sequence
	for _, expr := range words {
		p, err := pattern.Compile(expr)
		if err != nil {
			return pre{}, fmt.Errorf("the pre-tokenizer %q of %s: %w", name, keyPre, err)
		}
		seq = append(seq, pretokenize.Cut{Pattern: p, Behavior: pretokenize.Isolated})
	}
	seq = append(seq, pretokenize.ByteLevel{})
	return pre{splitter: seq, wholeWords: wholeWords, addBOS: addBOS}, nil
}
