package summary

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tiller/steering/eval"
	"tiller/steering/statistics"
)

func TestCompare(t *testing.T) {
	one := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"))
	two := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:w@3"))
	two.Lanes[1].Plan, two.Lanes[1].Vectors = "w@3", map[string]string{"w": "d1", "a": "d2"}
	two.Samples, two.Sampling.MaxTokens = 2, 64
	a := folder(t, one, problems(6), verdicts("plan:v@2", "111100"))
	// The second asks other problems beside, in another order.
	asked := problems(8)[1:]
	slices.Reverse(asked)
	samples := verdicts("plan:w@3", "-10010-1")
	for _, x := range slices.Clone(samples) {
		x.Draw, x.Score = 1, 0
		samples = append(samples, x)
	}
	b := folder(t, two, asked, samples)
	got, err := Compare(Side{a, "plan:v@2"}, Side{b, "plan:w@3"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	// On p1 to p5 a has 1 1 1 0 0, b 1 0 0 1 0; a has p0 beside them, b p7.
	if got.Paired != 5 || got.OnlyA != 1 || got.OnlyB != 1 {
		t.Errorf("%d problems are paired, %d and %d are not", got.Paired, got.OnlyA, got.OnlyB)
	}
	is(t, "score of a", got.ScoreA, .6)
	is(t, "score of b", got.ScoreB, .4)
	is(t, "delta", got.Delta, .2)
	is(t, "p", got.McNemarP, statistics.McNemar(2, 1))
	if !got.DeltaCI95.Defined() || !slices.Equal(got.Flips.ToRight, []string{"p2", "p3"}) || !slices.Equal(got.Flips.ToWrong, []string{"p4"}) {
		t.Errorf("the interval is %v, flips are %+v", got.DeltaCI95, got.Flips)
	}
	want := []Difference{{"lane.plan", "v@2", "w@3"}, {"lane.vectors", "", "a=d2 w=d1"}, {"sampling.max_tokens", "0", "64"}, {"samples", "1", "2"}}
	if !slices.Equal(got.Differs, want) {
		t.Errorf("the runs differ in %+v", got.Differs)
	}
	none, err := Compare(Side{a, "base"}, Side{b, "base"}, Options{})
	if err != nil || none.Paired != 0 || none.Delta != nil || none.DeltaCI95.Defined() {
		t.Errorf("lanes without answers compare as %+v (%v)", none, err)
	}

	for field, test := range map[string]struct {
		change func(*eval.Spec)
		want   string
	}{
		"set.sha256": {func(s *eval.Spec) { s.Set.SHA256 = "077e5" }, "they ask different sets"},
		"set.grader": {func(s *eval.Spec) { s.Set.Grader = "numeric" }, `set.grader is `},
	} {
		other := two
		test.change(&other)
		_, err := Compare(Side{a, "base"}, Side{folder(t, other, asked), "base"}, Options{})
		var refused *IncomparableError
		if !errors.As(err, &refused) || refused.Field != field || !strings.Contains(err.Error(), test.want) {
			t.Errorf("another %s gives %v", field, err)
		}
	}
	if _, err := Compare(Side{a, "base"}, Side{b, "plan:v@2"}, Options{}); err == nil || !strings.Contains(err.Error(), `has no lane "plan:v@2"`) {
		t.Errorf("a lane that is not there gives %v", err)
	}
}
