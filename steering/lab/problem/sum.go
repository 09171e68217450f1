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
		draw: func(into []string, r *rand.Rand) string {
			choose(into, args, r)
			return ""
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

// choose fills into with words, each as likely and with repeats.
func choose(into, words []string, r *rand.Rand) {
	for i := range into {
		into[i] = words[r.IntN(len(words))]
	}
}
