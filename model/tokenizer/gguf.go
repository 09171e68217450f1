package tokenizer

import (
	"fmt"
	"slices"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/gguf"
	"tiller/model/tokenizer/decode"
	"tiller/model/tokenizer/normalize"
	"tiller/model/tokenizer/pattern"
	"tiller/model/tokenizer/subword"
)

// The keys of a tokenizer in a GGUF file.
const (
	keyModel    = "tokenizer.ggml.model"
	keyPre      = "tokenizer.ggml.pre"
	keyTokens   = "tokenizer.ggml.tokens"
	keyScores   = "tokenizer.ggml.scores"
	keyTypes    = "tokenizer.ggml.token_type"
	keyMerges   = "tokenizer.ggml.merges"
	keyBOS      = "tokenizer.ggml.bos_token_id"
	keyEOS      = "tokenizer.ggml.eos_token_id"
	keyEOT      = "tokenizer.ggml.eot_token_id"
	keyEOM      = "tokenizer.ggml.eom_token_id"
	keyUnknown  = "tokenizer.ggml.unknown_token_id"
	keyAddBOS   = "tokenizer.ggml.add_bos_token"
	keyAddEOS   = "tokenizer.ggml.add_eos_token"
	keyAddSpace = "tokenizer.ggml.add_space_prefix"
)

// tokenType is what tokenizer.ggml.token_type says of a token.
type tokenType int

const (
	typeNormal      tokenType = 1
	typeUnknown     tokenType = 2
	typeControl     tokenType = 3
	typeUserDefined tokenType = 4
	typeUnused      tokenType = 5
	typeByte        tokenType = 6
)

// openGGUF reads the file as a checkpoint is read, which may be cut short
// meanwhile without harm. What is kept of it is copied out of the mapping.
func openGGUF(path string) (*Tokenizer, error) {
	c, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return FromGGUF(c.GGUF, path)
}

// FromGGUF builds the tokenizer that a GGUF file describes. name is used in
// errors. It refuses kinds and pre-tokenizers that it doesn't know by name.
func FromGGUF(f *gguf.File, name string) (*Tokenizer, error) {
	t, err := fromGGUF(f, name)
	if err != nil {
		return nil, inFile(name, err)
	}
	return t, nil
}

// ggufVocab is what the keys of a GGUF file say about its tokens.
type ggufVocab struct {
	f      *gguf.File
	tokens []string
	types  []tokenType
	special
}

// special are the ids that have a use of their own, -1 where there is none.
type special struct{ bos, eos, eot, eom, unknown int }

func fromGGUF(f *gguf.File, name string) (*Tokenizer, error) {
	kind, ok, err := f.Text(keyModel)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("there is no tokenizer, since the key %s is missing", keyModel)
	}
	v, err := readGGUFVocab(f)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{name: name, size: len(v.tokens)}
	var addBOS bool
	switch kind {
	case "gpt2":
		addBOS, err = t.buildGPT2(v)
	case "llama":
		addBOS, err = true, t.buildLlama(v)
	default:
		return nil, fmt.Errorf("the tokenizer kind %q of %s is not supported, only gpt2 and llama", kind, keyModel)
	}
	if err != nil {
		return nil, err
	}
	return t, t.finishGGUF(v, addBOS)
}

func readGGUFVocab(f *gguf.File) (*ggufVocab, error) {
	v := &ggufVocab{f: f}
	var ok bool
	var err error
	if v.tokens, ok, err = f.Texts(keyTokens); err != nil {
		return nil, err
	}
	if !ok || len(v.tokens) == 0 {
		return nil, fmt.Errorf("there are no tokens, since the key %s is missing or empty", keyTokens)
	}
	types, ok, err := f.Ints(keyTypes)
	if err != nil {
		return nil, err
	}
	if ok && len(types) != len(v.tokens) {
		return nil, fmt.Errorf("%s has %d entries for the %d tokens of %s", keyTypes, len(types), len(v.tokens), keyTokens)
	}
	v.types = make([]tokenType, len(v.tokens))
	for i := range v.types {
		v.types[i] = typeNormal
		if ok {
			v.types[i] = tokenType(types[i])
		}
	}
	for i, token := range v.tokens {
		if token == "" {
			v.tokens[i] = fmt.Sprintf("[EMPTY_%d]", i)
		}
	}
	return v, v.readSpecial()
}

func (v *ggufVocab) readSpecial() error {
	for _, part := range []struct {
		key string
		id  *int
	}{{keyBOS, &v.bos}, {keyEOS, &v.eos}, {keyEOT, &v.eot}, {keyEOM, &v.eom}, {keyUnknown, &v.unknown}} {
		*part.id = -1
		id, ok, err := v.f.Uint(part.key)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if id >= uint64(len(v.tokens)) {
			return fmt.Errorf("%s is %d, which is out of range for a vocabulary of %d", part.key, id, len(v.tokens))
		}
		*part.id = int(id)
		if part.id != &v.unknown && v.types[id] != typeUserDefined {
			v.types[id] = typeControl
		}
	}
	v.overrideTypes()
	return nil
}

