package desk

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"tiller/steering"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/theme"
)

// newDesk is a desk with a model of 4 layers, two vectors and a question of
// words, and without an engine.
func newDesk(t *testing.T, plan string) *Desk {
	t.Helper()
	d := New(nil, theme.New(theme.Dark, true, colorprofile.TrueColor), keys.Default())
	d.Open("m")
	opened := engine.Opened{Gen: d.opening, Plan: plan, Vectors: []engine.VectorInfo{
		{Name: "one", Read: true, Layers: []int{2}, Norms: []float64{3}},
		{Name: "many", Read: true, Layers: []int{0, 1, 3}, Norms: []float64{1, 2, 4}},
		{Name: "wide", Read: true, Err: "its directions are 8 wide, the model's stream is 4"},
	}}
	opened.Model.Ref, opened.Model.Name, opened.Model.Layers, opened.Model.Embedded = "embedded:base", "base", 4, true
	d.Receive(opened)
	d.SetPrompt(engine.Prompt{Text: "ann has a ball"})
	read(d, "ann", "has", "a", "ball")
	return d
}

// read answers the newest reading of the prompt.
func read(d *Desk, words ...string) {
	msg := engine.PromptRead{Gen: d.reading}
	for _, w := range words {
		id := 0
		for _, b := range []byte(w) {
			id = id*31 + int(b)
		}
		msg.Tokens = append(msg.Tokens, engine.PromptToken{ID: id, Text: " " + w})
	}
	d.Receive(msg)
}

// answer generates ids in a lane.
func answer(d *Desk, l *Lane, gen int, done bool, ids ...int) {
	msg := engine.Generated{Gen: gen, Begun: []engine.Begun{{Lane: l.ID, Prompt: d.Tokens, MedianNorm: []float32{1, 2, 4, 8, 16}}}}
	for i, id := range ids {
		msg.Tokens = append(msg.Tokens, engine.Token{Lane: l.ID, Index: i, ID: id, Text: " w"})
	}
	if done {
		msg.Ended = []engine.Ended{{Lane: l.ID, Stop: "eos"}}
	}
	d.Receive(msg)
}

func (d *Desk) plan() string { return d.Active().Plan.Text }

func TestTurn(t *testing.T) {
	for _, tt := range []struct {
		from  string
		steps int
		want  string
	}{
		{"one", 1, "one*1.1"},
		{"one*0.9", 1, "one"},
		{"one*0.1", -1, "one*0"},
		{"one*0", -1, "one*-0.1"},
		{"one*0.30000001", 1, "one*0.4"},
		{"one*0.06r", 1, "one*0.07r"},
		{"one*0.01r", -1, "one*0r"},
		{"one*4", 1, "one*4.5"},
		{"one*40", -1, "one*35"},
		{"rotate:one*10", 1, "rotate:one*15"},
		{"one*ramp(0,1,8)", 1, "one*ramp(0,1,8)"},
	} {
		d := newDesk(t, tt.from)
		d.Turn(tt.steps)
		if got := d.plan(); got != tt.want {
			t.Errorf("%s turned by %d is %s, want %s", tt.from, tt.steps, got, tt.want)
		}
	}
}

// TestTurnPassesZero comes back to where it was, through exactly zero.
func TestTurnPassesZero(t *testing.T) {
	d := newDesk(t, "one*0.5")
	zero := false
	for range 12 {
		d.Turn(-1)
		zero = zero || d.plan() == "one*0"
	}
	for range 12 {
		d.Turn(1)
	}
	if got := d.plan(); !zero || got != "one*0.5" {
		t.Errorf("back at %s, passed zero: %v", got, zero)
	}
}

func TestNeutral(t *testing.T) {
	for from, want := range map[string]string{
		"one*3":       "one*0",
		"scale:one*3": "scale:one",
		"clamp:one*3": "clamp:one*3",
		"ablate:one":  "ablate:one*0",
	} {
		d := newDesk(t, from)
		d.SetNeutral()
		if got := d.plan(); got != want {
			t.Errorf("neutral of %s is %s, want %s", from, got, want)
		}
	}
}

