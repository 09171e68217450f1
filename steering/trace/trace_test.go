package trace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/model"
	"tiller/model/generate"
	"tiller/model/kernel"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/vectorfile"
)

// lab is the embedded base model with its vectors, one of a single direction,
// and a question.
type lab struct {
	m       *model.Model
	tok     *tokenizer.Tokenizer
	vectors map[string]*steering.Vector
	prompt  generate.Prompt
}

func open(t testing.TB) lab {
	t.Helper()
	folder, err := fs.Sub(assets.FS, "models/base")
	if err != nil {
		t.Fatal(err)
	}
	l := lab{vectors: map[string]*steering.Vector{}}
	if l.m, err = model.OpenFS(t.Context(), folder, "embedded:base", model.Options{Threads: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.m.Close() })
	if l.tok, err = tokenizer.OpenFS(folder, "embedded:base"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"begin", "reason"} {
		if l.vectors[name], _, err = vectorfile.ReadFS(assets.FS, "vectors/"+name+".safetensors", name); err != nil {
			t.Fatal(err)
		}
	}
	begin := l.vectors["begin"]
	l.vectors["one"] = &steering.Vector{Name: "one", DModel: begin.DModel, Directions: map[int][]float32{2: begin.Directions[2]}}
	l.prompt, err = generate.RawPrompt(l.tok, "eve +0 . hal +8 . cat +5 . gus +5 . what is the last digit of the total ?", tokenizer.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// bind is a plan for the model; "none" is no plan at all.
func (l lab) bind(t testing.TB, plan string) *steering.Bound {
	t.Helper()
	if plan == "none" {
		return nil
	}
	p, err := steering.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	b, err := steering.Bind(p, l.m.Config().Layers, l.m.Config().DModel, l.vectors)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seen is what a session showed of a lane.
type seen struct {
	result generate.Result
	editor *steering.Editor // nil for base
	stream [][]float32      // by layer+1, [positions, d_model]
}

// generated runs a lane in a session, token by token with nothing shared, over
// given tokens as far as there are any.
func (l lab) generated(t testing.TB, plan *steering.Bound, forced []int, n int, temperature float64) seen {
	t.Helper()
	r := generate.Request{Prompt: l.prompt, Forced: forced, MaxTokens: n, Sampling: generate.Sampling{Temperature: temperature, Seed: 7}}
	if plan != nil {
		r.Steering = steering.Lanes{Bound: plan, Tokenizer: l.tok}
	}
	out := seen{stream: make([][]float32, l.m.Config().Layers+1)}
	s, err := generate.NewSession(t.Context(), l.m, l.tok, []generate.Request{r}, generate.Options{
		Watch: func(_, layer, _ int, row []float32) { out.stream[layer+1] = append(out.stream[layer+1], row...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for !s.Done() {
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	out.result = s.Result(0)
	if plan != nil {
		out.editor = s.Editor(0).(*steering.Editor)
	}
	return out
}

// logits are what follows a position, [vocab].
func (l lab) logits(t testing.TB, s seen, position int) []float32 {
	t.Helper()
	d := l.m.Config().DModel
	logits, err := l.m.Unembed(t.Context(), s.stream[len(s.stream)-1][position*d:][:d])
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

func (l lab) trace(t testing.TB, plan *steering.Bound, ids []int) *Trace {
	t.Helper()
	x, err := New(t.Context(), l.m, l.tok, Lane{Prompt: l.prompt, IDs: ids, Plan: plan}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *Trace) all(t testing.TB, top int) []Position {
	t.Helper()
	p, err := x.Positions(t.Context(), 0, x.Len(), top)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (x *Trace) at(t testing.TB, position, top int) *Point {
	t.Helper()
	p, err := x.At(t.Context(), position, top)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// acting are plans that change the model: at once and late, in the prompt and
// after it, relative, over time, and gated.
var acting = []struct {
	plan        string
	temperature float64
}{
	{"begin@2[last+sentence&gen:18-199]", 0},
	{"begin@2[last+sentence&gen:18-199]", 1},
	{"one*2@embed[3-6]", 0},
	{"begin*0.3r@2[gen]", 0.9},
	{"begin*ramp(0,1.5,12)@all[gen],reason*decay(0.5,6)", 1},
	{"begin@2[last],begin@2[match:/is/],rotate:reason*20@1+3[gen:5-7]", 1},
	{"begin@2?entropy>0.3", 0.8},
	{"begin@2[last],begin*0.4r@3[every:5],ablate:reason*0.5[gen]?margin<0.9,begin*0.5@2[sentence]?not entropy<0.2", 1},
	{"begin*0@2,begin@2[last],reason@1[gen:9-30]", 1},
}

const most = 48 // tokens to generate

// same fails unless both print alike, NaN included.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Fatalf("%s:\n%s\nwant\n%s", what, g, w)
	}
}

// TestPositions needs the log-probabilities that generating gave, to the bit,
// and the numbers of every distribution from its definition.
func TestPositions(t *testing.T) {
	l := open(t)
	for _, c := range acting {
		t.Run(c.plan, func(t *testing.T) {
			plan := l.bind(t, c.plan)
			lane := l.generated(t, plan, nil, most, c.temperature)
			base := l.generated(t, nil, lane.result.IDs, len(lane.result.IDs), 0)
			x := l.trace(t, plan, lane.result.IDs)
			positions := x.all(t, 4)
			if !slices.ContainsFunc(positions, func(p Position) bool { return p.KL > 0.01 }) {
				t.Error("the plan changes nothing")
			}
			first, n := len(l.prompt.Tokens), len(l.prompt.Tokens)+len(lane.result.IDs)
			if len(positions) != n || x.Len() != n {
				t.Fatalf("%d of %d positions, want %d", len(positions), x.Len(), n)
			}
			for i, logProb := range lane.result.LogProbs {
				p := positions[first-1+i]
				if p.Index != first-1+i || p.Steered.Next != logProb || p.Base.Next != base.result.LogProbs[i] {
					t.Errorf("token %d: steered %v, base %v, want %v and %v", i, p.Steered.Next, p.Base.Next, logProb, base.result.LogProbs[i])
				}
				want := byDefinition(l.logits(t, base, p.Index), l.logits(t, lane, p.Index), lane.result.IDs[i], 4)
				same(t, "the distributions", p.Pair, want)
			}
			last := positions[n-1]
			if !math.IsNaN(last.Steered.Next) || last.Base.Rank != 0 || last.ID != lane.result.IDs[len(lane.result.IDs)-1] {
				t.Errorf("the last position has a next token: %+v", last)
			}
			// In another order, and piece by piece.
			again := l.trace(t, plan, lane.result.IDs)
			for _, span := range [][2]int{{n - 3, n}, {first - 2, first + 2}, {0, 1}, {1, 1}, {7, n}, {0, n}} {
				got, err := again.Positions(t.Context(), span[0], span[1], 4)
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprint(span), got, positions[span[0]:span[1]])
			}
		})
	}
}

// byDefinition computes a pair the plain way: all candidates sorted.
func byDefinition(base, steered []float32, next, top int) Pair {
	describe := func(logits []float32) (Distribution, []float64) {
		lse := kernel.LogSumExp(logits)
		ids, logProbs := make([]int, len(logits)), make([]float64, len(logits))
		for id, v := range logits {
			ids[id], logProbs[id] = id, float64(v)-lse
		}
		slices.SortStableFunc(ids, func(a, b int) int {
			switch {
			case logits[a] > logits[b]:
				return -1
			case logits[a] < logits[b]:
				return 1
			}
			return 0
		})
		d := Distribution{Next: logProbs[next], Rank: slices.Index(ids, next) + 1}
		for i, id := range ids[:top] {
			d.Top = append(d.Top, Candidate{id, logProbs[id], i + 1})
		}
		for _, logP := range logProbs {
			d.Entropy -= math.Exp(logP) * logP
		}
		return d, logProbs
	}
	b, logB := describe(base)
	s, logS := describe(steered)
	p := Pair{Base: b, Steered: s}
	for i := range logB {
		p.KL += math.Exp(logS[i]) * (logS[i] - logB[i])
		p.Reverse += math.Exp(logB[i]) * (logB[i] - logS[i])
	}
	p.KL, p.Reverse = max(0, p.KL), max(0, p.Reverse)
	return p
}

// TestNeutral needs a divergence of exactly 0 where a plan does nothing.
func TestNeutral(t *testing.T) {
	l := open(t)
	ids := l.generated(t, nil, nil, most, 0).result.IDs
	for _, text := range []string{"none", "", "begin*0@2", "scale:reason@all", "begin*0r?entropy>0.1", "begin@2[gen:200-300]", "begin@2[gen]?entropy>100"} {
		x := l.trace(t, l.bind(t, text), ids)
		for _, p := range x.all(t, 1) {
			if p.KL != 0 || p.Reverse != 0 || fmt.Sprint(p.Base) != fmt.Sprint(p.Steered) {
				t.Fatalf("%q, position %d: %+v", text, p.Index, p)
			}
		}
		p := x.at(t, x.Len()-2, 2)
		for _, row := range p.Lens {
			if row.KL != 0 || row.Change != 0 || row.Norm != row.BaseNorm {
				t.Errorf("%q: lens %+v", text, row)
			}
		}
		for _, a := range p.Left {
			if a.Fired || a.Step != a.Whole || a.Step.KL != 0 || a.Step.Changed {
				t.Errorf("%q: attribution %+v", text, a)
			}
		}
		for _, q := range []Quantity{Change, LensKL} {
			values, err := x.Map(t.Context(), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if flat := slices.Concat(values...); slices.Max(flat) != 0 || slices.Min(flat) != 0 {
				t.Errorf("%q: %v of up to %v", text, q, slices.Max(flat))
			}
		}
	}
}

// TestAt compares points, asked for in any order, with positions, with sessions
// that never had the term, and with one step from the first token on.
func TestAt(t *testing.T) {
	l := open(t)
	for _, c := range acting {
		t.Run(c.plan, func(t *testing.T) {
			plan := l.bind(t, c.plan)
			lane := l.generated(t, plan, nil, most, c.temperature)
			ids := lane.result.IDs
			base := l.generated(t, nil, ids, len(ids), 0)
			positions := l.trace(t, plan, ids).all(t, 3)
			var rebuilt []seen
			for i := range plan.Plan().Terms {
				rebuilt = append(rebuilt, l.generated(t, plan.Without(i), ids, len(ids), 0))
			}
			x := l.trace(t, plan, ids)
			for _, at := range rand.New(rand.NewPCG(1, 2)).Perm(len(positions) - 1) { // sessions compute no last token
				p := x.at(t, at, 3)
				same(t, "the position", p.Position, positions[at])
				if last := p.Lens[len(p.Lens)-1]; fmt.Sprint(last.Pair) != fmt.Sprint(p.Pair) || last.Layer != l.m.Config().Layers-1 {
					t.Errorf("the last lens row %+v is not the prediction %+v", last, p.Pair)
				}
				ofBase, ofSteered := p.Of(5)
				same(t, "a token looked up", []Candidate{ofBase, ofSteered}, []Candidate{
					candidate(l.logits(t, base, at), 5), candidate(l.logits(t, lane, at), 5)})
				for i, a := range p.Left {
					whole := l.logits(t, rebuilt[i], at)
					step := l.once(t, lane.editor, ids, at, i)
					same(t, fmt.Sprintf("term %d at %d", i+1, at), a, Attribution{
						Term: i, Text: plan.Plan().Terms[i].String(), Fired: slices.Contains(lane.editor.FiredAt(at), i),
						Step: p.without(step), Whole: p.without(whole),
					})
				}
			}
		})
	}
}

// once computes the tokens up to a position in one step, where the position
// alone does without a term.
func (l lab) once(t testing.TB, e *steering.Editor, ids []int, at, term int) []float32 {
	t.Helper()
	tokens := append(l.prompt.IDs(), ids...)[:at+1]
	without := only{Editor: e, at: at, less: less{e, term}}
	logits, err := l.m.Step(t.Context(), []model.Input{{Lane: l.m.NewLane(), Tokens: tokens}},
		model.StepOptions{Hook: hook{editor: without, dModel: l.m.Config().DModel}})
	if err != nil {
		t.Fatal(err)
	}
	return logits[0]
}

type only struct {
	*steering.Editor
	at   int
	less less
}

func (o only) Edit(layer, position int, row []float32) bool {
	if position == o.at {
		return o.less.Edit(layer, position, row)
	}
	return o.Editor.Edit(layer, position, row)
}

// TestTheOnlyTerm leaves base and nothing else when it is left out.
func TestTheOnlyTerm(t *testing.T) {
	l := open(t)
	plan := l.bind(t, acting[0].plan)
	ids := l.generated(t, plan, nil, most, 0).result.IDs
	x := l.trace(t, plan, ids)
	last := len(l.prompt.Tokens) - 1
	p := x.at(t, last, 2)
	if len(p.Left) != 1 || !p.Left[0].Fired || p.KL < 0.1 {
		t.Fatalf("the demonstration's term does nothing at the last token of the prompt: %+v", p.Left)
	}
	// Nothing was steered before this position.
	if w := (Without{Top: p.Base.Top[0], Changed: true}); p.Left[0].Step != w || p.Left[0].Whole != w {
		t.Errorf("left is %+v, want %+v twice", p.Left[0], w)
	}
	later := x.at(t, last+3, 1).Left[0]
	if later.Fired || later.Whole.KL != 0 || later.Step.KL == 0 {
		t.Errorf("after the term fired: %+v, want the steered cache's part alone", later)
	}
}

// TestMap compares every quantity with the rows that a session showed.
func TestMap(t *testing.T) {
	l := open(t)
	d := l.m.Config().DModel
	one := l.vectors["one"]
	every := &steering.Vector{Name: "some", DModel: d, Directions: map[int][]float32{
		steering.Embed: slices.Repeat([]float32{-2}, d), 2: slices.Repeat([]float32{0.5}, d), 3: make([]float32, d)}}
	for _, c := range acting {
		plan := l.bind(t, c.plan)
		lane := l.generated(t, plan, nil, most, c.temperature)
		base := l.generated(t, nil, lane.result.IDs, len(lane.result.IDs), 0)
		x := l.trace(t, plan, lane.result.IDs)
		maps := map[Quantity][][]float32{}
		for q := Norm; q <= Projection; q++ {
			var err error
			if maps[q], err = x.Map(t.Context(), q, every); err != nil {
				t.Fatal(err)
			}
		}
		single, err := x.Map(t.Context(), Projection, one)
		if err != nil {
			t.Fatal(err)
		}
		for i := range lane.stream {
			if len(single[i]) != x.Len() {
				t.Fatalf("%d positions at layer %d, want %d", len(single[i]), i-1, x.Len())
			}
			lensBase, _ := l.m.Unembed(t.Context(), base.stream[i])
			lensSteered, _ := l.m.Unembed(t.Context(), lane.stream[i])
			vocab := l.m.Config().Vocab
			for p := range x.Len() - 1 {
				b, s := base.stream[i][p*d:][:d], lane.stream[i][p*d:][:d]
				along, sum := 0.0, 0.0
				for j, v := range one.Directions[2] {
					along += float64(v) * float64(s[j])
					sum += float64(s[j])
				}
				want := map[Quantity]float64{
					Norm: norm(s), Change: change(b, s),
					LensKL:     divergence(lensSteered[p*vocab:][:vocab], lensBase[p*vocab:][:vocab]),
					Projection: []float64{-sum / math.Sqrt(float64(d)), math.NaN(), math.NaN(), sum / math.Sqrt(float64(d)), math.NaN()}[i],
				}
				for q, w := range want {
					if got := float64(maps[q][i][p]); !(math.Abs(got-w) <= 1e-5*(1+math.Abs(w))) && !(math.IsNaN(got) && math.IsNaN(w)) {
						t.Fatalf("%s: %v at layer %d, position %d is %v, want %v", c.plan, q, i-1, p, got, w)
					}
				}
				along /= one.Norm(2)
				if got := float64(single[i][p]); math.Abs(got-along) > 1e-5*(1+math.Abs(along)) {
					t.Fatalf("%s: projection at layer %d, position %d is %v, want %v", c.plan, i-1, p, got, along)
				}
			}
		}
	}
}

// TestFullContext traces a lane whose last token found no room.
func TestFullContext(t *testing.T) {
	l := open(t)
	room := l.m.Config().Context - len(l.prompt.Tokens)
	ids := slices.Repeat([]int{5}, room+1)
	plan := l.bind(t, "begin@2[gen]")
	x := l.trace(t, plan, ids)
	if x.Len() != l.m.Config().Context {
		t.Fatalf("%d positions, want the context's %d", x.Len(), l.m.Config().Context)
	}
	if p := x.at(t, x.Len()-1, 1); p.Steered.Rank == 0 {
		t.Error("the last position's next token is unknown")
	}
	_, err := New(t.Context(), l.m, l.tok, Lane{Prompt: l.prompt, IDs: append(ids, 5)}, nil)
	if full := (*model.ContextError)(nil); !errors.As(err, &full) {
		t.Errorf("a lane beyond the context: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	l := open(t)
	x := l.trace(t, nil, []int{5, 6})
	lane := func(l Lane) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := New(ctx, x.model, x.tokenizer, l, nil)
			return err
		}
	}
	at := func(position int) func(context.Context) error {
		return func(ctx context.Context) error { _, err := x.At(ctx, position, 1); return err }
	}
	span := func(from, to int) func(context.Context) error {
		return func(ctx context.Context) error { _, err := x.Positions(ctx, from, to, 1); return err }
	}
	mapped := func(q Quantity, v *steering.Vector) func(context.Context) error {
		return func(ctx context.Context) error { _, err := x.Map(ctx, q, v); return err }
	}
	n := x.Len()
	for name, c := range map[string]struct {
		do   func(context.Context) error
		want string
	}{
		"empty prompt":      {lane(Lane{IDs: []int{5}}), "the prompt is empty: it has no tokens"},
		"unknown id":        {lane(Lane{Prompt: l.prompt, IDs: []int{5, 107}}), fmt.Sprintf("the token at position %d is id 107, but this model has ids 0 to 106", n-1)},
		"negative id":       {lane(Lane{Prompt: l.prompt, IDs: []int{-1}}), "is id -1"},
		"before the lane":   {at(-1), fmt.Sprintf("position -1 is not one of the lane's 0 to %d", n-1)},
		"after the lane":    {at(n), fmt.Sprintf("position %d is not one of", n)},
		"too long":          {span(0, n+1), fmt.Sprintf("positions 0 up to %d are not within the lane's %d positions", n+1, n)},
		"too early":         {span(-1, 2), "positions -1 up to 2 are not within"},
		"backwards":         {span(3, 2), "positions 3 up to 2 are not within"},
		"no vector":         {mapped(Projection, nil), "a projection needs a vector to project on"},
		"empty vector":      {mapped(Projection, &steering.Vector{Name: "v"}), `vector "v" has no directions`},
		"another width":     {mapped(Projection, &steering.Vector{Name: "v", DModel: 1, Directions: map[int][]float32{0: {1}}}), `vector "v" has width 1, but the model's stream has 96`},
		"another quantity":  {mapped(7, nil), "there is no quantity 7 to map"},
		"negative quantity": {mapped(-1, nil), "there is no quantity -1 to map"},
	} {
		if err := c.do(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestCancelled cancels at every step in turn; what is asked again afterwards
// is right.
func TestCancelled(t *testing.T) {
	l := open(t)
	plan := l.bind(t, "begin@2?entropy>0.3,reason*0.5[gen]")
	ids := l.generated(t, plan, nil, 12, 1).result.IDs
	at := len(l.prompt.Tokens) + 8
	want := l.trace(t, plan, ids).at(t, at, 2)
	x := l.trace(t, plan, ids)
	for steps := 0; ; steps++ {
		ctx := &expiring{Context: t.Context(), left: steps}
		got, err := x.At(ctx, at, 2)
		if err == nil {
			same(t, "after cancelling", got, want)
			if steps < 5 {
				t.Errorf("the context was asked %d times only", steps)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(ctx, l.m, l.tok, Lane{Prompt: l.prompt, IDs: ids, Plan: plan}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("New: %v", err)
	}
	if _, err := x.Positions(ctx, 0, x.Len(), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Positions: %v", err)
	}
	if _, err := x.Map(ctx, LensKL, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Map: %v", err)
	}
}

// expiring is cancelled once it was asked a number of times.
type expiring struct {
	context.Context
	left int
}

func (e *expiring) Err() error {
	if e.left == 0 {
		return context.Canceled
	}
	e.left--
	return nil
}

// TestWithoutATokenizer traces bare ids.
func TestWithoutATokenizer(t *testing.T) {
	l := open(t)
	l.tok = nil
	var err error
	if l.prompt, err = generate.IDPrompt(nil, l.prompt.IDs()); err != nil {
		t.Fatal(err)
	}
	plan := l.bind(t, "begin*0.4r@2[gen:3-9],reason[last]?entropy>0.1")
	lane := l.generated(t, plan, nil, 16, 0).result
	x := l.trace(t, plan, lane.IDs)
	for i, p := range x.all(t, 1)[len(l.prompt.Tokens)-1:][:len(lane.IDs)] {
		if p.Steered.Next != lane.LogProbs[i] {
			t.Errorf("token %d: %v, want %v", i, p.Steered.Next, lane.LogProbs[i])
		}
	}
}
