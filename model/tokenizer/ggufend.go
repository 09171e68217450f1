package tokenizer

import "slices"

// isEnding says whether a token ends a generation by its name, as llama.cpp
// does: GGUF files name one or two such tokens in their keys; models have more.
func isEnding(name string) bool {
	switch name {
	case "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>",
		"<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
		"<|end_of_text|>", "<end_of_utterance>", "<eos>", "<｜end▁of▁sentence｜>",
		// Tokens that separate files in training code, or fill up.
		"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|file_sep|>",
		"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>":
		return true
	}
	return false
}

// overrideTypes corrects the types of tokens that converters get wrong: those
// that end a generation are control tokens.
func (v *ggufVocab) overrideTypes() {
	for id, name := range v.tokens {
		if isEnding(name) && v.types[id] != typeUnused {
			v.types[id] = typeControl
		}
	}
}

// endings are all tokens that end a generation, in increasing order.
func (v *ggufVocab) endings() []int {
	var out []int
	byName := map[string]int{}
	for id, name := range v.tokens {
		if isEnding(name) {
			byName[name] = id
			out = append(out, id)
		}
	}
	for _, id := range []int{v.eos, v.eot, v.eom} {
		if id >= 0 {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	// In the harmony format <|end|> ends a message, not the answer.
	_, returns := byName["<|return|>"]
	_, calls := byName["<|call|>"]
	if end, ok := byName["<|end|>"]; ok && returns && calls {
		out = slices.DeleteFunc(out, func(id int) bool { return id == end })
	}
	return out
}