func TestLayers(t *testing.T) {
	for _, tt := range []struct {
		from string
		do   func(*Desk)
		want string
		said string
	}{
		{"one", func(d *Desk) { d.MoveLayers(1) }, "one@3", ""},
		{"one@3", func(d *Desk) { d.MoveLayers(1) }, "one@3", "highest layer"},
		{"one@0", func(d *Desk) { d.MoveLayers(-1) }, "one@embed", ""},
		{"one@embed", func(d *Desk) { d.MoveLayers(-1) }, "one@embed", "lowest layer"},
		{"one@0-1", func(d *Desk) { d.MoveLayers(1) }, "one@1-2", ""},
		{"one@2", func(d *Desk) { d.ToggleLayer(3) }, "one@2-3", ""},
		{"one@0-2", func(d *Desk) { d.ToggleLayer(1) }, "one@0+2", ""},
		{"one@2", func(d *Desk) { d.ToggleLayer(2) }, "one@2", "one layer at least"},
		{"many", func(d *Desk) { d.MoveLayers(1) }, "many", "no direction at layer 2"},
		{"many@0", func(d *Desk) { d.MoveLayers(1) }, "many@1", ""},
		{"one@all", func(d *Desk) { d.ToggleLayer(0) }, "one@1-3", ""},
	} {
		d := newDesk(t, tt.from)
		tt.do(d)
		if got := d.plan(); got != tt.want || !strings.Contains(d.Status.Text, tt.said) {
			t.Errorf("from %s: %s (%q), want %s (%q)", tt.from, got, d.Status.Text, tt.want, tt.said)
		}
	}
}

func TestSelectRange(t *testing.T) {
	d := newDesk(t, "one*2")
	for _, step := range []struct {
		from, to int
		want     string
	}{
		{1, 1, "one*2[1]"},
		{3, 2, "one*2[1-3]"},
		{5, 6, "one*2[1-3+gen:1-2]"},
		{2, 2, "one*2[1+3+gen:1-2]"},
		{1, 1, "one*2[3+gen:1-2]"},
		{3, 6, "one*2[3+gen:0-2]"},
		{3, 6, "one*2"},
	} {
		d.SelectRange(step.from, step.to)
		if got := d.plan(); got != step.want {
			t.Fatalf("after %d-%d the plan is %s, want %s", step.from, step.to, got, step.want)
		}
	}
	d = newDesk(t, "one[sentence&gen]")
	d.SelectRange(0, 0)
	if got := d.plan(); got != "one[sentence&gen+0]" {
		t.Errorf("a selector by words and a position make %s", got)
	}
}

// TestReanchor keeps selected positions at their words when the question
// changes around them, and says which are gone.
func TestReanchor(t *testing.T) {
	for _, tt := range []struct {
		selected string
		words    string
		want     string
		lost     string
	}{
		{"[3]", "today ann has a ball", "one[4]", ""},
		{"[0-1]", "ann has two balls", "one[0-1]", ""},
		{"[2-3]", "ann has the ball", "one[3]", "a"},
		{"[2]", "ann has ball", "one", "a"},
		{"[last]", "bob", "one[last]", ""},
		{"[1+3]", "ann has a red ball", "one[1+4]", ""},
	} {
		d := newDesk(t, "one"+tt.selected)
		d.SetPrompt(engine.Prompt{Text: tt.words})
		read(d, strings.Fields(tt.words)...)
		if got := d.plan(); got != tt.want {
			t.Errorf("%s in %q is %s, want %s", tt.selected, tt.words, got, tt.want)
		}
		if said := strings.Contains(d.Status.Text, "positions "+tt.lost+" are gone"); said != (tt.lost != "") {
			t.Errorf("%s in %q says %q", tt.selected, tt.words, d.Status.Text)
		}
	}
}

