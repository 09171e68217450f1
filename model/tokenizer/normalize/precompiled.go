package normalize

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"tiller/model/tokenizer/aligned"
)

// precompiled is SentencePiece's compiled table of replacements: a double-array
// trie (github.com/s-yata/darts-clone) from texts to offsets in a block of
// strings that end in NUL.
type precompiled struct {
	trie    []uint32
	strings []byte
}

func parsePrecompiled(raw json.RawMessage) (Normalizer, error) {
	var j struct {
		Map *string `json:"precompiled_charsmap"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Map == nil {
		return nil, errors.New("a Precompiled has no precompiled_charsmap")
	}
	blob, err := base64.StdEncoding.DecodeString(*j.Map)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap is not base64: %w", err)
	}
	if len(blob) == 0 {
		return Sequence{}, nil
	}
	return Precompiled(blob)
}

// Precompiled reads SentencePiece's precompiled_charsmap: the length of the
// trie in bytes as a little-endian uint32, the trie, and the strings.
func Precompiled(blob []byte) (Normalizer, error) {
	if len(blob) < 4 {
		return nil, fmt.Errorf("precompiled_charsmap is %d bytes long, too short for its header", len(blob))
	}
	size := uint64(binary.LittleEndian.Uint32(blob))
	if size%4 != 0 || size == 0 || size > uint64(len(blob)-4) {
		return nil, fmt.Errorf("precompiled_charsmap says its trie has %d bytes, with %d bytes there", size, len(blob)-4)
	}
	p := precompiled{strings: blob[4+size:]}
	if !utf8.Valid(p.strings) {
		return nil, errors.New("precompiled_charsmap holds invalid UTF-8")
	}
	for i := uint64(4); i < 4+size; i += 4 {
		p.trie = append(p.trie, binary.LittleEndian.Uint32(blob[i:]))
	}
	return p, nil
}

// longestWhole is the length in bytes from which a grapheme cluster is no
// longer looked up as a whole, only rune by rune.
const longestWhole = 6

func (p precompiled) Normalize(t aligned.Text) (aligned.Text, error) {
	rest := t.String()
	b := aligned.Change(t, t.Len())
	at, state, most := 0, -1, mostBytes(t)
	for rest != "" {
		if b.Len() > most {
			return t, errGrows
		}
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if len(cluster) < longestWhole {
			if s, ok := p.lookup(cluster); ok {
				b.Replace(at, at+len(cluster), s)
				at += len(cluster)
				continue
			}
		}
		for _, r := range cluster {
			w := utf8.RuneLen(r)
			if s, ok := p.lookup(t.String()[at : at+w]); ok {
				b.Replace(at, at+w, s)
			} else {
				b.Keep(at, at+w)
			}
			at += w
		}
	}
	return b.Text(), nil
}

// lookup finds the replacement of the shortest prefix of key in the trie, as
// the reference does.
func (p precompiled) lookup(key string) (string, bool) {
	pos := unitOffset(p.trie[0])
	for i := range len(key) {
		c := key[i]
		pos ^= uint32(c)
		if c == 0 || int64(pos) >= int64(len(p.trie)) {
			return "", false
		}
		unit := p.trie[pos]
		if unit&(1<<31|0xff) != uint32(c) {
			return "", false
		}
		pos ^= unitOffset(unit)
		if unit>>8&1 == 0 {
			continue
		}
		if int64(pos) >= int64(len(p.trie)) {
			return "", false
		}
		return p.stringAt(p.trie[pos] &^ (1 << 31))
	}
	return "", false
}

func (p precompiled) stringAt(at uint32) (string, bool) {
	if int64(at) >= int64(len(p.strings)) {
		return "", false
	}
	s := p.strings[at:]
	if end := bytes.IndexByte(s, 0); end >= 0 {
		s = s[:end]
	}
	return string(s), utf8.Valid(s)
}

// unitOffset is where the children of a trie unit lie, relative to it.
func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
