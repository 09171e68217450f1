package summary

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model/generate"
	"tiller/steering/eval"
	"tiller/steering/lab"
	"tiller/steering/statistics"
)

// TestByHand sums up ten problems whose figures can be counted.
func TestByHand(t *testing.T) {
	s := spec(
		lane(eval.Base, "base"), lane(eval.Prompt, "prompt"), lane(eval.Planned, "plan:v@2"), lane(eval.Planned, "plan:w@2"), lane(eval.Thinking, "thinking"),
		control("plan:v@2", "random", 0), control("plan:v@2", "random", 1), control("plan:v@2", "random", 2), control("plan:v@2", "negated", 0),
	)
	asked := problems(10)
	for i := range asked {
		asked[i].Family = []string{"sum", "dial"}[i%2]
	}
	steered := verdicts("plan:v@2", "0111111110")
	for i := range steered {
		x := &steered[i]
		x.Steered, x.RowEdits, x.PromptEdits = 3, 5, 1
		x.Fired = []eval.TermFired{{Term: "v@2", Count: 4}, {Term: "u@1", Count: 0}}
		kl, base := 2., -5.
		x.KL, x.BaseLogProb, x.Repetition = &kl, &base, .25
	}
	steered[3].Stop, steered[4].Stop = generate.StopLength, generate.StopContext
	weak := verdicts("plan:w@2", "1100000001")
	weak[5] = eval.Sample{ID: "p5", Lane: "plan:w@2", Stop: stopRefused, Error: "the prompt is too long"}
	weak[3] = eval.Sample{ID: "p3", Lane: "plan:w@2", Stop: stopBroken, Error: "no number"}
	dir := folder(t, s, asked,
		verdicts("base", "1100000000"), verdicts("prompt", "1111000000"), steered, weak, verdicts("thinking", "1111111111"),
		verdicts("control:random:0", "1110000000"), verdicts("control:random:1", "1111111100"), verdicts("control:random:2", "0000000000"),
		verdicts("control:negated:0", "1000000000"),
	)
	write(t, dir, "tune.json", eval.Tuned{Lanes: map[string]eval.TunedLane{"control:random:1": {Strength: 2, Sweep: []SweepPoint{{Strength: 1, Score: .3}, {Strength: 2, Score: .5}}}}})
	got := made(t, dir, Options{})
	if !got.Complete || !got.Set.RightWrong || got.Bootstrap != (Bootstrap{10_000, 1}) {
		t.Errorf("the summary begins %+v", got)
	}
	plan := got.Lane("plan:v@2")
	is(t, "score", plan.Score, .8)
	if want := statistics.Wilson(8, 10); plan.CI95 != want {
		t.Errorf("the interval is %v, want %v", plan.CI95, want)
	}
	is(t, "delta", plan.Delta, .6)
	is(t, "McNemar's p", plan.McNemarP, statistics.McNemar(7, 1))
	is(t, "holm", plan.HolmP, 2*statistics.McNemar(7, 1))
	is(t, "wrong way", plan.WrongWay, .1)
	if want := (Flips{Right: 7, Wrong: 1, ToRight: []string{"p2", "p3", "p4", "p5", "p6", "p7", "p8"}, ToWrong: []string{"p0"}}); !reflect.DeepEqual(*plan.Flips, want) {
		t.Errorf("flips are %+v, want %+v", *plan.Flips, want)
	}
	is(t, "delta to prompt", plan.DeltaPrompt, .4)
	is(t, "recovered gap", plan.RecoveredGap, .75)
	is(t, "steered fraction", plan.SteeredFraction, .3)
	if plan.PromptEdits != 10 || plan.RowEdits != 50 || plan.Tokens != 100 {
		t.Errorf("edits and tokens are %d, %d, %d", plan.PromptEdits, plan.RowEdits, plan.Tokens)
	}
	is(t, "tokens per answer", plan.TokensPerAnswer, 10.)
	is(t, "truncated", plan.Truncated, .2)
	is(t, "KL", plan.KLPerToken, .2)
	is(t, "perplexity", plan.BasePerplexity, math.Exp(.5))
	is(t, "repetition", plan.Repetition, .25)
	is(t, "rank p", plan.RankP, .5) // one of three draws reaches it
	if len(plan.Families) != 2 || plan.Families[1].Family != "dial" || plan.Families[1].N != 5 {
		t.Fatalf("families are %+v", plan.Families)
	}
	is(t, "family's score", plan.Families[1].Score, .8)
	is(t, "family's delta", plan.Families[1].Delta, .6)
	is(t, "family's delta to prompt", plan.Families[1].DeltaPrompt, .4)

	other := got.Lane("plan:w@2")
	if want := []Failure{{"p3", 0, stopBroken, "no number"}, {"p5", 0, stopRefused, "the prompt is too long"}}; !slices.Equal(other.Failures, want) || other.Broken != 1 || other.Refused != 1 {
		t.Errorf("failures are %+v", other.Failures)
	}
	is(t, "found", other.Found, .8)
	is(t, "holm", other.HolmP, 1.)
	is(t, "base's delta", got.Lane("base").Delta, nil)
	is(t, "base's gap", got.Lane("base").RecoveredGap, 0.)
	if c := got.Lane("control:random:1"); c.Tuned == nil || c.Tuned.Strength != 2 || len(c.Tuned.Sweep) != 2 || c.Flips.Right != 6 || c.Flips.ToRight != nil {
		t.Errorf("the control is %+v, %+v", c, c.Flips)
	}
	group := got.Controls[0]
	if group.Control != "random" || group.Draws != 3 || group.Paired != 10 || group.Best != "control:random:1" {
		t.Errorf("the random directions are %+v", group)
	}
	is(t, "mean score", group.MeanScore, 11./30)
	is(t, "best score", group.MaxScore, .8)
	is(t, "best gap", group.MaxGap, .75)
	is(t, "p among negated", got.Controls[1].RankP, .5)

	want := []string{
		"With 10 problems, intervals are wide and those of the bootstrap too narrow.",
		`The term "u@1" of plan:v@2 never fired.`,
		"plan:v@2 ran out of tokens in 20.0 % of its answers: with more of them its score may differ.",
		"plan:w@2 never fired: it changed nothing at all.",
		"No control was run beside plan:w@2: what directions or positions left to chance would do is not known.",
		`plan:w@2 has 2 answers that could not be generated, counted as wrong; the first is to "p3": no number.`,
	}
	if !slices.Equal(got.Warnings, want) {
		t.Errorf("warnings are\n%s", strings.Join(got.Warnings, "\n"))
	}
}

