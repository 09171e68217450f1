package subword

import (
	"errors"
	"fmt"
)

// BPE is byte-pair encoding: a word starts as its characters, and the
// neighbours that rank best are joined until none can be
// (Sennrich et al. 2016, arXiv:1508.07909).
type BPE struct {
	vocab      *Vocab
	merges     map[uint64]merge // by pair of ids; nil: any two that spell a token, ranked by it
	ranks      []int32          // rank of each id when merges is nil
	unk        int              // -1: none
	lostUnk    string           // name of an unknown token that is not in the vocabulary
	fuseUnk    bool
	bytes      *[256]int // ids of the byte tokens, nil: no byte fallback
	wholeWords bool      // a word that is in the vocabulary is taken as it is
	prefix     string    // of every character but the first of a word
	suffix     string    // of the last character of a word
}

type merge struct {
	rank int32
	id   int32
}

func pair(left, right int) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// Vocab is the vocabulary of the model.
func (m *BPE) Vocab() *Vocab { return m.vocab }

func parseBPE(j modelJSON) (Model, error) {
	if j.Dropout != nil && *j.Dropout != 0 {
		return nil, fmt.Errorf("dropout is %v; a tokenizer that is random can't be used", *j.Dropout)
	}
	vocab, err := parseVocab(j.Vocab)
	if err != nil {
		return nil, err
	}
	m := &BPE{vocab: vocab, unk: -1, merges: make(map[uint64]merge, vocab.Count())}
	m.prefix, m.suffix = text(j.Prefix, ""), text(j.Suffix, "")
	m.fuseUnk = j.FuseUnk != nil && *j.FuseUnk
	m.wholeWords = j.IgnoreMerges != nil && *j.IgnoreMerges
	if j.ByteFallback != nil && *j.ByteFallback {
		m.bytes = vocab.byteIDs()
	}
	if j.Unk != nil {
		if id, ok := vocab.ID(*j.Unk); ok {
			m.unk = id
		} else {
			m.lostUnk = *j.Unk
		}
	}
	if j.Merges == nil {
		return nil, errors.New("there are no merges")
	}
	return m, parseMerges(j.Merges, m.addMerge)
}

// addMerge adds the merge with rank i. A pair that is there twice keeps its
// last rank, as in the reference.
func (m *BPE) addMerge(i int, left, right string) error {
	a, ok := m.vocab.ID(left)
	if !ok {
		return fmt.Errorf("the token %q is not in vocab", left)
	}
	b, ok := m.vocab.ID(right)
	if !ok {
		return fmt.Errorf("the token %q is not in vocab", right)
	}
	if len(right) < len(m.prefix) {
		return fmt.Errorf("the token %q is shorter than continuing_subword_prefix", right)
	}
	joined, ok := m.vocab.ID(left + right[len(m.prefix):])
	if !ok {
		return fmt.Errorf("the token %q, which joins %q and %q, is not in vocab", left+right[len(m.prefix):], left, right)
	}
	m.merges[pair(a, b)] = merge{rank: int32(i), id: int32(joined)}
	return nil
}

// Tokenize cuts word into tokens.
func (m *BPE) Tokenize(word string, out []Token) ([]Token, error) {
	if word == "" {
		return out, nil
	}
	if m.wholeWords {
		if id, ok := m.vocab.ID(word); ok {
			return append(out, Token{ID: id, End: len(word)}), nil
		}
	}
	first := len(out)
	out, err := m.characters(word, out)
	if err != nil {
		return out, err
	}
	w := mergeWord{model: m, word: word, tokens: out[first:]}
	return append(out[:first], w.run()...), nil
}

// characters appends the tokens of the single characters of word.
func (m *BPE) characters(word string, out []Token) ([]Token, error) {
	first := len(out)
	for i := 0; i < len(word); {
		end := i + runeWidth(word, i)
		if id, ok := m.vocab.ID(m.affixed(word, i, end)); ok {
			out = append(out, Token{ID: id, Start: i, End: end})
			i = end
			continue
		}
		var err error
		if out, err = m.unknown(word, i, end, out, first); err != nil {
			return out, err
		}
		i = end
	}
	return out, nil
}

// affixed is the character word[i:end] as the vocabulary writes it.
func (m *BPE) affixed(word string, i, end int) string {
	s := word[i:end]
	if i > 0 && m.prefix != "" {
		s = m.prefix + s
	}
	if end == len(word) && m.suffix != "" {
		s += m.suffix
	}
	return s
}

// unknown appends what stands for a character that is not in the vocabulary:
// its bytes, the unknown token, or nothing.
func (m *BPE) unknown(word string, i, end int, out []Token, first int) ([]Token, error) {
	if m.bytes != nil {
		if more, ok := spell(m.bytes, word, i, end, out); ok {
			return more, nil
		}
	}
	switch {
	case m.lostUnk != "":
		return out, fmt.Errorf("the character %q is not in the vocabulary, and neither is the unknown token %q", word[i:end], m.lostUnk)
	case m.unk < 0:
		return out, nil
	}
	if n := len(out); m.fuseUnk && n > first && out[n-1].ID == m.unk && out[n-1].End == i {
		out[n-1].End = end
		return out, nil
	}
	return append(out, Token{ID: m.unk, Start: i, End: end}), nil
}

// lookup returns the rank and the id of two neighbours joined.
func (m *BPE) lookup(word string, left, right Token) (merge, bool) {
	if m.merges != nil {
		got, ok := m.merges[pair(left.ID, right.ID)]
		return got, ok
	}
	if right.End-left.Start > m.vocab.longest {
		return merge{}, false
	}
	id, ok := m.vocab.ID(word[left.Start:right.End])
	if !ok {
		return merge{}, false
	}
	return merge{rank: m.ranks[id], id: int32(id)}, true
}
