package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/eval"
	"tiller/steering/statistics"
)

// Side is a lane of a run's folder.
type Side struct {
	Path string `json:"path"`
	Lane string `json:"lane"`
}

// Compared is a lane of one run minus a lane of another, on the problems of
// the set that both have answered, which are known by their ids.
type Compared struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Paired is the number of problems, OnlyA and OnlyB how many one side has
	// beside them. Where one run asks them more often, its first draws count.
	Paired int `json:"paired"`
	OnlyA  int `json:"only_a"`
	OnlyB  int `json:"only_b"`
	// The scores are those on the paired problems.
	ScoreA *float64 `json:"score_a"`
	ScoreB *float64 `json:"score_b"`
	// Delta is A - B.
	Delta     *float64            `json:"delta"`
	DeltaCI95 statistics.Interval `json:"delta_ci95"`
	McNemarP  *float64            `json:"mcnemar_p"`
	// Flips are from B to A: to right means that A has it right.
	Flips *Flips `json:"flips,omitempty"`
	// Differs is what else the runs and lanes differ in.
	Differs []Difference `json:"differs"`
}

// Difference is a field of run.json with another value in each run.
type Difference struct {
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

const setField = "set.sha256"

// An IncomparableError says that two runs can't be compared, and in which
// field of run.json they differ.
type IncomparableError struct{ Difference }

func (e *IncomparableError) Error() string {
	if e.Field == setField {
		return "the runs can't be compared: they ask different sets, or different versions of one"
	}
	return fmt.Sprintf("the runs can't be compared: %s is %s in one and %s in the other", e.Field, badfile.Quote(e.A), badfile.Quote(e.B))
}

// Compare compares a lane of one folder with a lane of another, or of the
// same. Runs on other sets, or graded otherwise, are refused with an
// [*IncomparableError].
func Compare(a, b Side, o Options) (*Compared, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var boards [2]*board
	var columns [2]*column
	var specs [2]eval.Spec
	var lanes [2]eval.LaneSpec
	for i, side := range []Side{a, b} {
		var err error
		if specs[i], err = eval.ReadSpec(side.Path); err != nil {
			return nil, err
		}
		n := slices.IndexFunc(specs[i].Lanes, func(l eval.LaneSpec) bool { return l.Name == side.Lane })
		if n < 0 {
			return nil, fmt.Errorf("%s has no lane %s", side.Path, badfile.Quote(side.Lane))
		}
		lanes[i] = specs[i].Lanes[n]
		if boards[i], _, err = readBoards(side.Path, &specs[i]); err != nil {
			return nil, err
		}
		columns[i] = boards[i].columns[n]
	}
	differs := differences(&specs[0], &specs[1], &lanes[0], &lanes[1])
	for _, d := range differs {
		if slices.Contains([]string{setField, "set.grader"}, d.Field) {
			return nil, &IncomparableError{d}
		}
	}
	out := &Compared{A: a, B: b, Differs: differs}
	out.fill(join(boards[0], boards[1], columns[0], columns[1]), o)
	return out, nil
}

// fill compares the two columns of a board.
func (out *Compared) fill(b *board, o Options) {
	a, with := b.columns[0], b.columns[1]
	m := &maker{board: b, intervals: &resampler{options: o}}
	both := common(b.all(), a, with)
	n := float64(len(both) * b.draws)
	out.Paired = len(both)
	out.OnlyA, out.OnlyB = len(common(b.all(), a))-len(both), len(common(b.all(), with))-len(both)
	out.ScoreA, out.ScoreB = defined(sum(a.sums, both)/n), defined(sum(with.sums, both)/n)
	out.Delta, out.McNemarP = m.difference(&out.DeltaCI95, a, with, both)
	if b.rightWrong {
		out.Flips = m.flips(a, with, both, o.maxFlips())
	}
	m.intervals.run()
}

// join is a board of a lane of one run and a lane of another, with the problems
// of the first and then those that only the second asks.
func join(a, b *board, of, with *column) *board {
	joint := &board{ids: slices.Clone(a.ids), draws: min(a.draws, b.draws)}
	place := make([]int32, len(b.ids))
	for i, id := range b.ids {
		p, ok := a.at[id]
		if !ok {
			p = int32(len(joint.ids))
			joint.ids = append(joint.ids, id)
		}
		place[i] = p
	}
	x, y := new(column), new(column)
	for _, s := range of.answers {
		if int(s.draw) < joint.draws {
			x.answers = append(x.answers, s)
		}
	}
	for _, s := range with.answers {
		if int(s.draw) < joint.draws {
			s.problem = place[s.problem]
			y.answers = append(y.answers, s)
		}
	}
	joint.columns = []*column{x, y}
	joint.settle()
	return joint
}

// differences lists the fields that matter in which two runs, and lanes of
// them, differ.
func differences(a, b *eval.Spec, of, with *eval.LaneSpec) []Difference {
	number := strconv.Itoa
	float := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	fields := []Difference{
		{"set.sha256", a.Set.SHA256, b.Set.SHA256},
		{"set.grader", a.Set.Grader, b.Set.Grader},
		{"set.template", a.Set.Template, b.Set.Template},
		{"set.shots", number(len(a.Set.Shots)), number(len(b.Set.Shots))},
		{"set.chat", strconv.FormatBool(a.Set.Chat), strconv.FormatBool(b.Set.Chat)},
		{"set.system", a.Set.System, b.Set.System},
		{"model.fingerprint", fingerprint(a, of), fingerprint(b, with)},
		{"kernel", a.Kernel, b.Kernel},
		{"lane.plan", of.Plan, with.Plan},
		{"lane.vectors", digests(of), digests(with)},
		{"lane.template", of.Template, with.Template},
		{"sampling.temperature", float(a.Sampling.Temperature), float(b.Sampling.Temperature)},
		{"sampling.seed", strconv.FormatUint(a.Sampling.Seed, 10), strconv.FormatUint(b.Sampling.Seed, 10)},
		{"sampling.max_tokens", number(a.Sampling.MaxTokens), number(b.Sampling.MaxTokens)},
		{"samples", number(a.Samples), number(b.Samples)},
	}
	return slices.DeleteFunc(fields, func(d Difference) bool { return d.A == d.B })
}

// fingerprint is that of the model that a lane asks.
func fingerprint(s *eval.Spec, l *eval.LaneSpec) string {
	if l.Kind == eval.Thinking && s.Thinking != nil {
		return s.Thinking.Fingerprint
	}
	return s.Model.Fingerprint
}

// digests are those of a lane's vectors, as "name=digest".
func digests(l *eval.LaneSpec) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(l.Vectors)) {
		out = append(out, name+"="+l.Vectors[name])
	}
	return strings.Join(out, " ")
}