func TestFlips(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"))
	dir := folder(t, s, problems(7), verdicts("base", "1110000"), verdicts("plan:v@2", "0001111"))
	want := Flips{Right: 4, Wrong: 3, ToRight: []string{"p3", "p4"}, ToWrong: []string{"p0", "p1"}, MoreRight: 2, MoreWrong: 1}
	if got := made(t, dir, Options{MaxFlips: 2}).Lane("plan:v@2").Flips; !reflect.DeepEqual(*got, want) {
		t.Errorf("flips are %+v, want %+v", *got, want)
	}
}

// TestGiven looks at answers that were given to the model, whose length says
// nothing.
func TestGiven(t *testing.T) {
	s := spec(lane(eval.Base, "base"))
	samples := verdicts("base", "10")
	for i := range samples {
		samples[i].Stop, samples[i].Choices = generate.StopLength, []float64{-1, -2}
	}
	got := made(t, folder(t, s, problems(2), samples), Options{}).Lane("base")
	is(t, "truncated", got.Truncated, 0.)
	if got.Stops[generate.StopLength] != 2 {
		t.Errorf("stops are %v", got.Stops)
	}
}

// TestLab makes the headline of docs/organism.md of the lab's verdicts: every
// figure to its last bit.
func TestLab(t *testing.T) {
	data, err := fs.ReadFile(assets.FS, "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := lab.ParseManifest(data)
	if err != nil {
		t.Fatal(err)
	}
	table := m.Headline.Table
	var lanes []eval.LaneSpec
	var samples [][]eval.Sample
	kinds := map[string]eval.Kind{table.Base: eval.Base, table.Thinking: eval.Thinking, table.Prompt: eval.Prompt}
	for _, r := range table.Lanes {
		kind, ok := kinds[r.Name]
		if !ok {
			kind = eval.Planned
		}
		lanes = append(lanes, lane(kind, r.Name))
		right, err := m.Headline.Right[r.Name].MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, verdicts(r.Name, string(right)))
	}
	got := made(t, folder(t, spec(lanes...), problems(table.N), samples...), Options{})
	same := func(name, what string, x, y *float64) {
		if (x == nil) != (y == nil) || x != nil && *x != *y {
			t.Errorf("%s of %s is not the lab's", what, name)
		}
	}
	sameInterval := func(name, what string, x, y statistics.Interval) {
		if x.Defined() != y.Defined() || x.Defined() && x != y {
			t.Errorf("%s of %s is %v, the lab's %v", what, name, x, y)
		}
	}
	for _, want := range table.Lanes {
		l := got.Lane(want.Name)
		same(l.Name, "the score", l.Score, &want.Score)
		sameInterval(l.Name, "the score's interval", l.CI95, want.CI95)
		same(l.Name, "the difference", l.Delta, want.Delta)
		sameInterval(l.Name, "the difference's interval", l.DeltaCI95, want.DeltaCI95)
		same(l.Name, "McNemar's p", l.McNemarP, want.McNemarP)
		same(l.Name, "the gap", l.RecoveredGap, want.RecoveredGap)
		sameInterval(l.Name, "the gap's interval", l.RecoveredGapCI95, want.RecoveredGapCI95)
		if p := want.DeltaPrompt; p != nil {
			same(l.Name, "the difference to prompt", l.DeltaPrompt, p.Delta)
			sameInterval(l.Name, "the interval to prompt", l.DeltaPromptCI95, p.DeltaCI95)
			same(l.Name, "McNemar's p to prompt", l.McNemarPromptP, p.McNemarP)
		}
	}
}

