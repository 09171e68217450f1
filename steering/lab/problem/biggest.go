package problem

import (
	"math/rand/v2"
	"strconv"
)

// biggest finds the biggest of digits:
//
//	ann 7 . bob 3 . cat 9 . what is the biggest number ?
func biggest() Family {
	states := digits("")
	return Family{
		Name:    "max",
		About:   "Find the biggest number.",
		asked:   "what is the biggest number",
		wanted:  "the biggest number",
		states:  states,
		answers: states[3:],
		args:    states,
		draw:    drawBiggest,
		apply: func(state, arg string) (string, bool) {
			d, ok := digit(arg)
			if !ok {
				return "", false
			}
			if state == "" {
				return arg, true
			}
			s, ok := digit(state)
			return strconv.Itoa(max(s, d)), ok
		},
	}
}

// drawBiggest draws the answer first, since the biggest of many digits drawn
// alike is mostly 9, and then who has it: the first one half as often as
// another. Below 3 there is hardly anything to be bigger than.
func drawBiggest(into []string, r *rand.Rand) string {
	top := 3 + r.IntN(7)
	for i := range into {
		into[i] = strconv.Itoa(r.IntN(top))
	}
	into[(1+r.IntN(2*len(into)-1))/2] = strconv.Itoa(top)
	return ""
}
