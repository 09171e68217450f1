package problem

import "math/rand/v2"

// dial turns a dial of ten digits forth and back:
//
//	dial at 3 . ann +2 . bob -4 . which digit is the dial at ?
func dial() Family {
	args := append(digits("+")[1:], digits("-")[1:]...)
	states := digits("")
	return Family{
		Name:    "dial",
		About:   "Turn a dial with the digits 0 to 9 forth and back, past 9 to 0.",
		start:   "dial at",
		asked:   "which digit is the dial at",
		wanted:  "the digit of the dial",
		states:  states,
		answers: states,
		args:    args,
		draw: func(into []string, r *rand.Rand) string {
			start := states[r.IntN(len(states))]
			choose(into, args, r)
			return start
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
			case ok && sign == '-':
				return lastDigit(s - d), true
			}
			return "", false
		},
	}
}
