package search

import (
	"fmt"
	"math"

	"tiller/steering/statistics"
)

// A Rule says which cells are stopped before they have answered all problems.
//
// It looks at all cells once they have answered 16 problems, and again each
// time that half as many more are there. At a look, the cell with the highest
// score so far is held against each other one on the same problems, by a
// one-sided test of the null hypothesis that the other is no worse. For right
// and wrong answers that is the exact sign test on the problems that one of
// both has right, which is McNemar's. For other scores it is Efron's bound for
// a sum of differences that are symmetric under the hypothesis: with sum S and
// sum of squares Q its p is at most exp(-S²/2Q) (Efron 1969, "Student's t-Test
// Under Symmetry Conditions", JASA 64).
//
// A cell is stopped where p is at most 1 % divided by the number of looks and
// of the other cells (Bonferroni). So the chance that the cell which is truly
// best is ever stopped is at most 1 %, however many others there are. The one
// with the highest score is never stopped.
type Rule struct {
	// Off stops none.
	Off bool
}

const (
	wrongStop = .01 // chance that the best cell is stopped
	firstLook = 16  // problems
)

// looks are after how many of n problems cells are looked at, n left out.
func (r Rule) looks(n int) []int {
	var looks []int
	for at := firstLook; at < n && !r.Off; at += at / 2 {
		looks = append(looks, at)
	}
	return looks
}

// level is the p that stops a cell in a sweep of cells over n problems.
func (r Rule) level(cells, n int) float64 {
	return wrongStop / float64(max(1, len(r.looks(n))*(cells-1)))
}

// Sentence states the rule for a sweep of cells over n problems.
func (r Rule) Sentence(cells, n int) string {
	if r.Off || cells < 2 || len(r.looks(n)) == 0 {
		return "No cell is stopped early."
	}
	return fmt.Sprintf("After %d problems, and whenever half as many more are there, a cell is stopped if the best so far beats it on the same problems "+
		"with a one-sided p of at most %.2g, which is 1 %% for %d looks at %d pairs: the truly best cell is stopped with a chance of at most 1 %%.",
		firstLook, r.level(cells, n), len(r.looks(n)), cells-1)
}

// hopeless reports whether a cell's scores are surely below those of the best
// cell on the same problems.
func hopeless(best, cell []float64, level float64) bool {
	var sum, squares float64
	ahead, behind, signs := 0, 0, true
	for i := range cell {
		d := best[i] - cell[i]
		sum += d
		squares += d * d
		switch d {
		case 1:
			ahead++
		case -1:
			behind++
		case 0:
		default:
			signs = false
		}
	}
	switch {
	case !(sum > 0):
		return false
	case signs:
		return statistics.McNemar(ahead, behind)/2 <= level
	}
	return sum*sum/(2*squares) >= -math.Log(level)
}
