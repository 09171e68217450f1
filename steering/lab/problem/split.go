package problem

import "fmt"

// Split is one of four sets of problems that have no question and no sequence
// of operands in common.
type Split string

// The splits.
const (
	// Train is for training: sizes 1 to 6.
	Train Split = "train"
	// Tune is for choosing plans: sizes 3 to 6.
	Tune Split = "tune"
	// Test is for measuring: sizes 3 to 6.
	Test Split = "test"
	// Hard is for measuring on longer problems than were trained on: sizes 7
	// to 9.
	Hard Split = "hard"
)

// ParseSplit finds a split by its name.
func ParseSplit(name string) (Split, error) {
	switch s := Split(name); s {
	case Train, Tune, Test, Hard:
		return s, nil
	}
	return "", fmt.Errorf("there is no split named %q, only train, tune, test, hard", name)
}

// Sizes are the smallest and the largest number of facts of a split's
// problems.
func (s Split) Sizes() (least, most int) {
	switch s {
	case Hard:
		return 7, MaxSize
	case Train:
		return 1, 6
	}
	return 3, 6
}

// splitOf says which split a problem is in by its start and its arguments in
// the order of their application. Problems of one or two facts are too few to
// share out, and all belong to training.
func splitOf(start string, args []string) Split {
	switch {
	case len(args) < 3:
		return Train
	case len(args) > 6:
		return Hard
	}
	switch bucket(start, args) {
	case 0:
		return Test
	case 1:
		return Tune
	}
	return Train
}

// salt makes the buckets such that every answer of every family and size is
// found in every split, several times over.
const salt = 3936

// bucket spreads operands over ten buckets.
func bucket(start string, args []string) uint64 {
	// FNV-1a, with a byte between two words that no word has.
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset + salt)
	add := func(word string) {
		for i := range len(word) {
			h = (h ^ uint64(word[i])) * prime
		}
		h = (h ^ ' ') * prime
	}
	add(start)
	for _, arg := range args {
		add(arg)
	}
	// Its low bits hang on few bits of the text; this is the end of splitmix64
	// (Steele et al. 2014).
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return (h ^ h>>31) % 10
}
