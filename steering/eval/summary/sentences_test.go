package summary

import (
	"slices"
	"strings"
	"testing"

	"tiller/steering/eval"
	"tiller/steering/statistics"
)

func TestSentences(t *testing.T) {
	base, plan := lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2")
	for _, c := range []struct {
		name     string
		problems int
		lanes    []eval.LaneSpec
		samples  [][]eval.Sample
		want     []string
	}{
		{
			name: "gain", problems: 10,
			lanes:   []eval.LaneSpec{base, lane(eval.Prompt, "prompt"), plan, lane(eval.Thinking, "thinking"), control(plan.Name, "random", 0), control(plan.Name, "random", 1), control(plan.Name, "negated", 0)},
			samples: [][]eval.Sample{verdicts("base", "1000000000"), verdicts("prompt", "1110000000"), verdicts(plan.Name, "0111111111"), verdicts("thinking", "1111111111"), verdicts("control:random:0", "1100000000"), verdicts("control:random:1", "1000000000"), verdicts("control:negated:0", "0000000000")},
			want: []string{
				"base answers 10.0 % right [1.8, 40.4], n = 10.",
				"prompt answers 30.0 % right, 20.0 points more than base [0.0, 50.0], which may be chance (McNemar's test: p = .500).",
				"plan:v@2 answers 90.0 % right, 80.0 points more than base [40.0, 100.0] (McNemar's test: p = .021).",
				"That is 60.0 points more than prompt [20.0, 100.0].",
				"It recovers 88.9 % [57.1, 100.0] of what thinking gains over base.",
				"It puts right 9 problems that base has wrong, and spoils 1.",
				"The best of 2 random directions in its place answers 20.0 % right, their mean 15.0 % (rank p = .333).",
				"The negated plan in its place answers 0.0 % right.",
				"It steers 0.0 % of the generated tokens, with 0 edited positions before the last of the prompt and 0 edits of rows in all.",
				"thinking answers 100.0 % right, 90.0 points more than base [70.0, 100.0] (McNemar's test: p = .004).",
			},
		},
		{
			name: "loss", problems: 10,
			lanes:   []eval.LaneSpec{base, plan, control(plan.Name, "random", 0), control(plan.Name, "random", 1)},
			samples: [][]eval.Sample{verdicts("base", "1111111100"), verdicts(plan.Name, "1100000000"), verdicts("control:random:0", "1110000000"), verdicts("control:random:1", "0000000000")},
			want: []string{
				"base answers 80.0 % right [49.0, 94.3], n = 10.",
				"plan:v@2 answers 20.0 % right, 60.0 points less than base [30.0, 90.0] (McNemar's test: p = .031): steering loses here.",
				"It puts right 0 problems that base has wrong, and spoils 6.",
				"The best of 2 random directions in its place answers 30.0 % right, their mean 15.0 % (rank p = .667): chance alone does as well.",
				"It steers 0.0 % of the generated tokens, with 0 edited positions before the last of the prompt and 0 edits of rows in all.",
			},
		},
		{
			name: "nobody can", problems: 4,
			lanes:   []eval.LaneSpec{base, plan},
			samples: [][]eval.Sample{verdicts("base", "0000"), nil},
			want: []string{
				"base answers 0.0 % right [0.0, 49.0], n = 4.",
				"plan:v@2 has not answered anything yet.",
				"No lane answers 5.0 % right: this set is beyond this model, and what lanes differ by says little.",
			},
		},
		{
			name: "nothing generated", problems: 1,
			lanes:   []eval.LaneSpec{base},
			samples: [][]eval.Sample{{{ID: "p0", Lane: "base", Stop: stopRefused, Error: "the prompt is too long"}}},
			want: []string{
				"base answers 0.0 % right [0.0, 79.3], n = 1.",
				"Not one answer could be generated: nothing is known of this set.",
			},
		},
		{name: "no lanes", want: []string{"The run has no lanes."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := made(t, folder(t, spec(c.lanes...), problems(c.problems), c.samples...), Options{}).Sentences()
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestThan(t *testing.T) {
	for _, c := range []struct {
		right     bool
		delta     float64
		low, high float64
		want      string
	}{
		{true, .662, .641, .683, "66.2 points more than base [64.1, 68.3]"},
		{true, -.012, -.025, .002, "1.2 points less than base [−0.2, 2.5], which may be chance"},
		{true, 0, 0, 0, "0.0 points more than base [0.0, 0.0], which may be chance"},
		{false, -1.23456, -2, -.5, "1.235 less than base [0.5, 2]"},
	} {
		if got := (measure{c.right}).than("base", c.delta, statistics.Interval{Low: c.low, High: c.high}); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := (measure{true}).than("base", .5, statistics.Undefined()); got != "50.0 points more than base" {
		t.Errorf("without an interval it is %s", got)
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 2400: "2,400", 1234567: "1,234,567", -1000: "−1,000", -100: "−100"} {
		if got := counted(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
