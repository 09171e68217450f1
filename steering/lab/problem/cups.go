package problem

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// cups swaps two of three cups at a time, a coin under one of them:
//
//	coin left . ann left-middle . bob middle-right . where is the coin after these swaps ?
func cups() Family {
	states := []string{"left", "middle", "right"}
	args := []string{"left-middle", "left-right", "middle-right"}
	return Family{
		Name:    "cups",
		About:   "Follow a coin under three cups, two of which are swapped at a time.",
		start:   "coin",
		asked:   "where is the coin after these swaps",
		wanted:  "the place of the coin",
		states:  states,
		answers: states,
		args:    args,
		draw: func(into []string, r *rand.Rand) string {
			start := states[r.IntN(len(states))]
			choose(into, args, r)
			return start
		},
		apply: func(state, arg string) (string, bool) {
			if !slices.Contains(states, state) || !slices.Contains(args, arg) {
				return "", false
			}
			switch a, b, _ := strings.Cut(arg, "-"); state {
			case a:
				return b, true
			case b:
				return a, true
			}
			return state, true
		},
	}
}
