package subword

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"tiller/model/tokenizer/trie"
)

// Unigram takes the tokens whose scores add up to the most
// (Kudo 2018, arXiv:1804.10959), by one pass over the word (Viterbi).
type Unigram struct {
	vocab  *Vocab
	scores []float64
	trie   *trie.Trie
	unk    int       // -1: none
	bytes  *[256]int // ids of the byte tokens, nil: no byte fallback
	worst  float64   // score of an unknown character
}

// unkPenalty is how much worse an unknown character is than the worst token.
const unkPenalty = 10

// maxPiece bounds the length in bytes of a token, since every place of a word
// is tried with all tokens that match there.
const maxPiece = 1024

func parseUnigram(j modelJSON) (Model, error) {
	var entries [][2]json.RawMessage
	if err := json.Unmarshal(j.Vocab, &entries); err != nil {
		return nil, fmt.Errorf("vocab must be a list of tokens and scores: %w", err)
	}
	n := len(entries)
	if n > maxVocab {
		return nil, fmt.Errorf("vocab has more than %d tokens", maxVocab)
	}
	m := &Unigram{vocab: NewVocab(n), unk: -1, worst: math.Inf(1)}
	for i, entry := range entries {
		if err := m.add(i, entry, n); err != nil {
			return nil, fmt.Errorf("vocab[%d]: %w", i, err)
		}
	}
	m.worst -= unkPenalty
	m.index()
	if j.UnkID != nil && string(j.UnkID) != "null" {
		if err := json.Unmarshal(j.UnkID, &m.unk); err != nil || m.unk < 0 || m.unk >= n {
			return nil, fmt.Errorf("unk_id is %s, with %d tokens", j.UnkID, n)
		}
	}
	if j.ByteFallback != nil && *j.ByteFallback {
		m.bytes = m.vocab.byteIDs()
	}
	return m, nil
}

func (m *Unigram) add(id int, entry [2]json.RawMessage, n int) error {
	var token string
	var score float64
	if err := json.Unmarshal(entry[0], &token); err != nil {
		return err
	}
	if err := json.Unmarshal(entry[1], &score); err != nil {
		return err
	}
	if len(token) > maxPiece {
		return fmt.Errorf("a token has %d bytes; at most %d are read", len(token), maxPiece)
	}
	if err := m.vocab.Add(token, id, n); err != nil {
		return err
	}
	m.scores = append(m.scores, score)
	m.worst = min(m.worst, score)
	return nil
}

// index makes the tokens findable.
func (m *Unigram) index() {
	ids := make([]int, m.vocab.Size())
	for i := range ids {
		ids[i] = i
	}
	m.trie = trie.New(m.vocab.tokens, ids)
}

// Vocab is the vocabulary of the model.
func (m *Unigram) Vocab() *Vocab { return m.vocab }

// best is the best way to reach a place in a word: its last token.
type best struct {
	score float64
	start int // -1: not reached
	id    int
}

var errUnknown = errors.New("the text has a character that is not in the vocabulary, which has no unknown token")

// Tokenize cuts word into tokens.
func (m *Unigram) Tokenize(word string, out []Token) ([]Token, error) {
	path, err := m.bestPath(word)
	if err != nil {
		return out, err
	}
	// Walk back from the end; neighbouring unknown characters become one.
	first := len(out)
	for end := len(word); end > 0; {
		b := path[end]
		start := b.start
		for b.id == m.unk && start > 0 && path[start].id == m.unk {
			start = path[start].start
		}
		out = append(out, Token{ID: b.id, Start: start, End: end})
		end = start
	}
	reverse(out[first:])
	return m.resolve(word, out, first)
}

func reverse(t []Token) {
	for i, j := 0, len(t)-1; i < j; i, j = i+1, j-1 {
		t[i], t[j] = t[j], t[i]
	}
}

// resolve spells the unknown tokens of out[first:] byte by byte if it can. An
// unknown stretch that happens to be a token is that token.
func (m *Unigram) resolve(word string, out []Token, first int) ([]Token, error) {
	if m.unk < 0 {
		return out, nil
	}
	var done []Token
	for i := first; i < len(out); i++ {
		t := out[i]
		if t.ID != m.unk {
			if done != nil {
				done = append(done, t)
			}
			continue
		}
		if done == nil {
			done = append(make([]Token, 0, len(out)-first), out[first:i]...)
		}
		if id, ok := m.vocab.ID(word[t.Start:t.End]); ok {
			t.ID = id
		} else if m.bytes != nil {
			var ok bool
			if done, ok = spell(m.bytes, word, t.Start, t.End, done); ok {
				continue
			}
		}
		done = append(done, t)
	}
	if done == nil {
		return out, nil
	}
	return append(out[:first], done...), nil
}

// bestPath returns, for every byte of word that a token may end at, the best
// last token.
func (m *Unigram) bestPath(word string) ([]best, error) {
	path := make([]best, len(word)+1)
	for i := range path {
		path[i].start = -1
	}
	path[0].start = 0
	for at := 0; at < len(word); {
		width := runeWidth(word, at)
		single := false
		m.trie.Prefixes(word[at:], func(n, id int) {
			single = single || n == width
			improve(&path[at+n], path[at].score+m.scores[id], at, id)
		})
		if !single {
			if m.unk < 0 {
				return nil, errUnknown
			}
			improve(&path[at+width], path[at].score+m.worst, at, m.unk)
		}
		at += width
	}
	return path, nil
}

func improve(b *best, score float64, start, id int) {
	if b.start < 0 || score > b.score {
		*b = best{score: score, start: start, id: id}
	}
}
