package subword

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// MergedBPE builds byte-pair encoding from merges "left right", best first, as
// GGUF files have them. wholeWords says that a word that is in the vocabulary
// is taken as it is.
func MergedBPE(vocab *Vocab, merges []string, wholeWords bool) (*BPE, error) {
	if len(merges) > maxVocab {
		return nil, fmt.Errorf("there are more than %d merges", maxVocab)
	}
	m := &BPE{vocab: vocab, unk: -1, merges: make(map[uint64]merge, len(merges)), wholeWords: wholeWords}
	for i, s := range merges {
		// The space is the first after the first byte: a token may be a space.
		at := -1
		if len(s) > 1 {
			at = strings.IndexByte(s[1:], ' ') + 1
		}
		if at < 1 || at+1 == len(s) {
			return nil, fmt.Errorf("merge %d: %q must be two tokens with a space between them", i, s)
		}
		if _, ok := m.repeated(s[:at], s[at+1:]); ok {
			continue // unlike in tokenizer.json, the first counts
		}
		if err := m.addMerge(i, s[:at], s[at+1:]); err != nil {
			return nil, fmt.Errorf("merge %d: %w", i, err)
		}
	}
	return m, nil
}

func (m *BPE) repeated(left, right string) (merge, bool) {
	a, ok := m.vocab.ID(left)
	if !ok {
		return merge{}, false
	}
	b, ok := m.vocab.ID(right)
	if !ok {
		return merge{}, false
	}
	got, ok := m.merges[pair(a, b)]
	return got, ok
}

// ScoredBPE builds SentencePiece's byte-pair encoding: any two neighbours that
// spell a token are joined, those with the highest score first. scores has one
// for each id. Characters that are not in the vocabulary become their bytes by
// the 256 ids of bytes, or unk where one of those is negative.
func ScoredBPE(vocab *Vocab, scores []float32, bytes *[256]int, unk int) (*BPE, error) {
	order := make([]int, len(scores))
	for i, s := range scores {
		if math.IsNaN(float64(s)) {
			return nil, fmt.Errorf("the score of token %d is not a number", i)
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	m := &BPE{vocab: vocab, unk: unk, fuseUnk: true, bytes: bytes, ranks: make([]int32, len(scores))}
	for i, id := range order {
		if i > 0 && scores[order[i-1]] == scores[id] {
			m.ranks[id] = m.ranks[order[i-1]]
			continue
		}
		m.ranks[id] = int32(i)
	}
	return m, nil
}

// ByteIDs finds the tokens <0x00> to <0xFF> in a list; missing ones are -1.
func ByteIDs(tokens []string) *[256]int {
	v := NewVocab(0)
	for id, t := range tokens {
		if len(t) == len("<0x00>") && strings.HasPrefix(t, "<0x") {
			v.ids[t] = id
		}
	}
	return v.byteIDs()
}
