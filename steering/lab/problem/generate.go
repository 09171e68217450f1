package problem

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// maxDraws bounds how often operands are drawn until they have the answer that
// is wanted and are in the split, which is one draw in a hundred or so.
const maxDraws = 100_000

// Draw draws a problem of a family and a size in a split; all answers are as
// likely. It fails if the split has no problems of that size.
func Draw(split Split, f Family, size int, r *rand.Rand) (Problem, error) {
	if err := split.has(size); err != nil {
		return Problem{}, err
	}
	answer := f.answers[r.IntN(len(f.answers))]
	args := make([]string, size)
	for range maxDraws {
		start := f.draw(args, r)
		if f.solve(start, args) != answer || splitOf(start, args) != split {
			continue
		}
		p := f.dress(start, args, r)
		p.identify(split)
		return p, nil
	}
	return Problem{}, fmt.Errorf("no problem of the family %s with %d facts and the answer %s turned up in the split %s in %d draws", f.Name, size, answer, split, maxDraws)
}

// has fails if a split has no problems of a size.
func (s Split) has(size int) error {
	if least, most := s.Sizes(); size < least || size > most {
		return fmt.Errorf("the split %s has problems of %d to %d facts, none of %d", s, least, most, size)
	}
	return nil
}

// Source draws the problems of a split one after the other, without end. The
// same split, families and seed give the same problems. It is not safe for
// concurrent use.
type Source struct {
	split       Split
	families    []Family
	least, most int
	r           *rand.Rand
	made        int
	seen        map[uint64]struct{} // hashes of questions
}

// NewSource draws from families in turn; from all if there are none.
func NewSource(split Split, families []Family, seed uint64) *Source {
	if len(families) == 0 {
		families = Families()
	}
	least, most := split.Sizes()
	return &Source{
		split: split, families: families, least: least, most: most,
		r:    rand.New(rand.NewPCG(seed, hash(string(split)))),
		seen: map[uint64]struct{}{},
	}
}

// OfSize draws problems of one size only from now on. It fails if the split
// has none.
func (s *Source) OfSize(size int) error {
	if err := s.split.has(size); err != nil {
		return err
	}
	s.least, s.most = size, size
	return nil
}

// maxRepeats bounds how often another problem is drawn in place of one whose
// question was there before.
const maxRepeats = 200

// Next draws a problem whose question hasn't been drawn yet; when such hardly
// turn up any more, one that has.
func (s *Source) Next() (Problem, error) {
	f := s.families[s.made%len(s.families)]
	var p Problem
	for range maxRepeats {
		var err error
		if p, err = Draw(s.split, f, s.least+s.r.IntN(s.most-s.least+1), s.r); err != nil {
			return Problem{}, err
		}
		h := hash(p.Question)
		if _, again := s.seen[h]; !again {
			s.seen[h] = struct{}{}
			break
		}
	}
	s.made++
	return p, nil
}

// Generate draws n problems of a split, of the families in turn; of all if
// there are none. Any seed gives others.
func Generate(split Split, families []Family, n int, seed uint64) ([]Problem, error) {
	s := NewSource(split, families, seed)
	out := make([]Problem, 0, max(n, 0))
	for range n {
		p, err := s.Next()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
