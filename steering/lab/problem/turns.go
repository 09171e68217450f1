package problem

import "math/rand/v2"

// turns changes a score in an order that is told after the facts, and which
// matters:
//
//	score 4 . ann +3 . cat =2 . bob +7 . turns : cat ann bob . what is the last digit of the score ?
func turns() Family {
	add, set, states := digits("+"), digits("="), digits("")
	return Family{
		Name:    "turns",
		About:   "Add to a score or set it, in turns, and keep the last digit.",
		start:   "score",
		asked:   "what is the last digit of the score",
		wanted:  "the last digit of the score",
		states:  states,
		answers: states,
		args:    append(digits("+"), set...),
		ordered: true,
		draw: func(into []string, r *rand.Rand) string {
			choose(into, add, r)
			// What is set last would be the answer, to be read off without a sum.
			for i := range len(into) - 1 {
				if r.IntN(4) == 0 {
					into[i] = set[r.IntN(len(set))]
				}
			}
			return states[r.IntN(len(states))]
		},
		apply: func(state, arg string) (string, bool) {
			s, ok := digit(state)
			if !ok {
				return "", false
			}
			sign, d, ok := operand(arg)
			switch {
			case ok && sign == '+':
				return lastDigit(s + d), true
			case ok && sign == '=':
				return lastDigit(d), true
			}
			return "", false
		},
	}
}
