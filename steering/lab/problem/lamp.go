package problem

import (
	"math/rand/v2"
	"slices"
)

// lamp switches a lamp; half of the people do something else instead:
//
//	lamp off . ann pushes . bob waits . is the lamp on or off ?
func lamp() Family {
	states := []string{"on", "off"}
	idle := []string{"waits", "looks", "sleeps"}
	args := append([]string{"pushes"}, idle...)
	return Family{
		Name:    "lamp",
		About:   "A push switches the lamp on or off, and nothing else does.",
		start:   "lamp",
		asked:   "is the lamp on or off",
		wanted:  "the state of the lamp",
		states:  states,
		answers: states,
		args:    args,
		draw: func(into []string, r *rand.Rand) string {
			choose(into, idle, r)
			for i := range into {
				if r.IntN(2) == 0 {
					into[i] = "pushes"
				}
			}
			return states[r.IntN(2)]
		},
		apply: func(state, arg string) (string, bool) {
			i := slices.Index(states, state)
			if i < 0 || !slices.Contains(args, arg) {
				return "", false
			}
			if arg == "pushes" {
				i = 1 - i
			}
			return states[i], true
		},
	}
}