// vocab makes the vocabulary of the model. Only what text may become is found
// by its name: control tokens and bytes are not, whatever the text looks like.
func (v *ggufVocab) vocab() (*subword.Vocab, error) {
	out := subword.NewVocab(len(v.tokens))
	for id, token := range v.tokens {
		add := out.AddHidden
		if v.types[id] == typeNormal || v.types[id] == typeUserDefined {
			add = out.Add
		}
		if err := add(token, id, len(v.tokens)); err != nil {
			return nil, fmt.Errorf("%s: %w", keyTokens, err)
		}
	}
	return out, nil
}

// buildGPT2 builds a byte-level tokenizer; addBOS says whether it puts BOS
// before texts unless a key says otherwise.
func (t *Tokenizer) buildGPT2(v *ggufVocab) (addBOS bool, err error) {
	name, ok, err := v.f.Text(keyPre)
	if err != nil {
		return false, err
	}
	if !ok {
		name = "default"
	}
	pre, err := preTokenizer(name)
	if err != nil {
		return false, err
	}
	merges, ok, err := v.f.Texts(keyMerges)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, fmt.Errorf("there are no merges, since the key %s is missing", keyMerges)
	}
	vocab, err := v.vocab()
	if err != nil {
		return false, err
	}
	if t.model, err = subword.MergedBPE(vocab, merges, pre.wholeWords); err != nil {
		return false, fmt.Errorf("%s: %w", keyMerges, err)
	}
	t.splitter = pre.splitter
	t.decoder = decode.ByteLevel{}
	return pre.addBOS, nil
}

// spaceMark is how SentencePiece writes a space.
const spaceMark = "▁"

// buildLlama builds a SentencePiece tokenizer with byte fallback.
func (t *Tokenizer) buildLlama(v *ggufVocab) error {
	scores, ok, err := v.f.Floats(keyScores)
	if err != nil {
		return err
	}
	if !ok || len(scores) != len(v.tokens) {
		return fmt.Errorf("%s has %d entries for the %d tokens of %s", keyScores, len(scores), len(v.tokens), keyTokens)
	}
	addSpace, err := v.flag(keyAddSpace, true)
	if err != nil {
		return err
	}
	for i, ty := range v.types {
		if ty == typeUnknown && v.unknown < 0 {
			v.unknown = i
		}
	}
	vocab, err := v.vocab()
	if err != nil {
		return err
	}
	if t.model, err = subword.ScoredBPE(vocab, scores, subword.ByteIDs(v.tokens), v.unknown); err != nil {
		return fmt.Errorf("%s: %w", keyScores, err)
	}
	spaces := normalize.Sequence{normalize.Replace{Pattern: pattern.Literal(" "), Content: spaceMark}}
	back := decode.Sequence{
		decode.Replace{Pattern: pattern.Literal(spaceMark), Content: " "}, decode.ByteFallback{}, decode.Fuse{},
	}
	if addSpace {
		spaces = slices.Insert(spaces, 0, normalize.Normalizer(normalize.Prepend(spaceMark)))
		back = append(back, decode.Strip{Content: ' ', Start: 1})
	}
	t.normalizer, t.decoder = spaces, back
	if v.bos < 0 && len(v.tokens) > 2 { // the defaults of this kind
		v.bos = 1
	}
	if v.eos < 0 && len(v.tokens) > 2 {
		v.eos = 2
	}
	return nil
}

func (v *ggufVocab) flag(key string, missing bool) (bool, error) {
	b, ok, err := v.f.Flag(key)
	if err != nil || !ok {
		return missing, err
	}
	return b, nil
}

// finishGGUF sets what all kinds have.
func (t *Tokenizer) finishGGUF(v *ggufVocab, addBOS bool) error {
	var tokens []addedToken
	for id, ty := range v.types {
		switch ty {
		case typeControl, typeUnknown:
			tokens = append(tokens, addedToken{ID: id, Content: v.tokens[id], Special: true})
		case typeUserDefined:
			tokens = append(tokens, addedToken{ID: id, Content: v.tokens[id]})
		}
	}
	var err error
	if t.added, err = newAdded(tokens, t.normalizer, true); err != nil {
		return fmt.Errorf("%s: %w", keyTokens, err)
	}
	if addBOS, err = v.flag(keyAddBOS, addBOS); err != nil {
		return err
	}
	addEOS, err := v.flag(keyAddEOS, false)
	if err != nil {
		return err
	}
	if addBOS && v.bos < 0 {
		return fmt.Errorf("a text must begin with BOS, but the key %s is missing", keyBOS)
	}
	if addEOS && v.eos < 0 {
		return fmt.Errorf("a text must end with EOS, but the key %s is missing", keyEOS)
	}
	if addBOS {
		t.prefix = []int{v.bos}
	}
	if addEOS {
		t.suffix = []int{v.eos}
	}
	t.bos, t.eos = v.bos, v.endings()
	return t.chatFromGGUF(v.f, v)
}
