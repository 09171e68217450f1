package search

import (
	"encoding/binary"
	"hash/fnv"

	"tiller/steering/eval/evalset"
)

// Split makes two sets of one: about half of the problems to choose on and the
// rest to confirm on. On which side a problem is follows from its id and the
// seed alone. Limits keep only the first problems of a side; 0 keeps all.
func Split(s *evalset.Set, seed uint64, tuneLimit, confirmLimit int) (tune, confirm *evalset.Set) {
	a, b := *s, *s
	a.Items, b.Items = nil, nil
	for _, item := range s.Items {
		h := fnv.New64a()
		h.Write(binary.LittleEndian.AppendUint64(nil, seed))
		h.Write([]byte(item.ID))
		if mixed(h.Sum64())>>63 == 0 {
			a.Items = append(a.Items, item)
		} else {
			b.Items = append(b.Items, item)
		}
	}
	if tuneLimit > 0 {
		a.Items = a.Items[:min(tuneLimit, len(a.Items))]
	}
	if confirmLimit > 0 {
		b.Items = b.Items[:min(confirmLimit, len(b.Items))]
	}
	return &a, &b
}

// mixed spreads a hash's bits (the end of Appleby's MurmurHash3): FNV's upper
// ones hardly change with a text's last letters.
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// Shared counts the problems that two sets have in common, by the question: a
// set that shares some with the one that chose confirms less.
func Shared(a, b *evalset.Set) int {
	asked := map[string]bool{}
	for _, item := range a.Items {
		asked[item.Question] = true
	}
	n := 0
	for _, item := range b.Items {
		if asked[item.Question] {
			n++
		}
	}
	return n
}
