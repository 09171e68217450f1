package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxAffix bounds how many tokens a post-processor may put around a text.
const maxAffix = 1024

// parsePostProcessor reads the value of the key "post_processor" for a single
// text: the ids it puts before and after. size is the size of the vocabulary.
func parsePostProcessor(raw json.RawMessage, size int) (prefix, suffix []int, err error) {
	prefix, suffix, err = parsePost(raw, 8)
	if err != nil {
		return nil, nil, err
	}
	if n := len(prefix) + len(suffix); n > maxAffix {
		return nil, nil, fmt.Errorf("it adds %d tokens to every text; at most %d are read", n, maxAffix)
	}
	for _, ids := range [][]int{prefix, suffix} {
		for _, id := range ids {
			if id < 0 || id >= size {
				return nil, nil, fmt.Errorf("it adds the id %d, which is out of range for a vocabulary of %d", id, size)
			}
		}
	}
	return prefix, suffix, nil
}

func parsePost(raw json.RawMessage, depth int) (prefix, suffix []int, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil, nil
	}
	if depth == 0 {
		return nil, nil, errors.New("sequences nest too deep")
	}
	var kind struct{ Type string }
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, nil, err
	}
	switch kind.Type {
	case "Sequence":
		return parsePostSequence(raw, depth)
	case "TemplateProcessing":
		return parseTemplate(raw)
	case "BertProcessing", "RobertaProcessing":
		return parseClsSep(raw)
	case "ByteLevel": // trims offsets, which are kept whole here
		return nil, nil, nil
	}
	return nil, nil, fmt.Errorf("the post-processor type %q is not supported", kind.Type)
}

func parsePostSequence(raw json.RawMessage, depth int) (prefix, suffix []int, err error) {
	var j struct{ Processors []json.RawMessage }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, nil, err
	}
	if len(j.Processors) > maxAffix {
		return nil, nil, fmt.Errorf("a sequence has %d parts; at most %d are read", len(j.Processors), maxAffix)
	}
	for i, part := range j.Processors {
		before, after, err := parsePost(part, depth-1)
		if err != nil {
			return nil, nil, fmt.Errorf("processors[%d]: %w", i, err)
		}
		prefix = append(before, prefix...)
		suffix = append(suffix, after...)
	}
	return prefix, suffix, nil
}

func parseTemplate(raw json.RawMessage) (prefix, suffix []int, err error) {
	type named struct{ ID string }
	var j struct {
		Single []struct{ Sequence, SpecialToken *named }
		Tokens map[string]struct{ IDs []int } `json:"special_tokens"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, nil, err
	}
	texts := 0
	for i, part := range j.Single {
		switch {
		case part.Sequence != nil && part.Sequence.ID == "A":
			texts++
		case part.SpecialToken != nil:
			token, ok := j.Tokens[part.SpecialToken.ID]
			if !ok {
				return nil, nil, fmt.Errorf("single[%d]: the token %q is not in special_tokens", i, part.SpecialToken.ID)
			}
			if texts == 0 {
				prefix = append(prefix, token.IDs...)
			} else {
				suffix = append(suffix, token.IDs...)
			}
		default:
			return nil, nil, fmt.Errorf("single[%d] must be a SpecialToken or the Sequence A", i)
		}
	}
	if texts != 1 {
		return nil, nil, fmt.Errorf("single has the text %d times; only once is supported", texts)
	}
	return prefix, suffix, nil
}

func parseClsSep(raw json.RawMessage) (prefix, suffix []int, err error) {
	var j struct{ Cls, Sep []json.RawMessage }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, nil, err
	}
	var cls, sep int
	for name, part := range map[string]struct {
		pair []json.RawMessage
		id   *int
	}{"cls": {j.Cls, &cls}, "sep": {j.Sep, &sep}} {
		if len(part.pair) != 2 {
			return nil, nil, fmt.Errorf("%s must be a token and its id", name)
		}
		if err := json.Unmarshal(part.pair[1], part.id); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return []int{cls}, []int{sep}, nil
}