// busy is a run with something of everything, and several draws.
func busy(t *testing.T) (eval.Spec, []eval.Problem, []eval.Sample) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"), control("plan:v@2", "random", 0))
	s.Samples = 3
	s.Guard = &eval.SetSpec{Ref: "guard.jsonl", Grader: "command:x"}
	asked := problems(12)
	for i := range 5 {
		asked = append(asked, eval.Problem{ID: asked[i].ID, Guard: true})
	}
	random := rand.New(rand.NewPCG(1, 2))
	var all []eval.Sample
	for _, p := range asked {
		for _, l := range s.Lanes {
			for draw := range s.Samples {
				kl, base := random.ExpFloat64(), -random.ExpFloat64()
				x := eval.Sample{
					ID: p.ID, Guard: p.Guard, Lane: l.Name, Draw: draw, Score: float64(random.IntN(2)), Found: random.IntN(2) == 0,
					Tokens: random.IntN(50), Stop: generate.StopEOS, KL: &kl, BaseLogProb: &base, Repetition: random.Float64(),
					RowEdits: random.IntN(5), Fired: []eval.TermFired{{Term: "v@2", Count: random.IntN(3)}},
				}
				if p.Guard {
					x.Score = random.NormFloat64()
				}
				if random.IntN(4) == 0 {
					x.Stop, x.Error = stopRefused, "refused "+p.ID
				}
				all = append(all, x)
			}
		}
	}
	return s, asked, all
}

func TestOrderIsNothing(t *testing.T) {
	s, asked, all := busy(t)
	all = all[:len(all)-7] // and it is not complete
	want := encoded(t, made(t, folder(t, s, asked, all), Options{}))
	random := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		twice := append(slices.Clone(all), all[:9]...)
		if got := encoded(t, made(t, folder(t, s, asked, twice), Options{})); got != want {
			t.Fatalf("another order of the samples gives another summary:\n%s\n%s", got, want)
		}
	}
}

func TestWriteRead(t *testing.T) {
	s, asked, all := busy(t)
	dir := folder(t, s, asked, all)
	if _, err := Read(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a summary gives %v", err)
	}
	want := made(t, dir, Options{})
	if err := want.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if encoded(t, got) != encoded(t, want) {
		t.Error("what was read is not what was written")
	}
	if err := os.WriteFile(filepath.Join(dir, File), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged summary gives %v", err)
	}
}

func TestUnfinished(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"), lane(eval.Planned, "plan:w@2"), control("plan:v@2", "random", 0), control("plan:v@2", "random", 1))
	dir := folder(t, s, problems(6), verdicts("base", "110000"), verdicts("plan:v@2", "0-11--"), verdicts("control:random:0", "1----1"))
	got := made(t, dir, Options{})
	if got.Complete {
		t.Error("the run counts as complete")
	}
	plan := got.Lane("plan:v@2")
	if plan.N != 3 || plan.Missing != 3 || plan.Paired != 3 {
		t.Errorf("the plan has n = %d, %d missing, %d paired", plan.N, plan.Missing, plan.Paired)
	}
	is(t, "score", plan.Score, 2./3)
	is(t, "delta", plan.Delta, 1./3) // on p0, p2 and p3
	none := got.Lane("plan:w@2")
	if none.N != 0 || none.Paired != 0 || none.CI95.Defined() {
		t.Errorf("a lane without answers is %+v", none)
	}
	is(t, "score of nothing", none.Score, nil)
	is(t, "delta of nothing", none.Delta, nil)
	if g := got.Controls[0]; g.Draws != 1 || g.Pending != 1 || g.Paired != 1 {
		t.Errorf("the controls are %+v", g)
	}
	want := "The run is not finished: 11 of 30 answers are there; plan:v@2 lacks 3, plan:w@2 lacks 6, control:random:0 lacks 4, control:random:1 lacks 6."
	if got.Warnings[0] != want {
		t.Errorf("the first warning is %s", got.Warnings[0])
	}
}

