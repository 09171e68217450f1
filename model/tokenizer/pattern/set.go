package pattern

import (
	"slices"
	"unicode"
)

// set is a set of runes: a bitmap for ASCII and sorted, disjoint, inclusive
// ranges for all of them.
type set struct {
	ascii  [2]uint64
	ranges []runeRange
}

type runeRange struct{ lo, hi rune }

func (s *set) has(r rune) bool {
	if uint32(r) < 128 {
		return s.ascii[r>>6]&(1<<(uint(r)&63)) != 0
	}
	lo, hi := 0, len(s.ranges)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch rr := s.ranges[mid]; {
		case r < rr.lo:
			hi = mid
		case r > rr.hi:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}

// newSet sorts and joins ranges.
func newSet(ranges []runeRange) *set {
	slices.SortFunc(ranges, func(a, b runeRange) int { return int(a.lo) - int(b.lo) })
	s := &set{}
	for _, r := range ranges {
		if n := len(s.ranges); n > 0 && r.lo <= s.ranges[n-1].hi+1 {
			s.ranges[n-1].hi = max(s.ranges[n-1].hi, r.hi)
			continue
		}
		s.ranges = append(s.ranges, r)
	}
	for _, r := range s.ranges {
		for c := r.lo; c <= r.hi && c < 128; c++ {
			s.ascii[c>>6] |= 1 << (uint(c) & 63)
		}
	}
	return s
}

// negate returns the ranges of all runes outside s.
func (s *set) negate() []runeRange {
	var out []runeRange
	next := rune(0)
	for _, r := range s.ranges {
		if r.lo > next {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

func tableRanges(tables ...*unicode.RangeTable) []runeRange {
	var out []runeRange
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, runeRange{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			out = append(out, runeRange{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return out
}

// spaceRanges is \s: the Unicode property White_Space.
func spaceRanges() []runeRange { return tableRanges(unicode.White_Space) }

// alphabeticRanges is \p{Alphabetic}.
func alphabeticRanges() []runeRange {
	return tableRanges(unicode.L, unicode.Nl, unicode.Other_Alphabetic)
}

// wordRanges is \w as Oniguruma has it: what is alphabetic, marks, decimal
// digits, connectors, and the raised digits and fractions of Latin-1.
func wordRanges() []runeRange {
	latin := []runeRange{{0xb2, 0xb3}, {0xb9, 0xb9}, {0xbc, 0xbe}}
	return slices.Concat(alphabeticRanges(), tableRanges(unicode.M, unicode.Nd, unicode.Pc), latin)
}