// TestStale drops tokens of a run that is not a lane's newest, and keeps the
// old answer until the new one begins.
func TestStale(t *testing.T) {
	d := newDesk(t, "one")
	base, steered := d.Lanes[0], d.Lanes[1]
	first := steered.gen
	answer(d, base, first, true, 1, 2)
	answer(d, steered, first, true, 1, 3)
	d.Turn(1)
	if !steered.Stale || base.Stale || len(steered.Answer.Tokens) != 2 {
		t.Fatalf("after turning: steered stale %v, base stale %v", steered.Stale, base.Stale)
	}
	d.Receive(Paused{d.settle})
	if steered.gen == first || base.gen != first {
		t.Fatal("the pause did not generate the steered lane alone")
	}
	answer(d, steered, first, true, 9, 9, 9)
	if !steered.Stale || len(steered.Answer.Tokens) != 2 {
		t.Error("tokens of the old run were taken in")
	}
	answer(d, steered, steered.gen, false, 1, 2, 5)
	if steered.Stale || len(steered.Answer.Tokens) != 3 || steered.Answer.PlanText != "one*1.1" {
		t.Errorf("the new answer is %+v", steered.Answer)
	}
	if index, ok := d.Parts(steered); !ok || index != 2 {
		t.Errorf("it parts at %d, %v: base ended there", index, ok)
	}
	gen := steered.gen
	d.Turn(1)
	d.Receive(Paused{d.settle - 1})
	if steered.gen != gen {
		t.Error("a pause that another change cut short generated")
	}
}

func TestUndoRedo(t *testing.T) {
	d := newDesk(t, "one")
	d.Undo()
	if !strings.Contains(d.Status.Text, "nothing to undo") {
		t.Errorf("said %q", d.Status.Text)
	}
	d.Turn(1)
	d.Turn(1)
	d.Undo()
	if d.plan() != "one*1.1" {
		t.Errorf("undone: %s", d.plan())
	}
	d.Redo()
	if d.plan() != "one*1.2" {
		t.Errorf("redone: %s", d.plan())
	}
	d.Undo()
	d.SetNeutral()
	if d.Redo(); d.plan() != "one*0" || !strings.Contains(d.Status.Text, "nothing to redo") {
		t.Errorf("a change leaves something to redo: %s", d.plan())
	}
}

// TestEmptyPlan is not generated: it would say what base says.
func TestEmptyPlan(t *testing.T) {
	d := newDesk(t, "one")
	steered := d.Lanes[1]
	answer(d, steered, steered.gen, true, 1)
	before := len(d.Jobs)
	d.RemoveTerm()
	d.Receive(Paused{d.settle})
	jobs, gen := len(d.Jobs), steered.gen
	if jobs != before {
		t.Error("an empty plan was generated")
	}
	if steered.Answer != nil {
		t.Error("the lane of an empty plan still shows the old answer")
	}
	d.Undo()
	d.Receive(Paused{d.settle})
	if steered.gen == gen || len(d.Jobs) != jobs+1 {
		t.Error("the plan that is back was not generated")
	}
}

func TestUnreadablePlan(t *testing.T) {
	d := newDesk(t, "one")
	if cmd := d.SetPlan(d.Active(), "one@"); cmd != nil || d.Active().Plan.Err == nil {
		t.Error("a plan that can't be read is generated")
	}
	d.Turn(1)
	if d.plan() != "one@" || !strings.Contains(d.Status.Text, "mend it") {
		t.Errorf("a dial changed %s (%q)", d.plan(), d.Status.Text)
	}
	d.Undo()
	if d.plan() != "one" || d.Active().Plan.Err != nil {
		t.Errorf("undone: %s", d.plan())
	}
}