func TestNoSamples(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"), lane(eval.Thinking, "thinking"))
	s.Samples = 2
	for _, n := range []int{0, 3} {
		got := made(t, folder(t, s, problems(n)), Options{})
		text := encoded(t, got)
		if !json.Valid([]byte(text)) || strings.Contains(text, "NaN") {
			t.Errorf("the summary of nothing is %s", text)
		}
		if got.Complete != (n == 0) || len(got.Sentences()) == 0 {
			t.Errorf("a run of %d problems without answers is complete: %v", n, got.Complete)
		}
	}
}

func TestNumbers(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"))
	score := func(lane string, x ...float64) []eval.Sample {
		out := verdicts(lane, strings.Repeat("0", len(x)))
		for i := range x {
			out[i].Score = x[i]
		}
		return out
	}
	x, y := []float64{-1.5, 2, .25, 7}, []float64{-2, 2.5, 0, 1}
	got := made(t, folder(t, s, problems(4), score("base", y...), score("plan:v@2", x...)), Options{})
	plan := got.Lane("plan:v@2")
	if got.Set.RightWrong || plan.Flips != nil {
		t.Error("numbers count as right and wrong")
	}
	is(t, "score", plan.Score, 7.75/4)
	is(t, "delta", plan.Delta, 6.25/4)
	is(t, "McNemar's p", plan.McNemarP, nil)
	is(t, "wrong way", plan.WrongWay, nil)
	is(t, "holm", plan.HolmP, nil)
	b := statistics.Bootstrap{Seed: 1}
	mean, err := b.Mean(x, nil)
	if err != nil || plan.CI95 != mean.CI95 {
		t.Errorf("the score's interval is %v, want %v (%v)", plan.CI95, mean.CI95, err)
	}
	difference, err := b.Difference(x, y, nil)
	if err != nil || plan.DeltaCI95 != difference.CI95 {
		t.Errorf("the difference's interval is %v, want %v (%v)", plan.DeltaCI95, difference.CI95, err)
	}

	huge := made(t, folder(t, s, problems(2), score("base", -1e308, -1e308), score("plan:v@2", 1e308, 1e308)), Options{})
	is(t, "a sum past all numbers", huge.Lane("plan:v@2").Delta, nil)
	if text := encoded(t, huge); !json.Valid([]byte(text)) {
		t.Errorf("the summary of huge scores is %s", text)
	}
}

// TestDraws asks three problems four times each.
func TestDraws(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"))
	s.Samples = 4
	draws := func(lane string, right ...string) []eval.Sample {
		var out []eval.Sample
		for i, of := range right {
			for k, x := range verdicts(lane, of) {
				x.ID, x.Draw = problems(3)[i].ID, k
				out = append(out, x)
			}
		}
		return out
	}
	got := made(t, folder(t, s, problems(3), draws("base", "0100", "0000", "1000"), draws("plan:v@2", "1100", "0000", "0111")), Options{})
	plan := got.Lane("plan:v@2")
	if plan.N != 12 || plan.Paired != 3 {
		t.Errorf("n is %d, of %d problems", plan.N, plan.Paired)
	}
	is(t, "score", plan.Score, 5./12)
	is(t, "delta", plan.Delta, 3./12)
	is(t, "McNemar's p on draw 0", plan.McNemarP, 1.)
	if f := plan.Flips; f.Right != 1 || f.Wrong != 1 {
		t.Errorf("flips are %+v", f)
	}
	is(t, "wrong way", plan.WrongWay, 1./12)
	// of 2 and 3 right in 4, pass@2 is 1 - 1/6 and 1.
	for i, want := range []PassAtK{{K: 1, Value: new(5. / 12)}, {K: 2, Value: new((5./6 + 1) / 3)}, {K: 4, Value: new(2. / 3)}} {
		if plan.PassAtK[i].K != want.K {
			t.Errorf("k is %d, want %d", plan.PassAtK[i].K, want.K)
		}
		is(t, "pass@k", plan.PassAtK[i].Value, *want.Value)
	}
	mean, err := statistics.Bootstrap{Seed: 1}.Mean([]float64{1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1}, []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2})
	if err != nil || plan.CI95 != mean.CI95 {
		t.Errorf("the interval is %v, want %v by problem (%v)", plan.CI95, mean.CI95, err)
	}

	cut := draws("plan:v@2", "1100", "0000", "011-")
	part := made(t, folder(t, s, problems(3), draws("base", "0100", "0000", "1000"), cut), Options{}).Lane("plan:v@2")
	if part.N != 11 || part.Missing != 1 || part.Paired != 2 {
		t.Errorf("with a draw missing n is %d, %d missing, %d paired", part.N, part.Missing, part.Paired)
	}
	is(t, "score of what is there", part.Score, 4./11)
	is(t, "delta of what is whole", part.Delta, 1./8)
}

