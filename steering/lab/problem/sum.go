package problem

import "math/rand/v2"

// sum adds digits:
//
//	ann +4 . bob +4 . cat +9 . what is the last digit of the total ?
func sum() Family {
	args := digits("+")
	return Family{
		Name:    "sum",
		About:   "Add up what everybody brings and keep the last digit.",
		asked:   "what is the last digit of the total",
		wanted:  "the last digit of the total",
		states:  digits(""),
		answers: digits(""),
		args:    args,
		draw: func(size int, r *rand.Rand) (string, []string) {
			return "", choose(args, size, r)
		},
		apply: func(state, arg string) (string, bool) {
			sign, d, ok := operand(arg)
			if !ok || sign != '+' {
				return "", false
			}
			if state == "" {
				return lastDigit(d), true
			}
			s, ok := digit(state)
			return lastDigit(s + d), ok
		},
	}
}

// choose draws n of the words, each as likely and with repeats.
func choose(words []string, n int, r *rand.Rand) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = words[r.IntN(len(words))]
	}
	return out
}