func TestLanes(t *testing.T) {
	d := newDesk(t, "one")
	steered := d.Lanes[1]
	answer(d, steered, steered.gen, true, 4, 5, 6)
	d.Duplicate()
	if len(d.Lanes) != 3 || d.Active() != d.Lanes[2] || d.Name(d.Lanes[2]) != "steered 2" {
		t.Fatalf("duplicated: %d lanes, active is %s", len(d.Lanes), d.Name(d.Active()))
	}
	d.Turn(1)
	if steered.Plan.Text != "one" {
		t.Error("turning the copy turned the lane it was made from")
	}
	d.Fork(steered, 2, 7, "x")
	if l := d.Focused(); !slices.Equal(l.Forced, []int{4, 5, 7}) || l.Plan.Text != "one" {
		t.Errorf("forked with %v", l.Forced)
	}
	d.Focus = 1
	d.Pin()
	if d.Active() == steered {
		t.Error("the dials turn a pinned lane")
	}
	d.SetPrompt(engine.Prompt{Text: "other"})
	if steered.Stale {
		t.Error("a pinned lane is stale with another question")
	}
	for len(d.Lanes) > 1 {
		d.Close()
	}
	if d.Close(); len(d.Lanes) != 1 {
		t.Error("the last lane was closed")
	}
	for range 20 {
		d.Duplicate()
	}
	if len(d.Lanes) != maxLanes || !strings.Contains(d.Status.Text, "close one first") {
		t.Errorf("%d lanes, %q", len(d.Lanes), d.Status.Text)
	}
}

func TestHeader(t *testing.T) {
	d := newDesk(t, "one")
	d.Toggle(Header)
	if got := d.PromptOf(d.Lanes[len(d.Lanes)-1]).Text; got != "slow lesson : ann has a ball" {
		t.Errorf("the lane asks %q", got)
	}
}

func TestAddTerm(t *testing.T) {
	d := newDesk(t, "one")
	d.AddTerm("many")
	if d.plan() != "one,many" || d.Term != 1 {
		t.Errorf("%s, term %d", d.plan(), d.Term)
	}
	d.MoveTerm(-1)
	if d.plan() != "many,one" || d.Term != 0 {
		t.Errorf("%s, term %d", d.plan(), d.Term)
	}
	d.RemoveTerm()
	d.RemoveTerm()
	if d.plan() != "" {
		t.Errorf("%s is left", d.plan())
	}
	d.Turn(1)
	if !strings.Contains(d.Status.Text, "plan is empty") {
		t.Errorf("said %q", d.Status.Text)
	}
	d.Plans = []engine.PlanInfo{{Ref: "@one", Text: "one*2@1[last]"}}
	d.AddTerm("one")
	if d.plan() != "one*2@1[last]" {
		t.Errorf("a vector with a plan of its own begins as %s", d.plan())
	}
	d.RemoveTerm()
	d.Model.Embedded, d.Model.Layers = false, 30
	d.Vectors = append(d.Vectors, engine.VectorInfo{Name: "deep", Layers: seq(29), Norms: make([]float64, 29)})
	d.AddTerm("deep")
	if d.plan() != "deep*0.1r@10-20[content]" {
		t.Errorf("a vector of another model begins as %s", d.plan())
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestRatio(t *testing.T) {
	d := newDesk(t, "one*2@3")
	l := d.Lanes[1]
	answer(d, l, l.gen, true, 1)
	for plan, want := range map[string]float64{"one*2@3": 2 * 3. / 16, "one*0.3r@3": .3, "many*2@1": 2 * 2. / 4} {
		p, err := steering.Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		layer := p.Terms[0].Layers.Items[0].From
		if got, ok := d.Ratio(l, p.Terms[0], layer); !ok || got != want {
			t.Errorf("%s has ratio %v, %v; want %v", plan, got, ok, want)
		}
	}
}

func TestRemember(t *testing.T) {
	d := newDesk(t, "")
	for _, text := range []string{"a", "b", " ", "a"} {
		d.Remember(text)
	}
	if !slices.Equal(d.History, []string{"b", "a"}) {
		t.Errorf("remembered %q", d.History)
	}
}