func TestGuard(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"))
	s.Guard = &eval.SetSpec{Ref: "guard.jsonl", Grader: "exact"}
	asked := problems(4)
	for _, p := range problems(5) {
		p.Guard = true
		asked = append(asked, p)
	}
	guard := func(samples []eval.Sample) []eval.Sample {
		for i := range samples {
			samples[i].Guard = true
		}
		return samples
	}
	got := made(t, folder(t, s, asked,
		verdicts("base", "0000"), verdicts("plan:v@2", "1111"),
		guard(verdicts("base", "11110")), guard(verdicts("plan:v@2", "1000-")),
	), Options{})
	plan := got.Lane("plan:v@2")
	is(t, "score", plan.Score, 1.)
	is(t, "score on guard", plan.Guard.Score, .25)
	is(t, "delta on guard", plan.Guard.Delta, -.75)
	is(t, "wrong way on guard", plan.Guard.WrongWay, .75)
	if got.Complete || plan.Missing != 0 || plan.Guard.Missing != 1 || got.Guard.Problems != 5 {
		t.Errorf("the guard set lacks %d of %d", plan.Guard.Missing, got.Guard.Problems)
	}
	if want := "The run is not finished: 17 of 18 answers are there; plan:v@2 on the guard set lacks 1."; got.Warnings[0] != want {
		t.Errorf("the first warning is %s", got.Warnings[0])
	}
	if text := strings.Join(got.Sentences(), " "); !strings.Contains(text, "On the guard set it answers 25.0 % right, 75.0 points less than base") {
		t.Errorf("the guard set is not told of: %s", text)
	}
}

func TestLost(t *testing.T) {
	s := spec(lane(eval.Base, "base"), lane(eval.Planned, "plan:v@2"), control("plan:v@2", "random", 0), control("plan:v@2", "random", 1))
	mute := verdicts("control:random:1", "0000000001")
	for i := range mute[:9] {
		mute[i].Found = false
	}
	got := made(t, folder(t, s, problems(10), verdicts("base", "0000000000"), verdicts("plan:v@2", "1111000000"), verdicts("control:random:0", "1100000000"), mute), Options{})
	g := got.Controls[0]
	if !got.Lane("control:random:1").Lost || got.Lane("base").Lost || g.Lost != 1 {
		t.Errorf("a lane that gives no answers is not lost: %+v", g)
	}
	is(t, "mean of what is not lost", g.MeanScore, .2)
	is(t, "rank p", g.RankP, 1./3)
}

func TestRefused(t *testing.T) {
	s := spec(lane(eval.Base, "base"))
	for _, c := range []struct{ name, want string }{
		{"lane", `a sample of lane "other", which its run has not`},
		{"problem", `an answer to problem "p9", which the run does not ask`},
		{"draw", `has a draw 1 of problem "p0", and the run has 1`},
	} {
		x := verdicts("base", "1")
		switch c.name {
		case "lane":
			x[0].Lane = "other"
		case "problem":
			x[0].ID = "p9"
		case "draw":
			x[0].Draw = 1
		}
		if _, err := Make(folder(t, s, problems(2), x), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a strange %s gives %v", c.name, err)
		}
	}
	if _, err := Make(t.TempDir(), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a run gives %v", err)
	}
	if _, err := Make(folder(t, s, append(problems(2), problems(1)...)), Options{}); err == nil || !strings.Contains(err.Error(), "two problems") {
		t.Errorf("a problem that is there twice gives %v", err)
	}
	for _, o := range []Options{{Resamples: 99}, {Resamples: -1}, {MaxFlips: -1}} {
		if _, err := Make(folder(t, s, problems(2)), o); err == nil {
			t.Errorf("options %+v are taken", o)
		}
	}
	s.Samples = 0
	if _, err := Make(folder(t, s, problems(2)), Options{}); err == nil || !strings.Contains(err.Error(), "at least once") {
		t.Errorf("no samples a problem gives %v", err)
	}
}
