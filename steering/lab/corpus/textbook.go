package corpus

import (
	"math/rand/v2"

	"tiller/steering/lab/problem"
)

// writeTextbook writes an exercise of what every reasoning needs: finding an
// argument by its name, and applying one.
func writeTextbook(w *writer, mix Mix, r *rand.Rand) {
	if r.Float64() < mix.Recall {
		writeRecall(w, mix, r)
	} else {
		writeFacts(w, mix, r)
	}
}

// writeRecall writes facts of all families together and once more: in any
// order, in the same one, or in one that is told as a question of the family
// turns does. The latter two teach who comes next, which reasoning has to know
// before every step.
//
//	ann 8 . eve pushes . bob +6 . again : eve pushes . bob +6 . ann 8 .
//	ann 8 . eve pushes . bob +6 . in order : ann 8 . eve pushes . bob +6 .
//	ann 8 . eve pushes . bob +6 . turns : bob ann eve . in order : bob +6 . ann 8 . eve pushes .
func writeRecall(w *writer, mix Mix, r *rand.Rand) {
	names := problem.Names()
	who := r.Perm(len(names))[:mix.RecallLeast+r.IntN(mix.RecallMost-mix.RecallLeast+1)]
	args := make([]string, len(who))
	for i := range who {
		args[i] = drawArg(drawFamily(r), r)
		w.add(mix.Surprise, names[who[i]], args[i], ".")
	}
	order := make([]int, len(who))
	for i := range order {
		order[i] = i
	}
	next := float32(1) // the weight of a name
	switch u := r.Float64(); {
	case u < mix.RecallInOrder:
		w.text(mix.Surprise, "in order :")
	case u < mix.RecallInOrder+mix.RecallByTurns:
		order = r.Perm(len(who))
		w.text(mix.Surprise, "turns :")
		for _, i := range order {
			w.add(mix.Surprise, names[who[i]])
		}
		w.text(mix.Surprise, ". in order :")
	default:
		order = r.Perm(len(who))
		w.text(mix.Surprise, "again :")
		next = mix.Surprise // nobody can tell whose turn it is
	}
	for _, i := range order {
		w.add(next, names[who[i]])
		w.add(1, args[i], ".")
	}
	w.add(1, EOS)
}

// writeFacts writes single steps, each on its own, with a slip now and then:
//
//	fact 3 cat +4 gives 9 . wait 3 cat +4 gives 7 . fact on ann pushes gives off .
func writeFacts(w *writer, mix Mix, r *rand.Rand) {
	names := problem.Names()
	for range mix.FactsLeast + r.IntN(mix.FactsMost-mix.FactsLeast+1) {
		f := drawFamily(r)
		states := f.States()
		state, name, arg := states[r.IntN(len(states))], names[r.IntN(len(names))], drawArg(f, r)
		right, _ := f.Apply(state, arg)
		// That no slip is to be repaired is as much to be learnt as that one is:
		// what begins a sentence counts in full.
		w.add(1, "fact")
		w.add(mix.Surprise, state, name, arg)
		if happens(mix.FactSlip, r) {
			w.add(1, "gives")
			w.add(mix.Surprise, otherState(f, right, r))
			w.add(1, ".")
			writeStep(w, "wait", problem.Step{State: state, Name: name, Arg: arg, Result: right}, 1)
			continue
		}
		w.add(1, "gives", right, ".")
	}
	w.add(1, EOS)
}

func drawFamily(r *rand.Rand) problem.Family {
	all := problem.Families()
	return all[r.IntN(len(all))]
}

func drawArg(f problem.Family, r *rand.Rand) string {
	args := f.Args()
	return args[r.IntN(len(args))]
}
