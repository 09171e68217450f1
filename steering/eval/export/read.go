package export

import (
	"cmp"
	"slices"

	"tiller/steering/eval"
	"tiller/steering/eval/summary"
)

// answers are one lane's to one set: samples[i] is to problems[i]. They are
// ordered by problem, as the set is, and draw.
type answers struct {
	lane     *summary.Lane
	guard    bool
	places   []int // of the problems in the set, 0-based
	problems []*eval.Problem
	samples  []*eval.Sample
}

// together is about how many bytes of samples are in memory at a time.
const together = 256 << 20

// byLane gives each lane's answers to f, the set's before the guard set's. It
// reads the samples as often as needed to hold few of them.
func byLane(run string, s *summary.Summary, f func(answers) error) error {
	problems, err := eval.ReadProblems(run)
	if err != nil {
		return err
	}
	type key struct {
		id    string
		guard bool
	}
	at, count := map[key]int{}, map[bool]int{}
	place := make([]int, len(problems))
	for i, p := range problems {
		at[key{p.ID, p.Guard}] = i
		place[i] = count[p.Guard]
		count[p.Guard]++
	}
	for _, lanes := range batches(s.Lanes) {
		found := map[string][2][]*eval.Sample{}
		for i := range lanes {
			found[lanes[i].Name] = [2][]*eval.Sample{}
		}
		err := eval.ReadSamples(run, func(x *eval.Sample) {
			some, ok := found[x.Lane]
			if _, asked := at[key{x.ID, x.Guard}]; !ok || !asked {
				return
			}
			set := 0
			if x.Guard {
				set = 1
			}
			some[set] = append(some[set], x)
			found[x.Lane] = some
		})
		if err != nil {
			return err
		}
		for i := range lanes {
			for set, guard := range []bool{false, true} {
				a := answers{lane: &lanes[i], guard: guard, samples: found[lanes[i].Name][set]}
				slices.SortFunc(a.samples, func(x, y *eval.Sample) int {
					return cmp.Or(cmp.Compare(at[key{x.ID, guard}], at[key{y.ID, guard}]), cmp.Compare(x.Draw, y.Draw))
				})
				for _, x := range a.samples {
					p := at[key{x.ID, guard}]
					a.places, a.problems = append(a.places, place[p]), append(a.problems, &problems[p])
				}
				if guard && s.Guard == nil {
					continue
				}
				if err := f(a); err != nil {
					return err
				}
			}
			delete(found, lanes[i].Name)
		}
	}
	return nil
}

// batches are lanes whose samples fit into memory together, by how many there
// are and how long they are.
func batches(lanes []summary.Lane) [][]summary.Lane {
	var out [][]summary.Lane
	size, from := 0, 0
	for i := range lanes {
		of := bytesOf(&lanes[i].Figures)
		if g := lanes[i].Guard; g != nil {
			of += bytesOf(g)
		}
		if size += of; size > together && i > from {
			out = append(out, lanes[from:i])
			from, size = i, of
		}
	}
	if from < len(lanes) {
		out = append(out, lanes[from:])
	}
	return out
}

// bytesOf is about what a lane's samples take.
func bytesOf(f *summary.Figures) int {
	const sample, token = 1024, 8
	return sample*f.N + token*f.Tokens
}
