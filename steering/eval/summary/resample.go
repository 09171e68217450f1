package summary

import (
	"math"
	"math/rand/v2"
	"slices"

	"tiller/steering/statistics"
)

// A resampler draws problems anew, with replacement, for the intervals of many
// figures at once: those on the same problems share the draws, which are what
// [statistics.Bootstrap] draws, and so does every figure's interval equal
// its. Over a hundred control lanes that is a hundred times less work.
type resampler struct {
	options Options
	groups  []*group
	known   map[string]*group // by which problems it is of
	after   []func()
}

// group is figures on the same problems.
type group struct {
	problems []int32
	columns  [][]float64 // by problem of the set, each once
	figures  []*figure
}

type figure struct {
	columns []int // of the group
	of      func(sums []float64) float64
	values  []float64
}

// interval asks for that of a figure of some columns' sums over problems. The
// place that into points to holds it once run has returned.
func (r *resampler) interval(into *statistics.Interval, problems []int32, of func(sums []float64) float64, columns ...[]float64) {
	*into = statistics.Undefined()
	if len(problems) == 0 {
		return
	}
	g := r.group(problems)
	f := &figure{of: of}
	for _, c := range columns {
		f.columns = append(f.columns, g.column(c))
	}
	g.figures = append(g.figures, f)
	r.then(func() {
		slices.Sort(f.values)
		*into = statistics.Interval{Low: statistics.Quantile(f.values, .025), High: statistics.Quantile(f.values, .975)}
		f.values = nil
	})
}

// then has something done once the intervals asked for so far are there.
func (r *resampler) then(f func()) { r.after = append(r.after, f) }

// group finds the figures on some problems.
func (r *resampler) group(problems []int32) *group {
	bits := make([]byte, problems[len(problems)-1]/8+1)
	for _, p := range problems {
		bits[p/8] |= 1 << (p % 8)
	}
	if g, ok := r.known[string(bits)]; ok {
		return g
	}
	g := &group{problems: problems}
	if r.known == nil {
		r.known = map[string]*group{}
	}
	r.known[string(bits)] = g
	r.groups = append(r.groups, g)
	return g
}

// column is the index of a column, which is known by where it is.
func (g *group) column(c []float64) int {
	for i, known := range g.columns {
		if &known[0] == &c[0] {
			return i
		}
	}
	g.columns = append(g.columns, c)
	return len(g.columns) - 1
}

// run draws, and puts the intervals where they were asked for.
func (r *resampler) run() {
	for _, g := range r.groups {
		g.run(r.options.bootstrap(len(g.problems)))
	}
	for _, f := range r.after {
		f()
	}
}

func (g *group) run(b Bootstrap) {
	n, width := len(g.problems), len(g.columns)
	scores := make([]float64, n*width)
	for i, p := range g.problems {
		for c, column := range g.columns {
			scores[i*width+c] = column[p]
		}
	}
	const boot = 0x626f6f74 // the stream of package statistics
	random := rand.New(rand.NewPCG(b.Seed, boot))
	times, sums := make([]float64, n), make([]float64, width)
	var of []float64
	for range b.Resamples {
		clear(times)
		for range n {
			times[random.Uint32N(uint32(n))]++
		}
		clear(sums)
		for i, t := range times {
			if t == 0 {
				continue
			}
			for c, x := range scores[i*width : (i+1)*width] {
				sums[c] += float64(t * x) // never fused: the bits are the same everywhere
			}
		}
		for _, f := range g.figures {
			of = of[:0]
			for _, c := range f.columns {
				of = append(of, sums[c])
			}
			if x := f.of(of); finite(x) {
				f.values = append(f.values, x)
			}
		}
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// defined is x, nil where it is not a number.
func defined(x float64) *float64 {
	if !finite(x) {
		return nil
	}
	return &x
}
