package plan

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/steering"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/screentest"
	"tiller/tui/screentest/golden"
	"tiller/tui/theme"
)

// A sitting is the view on the embedded model.
type sitting struct {
	*screentest.Screen
	*View
	t testing.TB
}

// begin opens the embedded model; the person's files are in a folder of their
// own.
func begin(t testing.TB) *sitting {
	t.Helper()
	s := screentest.New(t, map[string]string{"XDG_CONFIG_HOME": t.TempDir()}, engine.Options{})
	s.Desk.Sampling.MaxTokens = 40
	x := &sitting{Screen: s, View: New(s.Desk), t: t}
	s.Run(s.Desk.Open("embedded:base"), x)
	if s.Desk.Model.Ref == "" {
		t.Fatalf("the model did not open: %s", s.Desk.Status.Text)
	}
	return x
}

// press does actions one after the other, those of the program as a whole too,
// and all that comes of them.
func (x *sitting) press(actions ...keys.Action) {
	x.t.Helper()
	for _, a := range actions {
		x.Run(x.do(a), x)
	}
}

// turn does actions without waiting for the dials to rest; settle generates.
func (x *sitting) turn(actions ...keys.Action) {
	x.t.Helper()
	for _, a := range actions {
		x.do(a)
	}
}

func (x *sitting) settle() { x.Run(x.Desk.Generate(), x) }

func (x *sitting) do(a keys.Action) tea.Cmd {
	x.t.Helper()
	cmd, taken := x.Do(a)
	if taken {
		return cmd
	}
	switch a {
	case keys.Stronger:
		return x.Desk.Turn(1)
	case keys.Weaker:
		return x.Desk.Turn(-1)
	case keys.Undo:
		return x.Desk.Undo()
	}
	x.t.Fatalf("%s means nothing here", a)
	return nil
}

// write writes a text in place of what is typed.
func (x *sitting) write(text string) {
	if x.typing != nil {
		x.typing.input.SetValue("")
	}
	x.Run(screentest.Type(x, text), x)
}

// plan is the plan that is in hand.
func (x *sitting) plan() string { return x.Desk.Active().Plan.Text }

// shows fails unless what is drawn has all of these texts.
func (x *sitting) shows(texts ...string) {
	x.t.Helper()
	drawn := ansi.Strip(x.View.View(120, 30))
	for _, text := range texts {
		if !strings.Contains(drawn, text) {
			x.t.Errorf("%q is not on the screen:\n%s", text, drawn)
		}
	}
}

// same compares the screen with the files of two sizes.
func (x *sitting) same(name string) {
	x.t.Helper()
	golden.Same(x.t, name+"-80x22", x.View.View(80, 22))
	golden.Same(x.t, name+"-120x30", x.View.View(120, 30))
}

func TestDials(t *testing.T) {
	x := begin(t)
	x.same("demo")
	x.press(keys.AddTerm)
	x.same("vectors")
	x.write("reas")
	x.press(keys.Choose)
	if got := x.plan(); got != "begin@2[last+sentence&gen:18-199],reason@2[last+sentence&gen:18-199]" {
		t.Fatalf("the plan is %q", got)
	}
	x.same("two")
	for _, test := range []struct {
		action keys.Action
		want   string
	}{
		{keys.Weaker, "reason*0.9@2[last+sentence&gen:18-199]"},
		{keys.CycleGate, "reason*0.9@2[last+sentence&gen:18-199]?entropy>1"},
		{keys.CycleGate, "reason*0.9@2[last+sentence&gen:18-199]?margin<0.2"},
		{keys.CycleGate, "reason*0.9@2[last+sentence&gen:18-199]?not entropy>1"},
		{keys.CycleGate, "reason*0.9@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "addn:reason*0.9@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "ablate:reason@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "clamp:reason*0@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "scale:reason*2@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "rotate:reason*15@2[last+sentence&gen:18-199]"},
		{keys.CycleOp, "reason*0.9@2[last+sentence&gen:18-199]"},
		{keys.MoveTermUp, "reason*0.9@2[last+sentence&gen:18-199]"},
		{keys.MoveTermDown, "reason*0.9@2[last+sentence&gen:18-199]"},
	} {
		x.turn(test.action)
		want := "begin@2[last+sentence&gen:18-199]," + test.want
		if test.action == keys.MoveTermUp {
			want = test.want + ",begin@2[last+sentence&gen:18-199]"
		}
		if got := x.plan(); got != want {
			t.Errorf("after %s the plan is %q, want %q", test.action, got, want)
		}
	}
	x.turn(keys.RemoveTerm, keys.RemoveTerm)
	x.settle()
	x.same("empty")
	if x.plan() != "" || len(x.terms()) != 0 {
		t.Errorf("the plan is %q", x.plan())
	}
}

// TestCurve cycles how a strength runs over tokens, and turns its numbers.
func TestCurve(t *testing.T) {
	x := begin(t)
	for _, test := range []struct {
		actions []keys.Action
		want    string
	}{
		{[]keys.Action{keys.CycleCurve}, "ramp(0,1,16)"},
		{[]keys.Action{keys.Right, keys.Stronger}, "ramp(0,1.1,16)"},
		{[]keys.Action{keys.Right, keys.Right, keys.Weaker}, "ramp(0,1.1,15)"},
		{[]keys.Action{keys.Stronger, keys.Stronger, keys.Stronger, keys.Stronger, keys.Stronger, keys.Stronger}, "ramp(0,1.1,25)"},
		{[]keys.Action{keys.Neutral}, "ramp(0,1.1,25)"},
		{[]keys.Action{keys.Left, keys.Neutral}, "ramp(0,0,25)"},
		{[]keys.Action{keys.Undo, keys.CycleCurve}, "decay(1.1,16)"},
		{[]keys.Action{keys.Right, keys.Weaker}, "decay(1.1,15)"},
		{[]keys.Action{keys.CycleCurve}, "curve(0:1.1,15:0.55)"},
		{[]keys.Action{keys.AddPoint}, "curve(0:1.1,7:0.843,15:0.55)"},
		{[]keys.Action{keys.Weaker, keys.Left, keys.Stronger}, "curve(0:1.1,8:0.7,15:0.55)"},
		{[]keys.Action{keys.Right, keys.Right, keys.Right, keys.AddPoint}, "curve(0:1.1,8:0.7,15:0.55,22:0.55)"},
		{[]keys.Action{keys.Left, keys.Weaker, keys.Weaker, keys.Weaker, keys.Weaker, keys.Weaker, keys.Weaker, keys.Weaker, keys.Weaker}, "curve(0:1.1,8:0.7,15:0.55,16:0.55)"},
		{[]keys.Action{keys.RemovePoint, keys.RemovePoint}, "curve(0:1.1,8:0.7)"},
		{[]keys.Action{keys.RemovePoint, keys.RemovePoint}, "curve(0:1.1)"},
		{[]keys.Action{keys.CycleCurve}, "1.1"},
	} {
		x.turn(test.actions...)
		if got := x.terms()[0].Strength.String(); got != test.want {
			t.Fatalf("after %v the strength is %q, want %q", test.actions, got, test.want)
		}
		switch test.want {
		case "ramp(0,1.1,15)", "decay(1.1,15)", "curve(0:1.1,8:0.7,15:0.55,22:0.55)":
			x.settle()
			x.same(strings.TrimRight(test.want[:5], "("))
		}
	}
}

// TestRelative keeps the size of an edit when its unit changes.
func TestRelative(t *testing.T) {
	x := begin(t)
	before, ok := x.ratio(x.terms()[0], 2)
	x.turn(keys.Relative)
	after, _ := x.ratio(x.terms()[0], 2)
	if s := x.terms()[0].Strength; !ok || !s.Relative || before/after < .99 || before/after > 1.01 {
		t.Errorf("%v is %v of |h|, and was %v", s, after, before)
	}
	x.turn(keys.CycleCurve) // in the vector's own length again
	if got := x.terms()[0].Strength; got.Kind != steering.Ramp || got.To < .99 || got.To > 1.01 {
		t.Errorf("as a ramp the strength is %v", got)
	}
	x.turn(keys.Relative)
	if x.Desk.Status.Level != desk.Warning {
		t.Errorf("a ramp became relative: %s", x.plan())
	}
}

// TestTyping mends a plan at the column.
func TestTyping(t *testing.T) {
	x := begin(t)
	x.press(keys.Type)
	x.write("begin*0.5@2,reason[sentence")
	x.same("fault")
	x.press(keys.Generate)
	if x.typing == nil || x.plan() == "" {
		t.Fatal("a plan that can't be read was taken")
	}
	x.write("begin*0.5@2,nosuch[sentence]")
	x.same("nosuch")
	x.write("begin*0.5@2,reason@9[sentence]")
	x.shows("this model has no layer 9", "                    ^")
	x.press(keys.Back)
	if x.typing != nil || x.plan() != "begin@2[last+sentence&gen:18-199]" {
		t.Errorf("esc left the plan %q", x.plan())
	}
	x.press(keys.Type, keys.EarlierPrompt)
	x.press(keys.Generate)
	x.same("refused")
	x.press(keys.Undo)
	x.shows("begin@2[last+sentence&gen:18-199]", "1 term")
}

// TestComplete completes the words of a plan where they may stand.
func TestComplete(t *testing.T) {
	x := begin(t)
	x.press(keys.Type)
	for _, test := range []struct{ text, want string }{
		{"be", "begin"},
		{"begin,rea", "begin,reason"},
		{"abl", "ablate:"},
		{"ablate:dec", "ablate:decide"},
		{"begin*ra", "begin*ramp("},
		{"begin*ramp(0,1,b", "begin*ramp(0,1,b"},
		{"begin@em", "begin@embed"},
		{"begin@1+", "begin@1+"},
		{"begin[last+se", "begin[last+sentence"},
		{"begin[not th", "begin[not th"},
		{"begin?ent", "begin?entropy"},
		{"begin[last]?entropy>1&mar", "begin[last]?entropy>1&margin<"},
		{"begin xy", "begin xy"},
	} {
		x.write(test.text)
		x.press(keys.Complete)
		if got := x.typing.input.Value(); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
		}
	}
}

// TestFiles saves a plan, and loads it and one that tiller comes with.
func TestFiles(t *testing.T) {
	x := begin(t)
	first := x.plan()
	x.press(keys.Save)
	x.write("a b")
	x.press(keys.Generate)
	if x.saving == nil {
		t.Fatal("a name with a space was taken")
	}
	x.saving.input.SetValue("")
	x.write("mine")
	x.press(keys.Generate)
	if x.saving != nil || !strings.HasPrefix(x.Desk.Status.Text, "Saved; ") {
		t.Fatalf("saving says %q", x.Desk.Status.Text)
	}
	x.turn(keys.Weaker, keys.Save)
	x.write("mine")
	x.press(keys.Generate)
	x.same("exists")
	x.press(keys.Generate)
	second := x.plan()
	x.press(keys.LoadPlan)
	x.same("plans")
	x.write("@decide")
	x.turn(keys.Choose)
	if got := x.plan(); got != "decide*3@1[last]" {
		t.Errorf("@decide is %q", got)
	}
	x.press(keys.LoadPlan)
	x.turn(keys.Choose)
	if got := x.plan(); got != second || got == first {
		t.Errorf("mine is %q, want %q", got, second)
	}
	if len(x.Desk.Jobs) > 0 {
		t.Errorf("jobs are left: %+v", x.Desk.Jobs)
	}
}

// TestEditor takes in what came back from the editor.
func TestEditor(t *testing.T) {
	x := begin(t)
	x.Run(func() tea.Msg { return engine.Written{What: "plan", Text: "decide*2@1\n  [last]\n"} }, x)
	if got := x.plan(); got != "decide*2@1   [last]" {
		t.Errorf("the plan is %q", got)
	}
	x.Run(func() tea.Msg { return engine.Written{What: "plan", Text: "decide*2@1["} }, x)
	if x.typing == nil || x.typing.input.Value() != "decide*2@1[" {
		t.Error("a plan that can't be read is lost")
	}
	x.Run(func() tea.Msg { return engine.Written{What: "question", Text: "x"} }, x)
}

// TestPlans goes from one lane's plan to the next.
func TestPlans(t *testing.T) {
	x := begin(t)
	x.Desk.Duplicate()
	x.turn(keys.Weaker)
	second := x.plan()
	x.press(keys.NextPane)
	if x.plan() == second {
		t.Error("tab stays at the second lane")
	}
	x.shows("1 of 2")
	x.press(keys.NextPane)
	if x.plan() != second {
		t.Error("tab does not go around")
	}
}

// TestMouse clicks on rows and dials.
func TestMouse(t *testing.T) {
	x := begin(t)
	x.Desk.AddTerm("reason")
	at := func(text string) (column, line int) {
		for y, l := range strings.Split(ansi.Strip(x.View.View(120, 30)), "\n") {
			if before, _, ok := strings.Cut(l, text); ok {
				return ansi.StringWidth(before), y
			}
		}
		t.Fatalf("%q is not on the screen", text)
		return 0, 0
	}
	click := func(text string, by int) {
		column, line := at(text)
		x.Click(column+by, line)
	}
	click("1 add", 2)
	if x.Desk.Term != 0 {
		t.Error("the first row was not taken in hand")
	}
	click("[2]", 7)
	click("-0.5", 7)
	click("always", 0)
	if got, want := x.terms()[0].String(), "begin*-0.4@2-3[last+sentence&gen:18-199]?entropy>1"; got != want {
		t.Errorf("the term is %q, want %q", got, want)
	}
	x.Wheel(0, 0, 3)
	if x.Desk.Term != 1 {
		t.Error("the wheel does not move")
	}
	click("begin*", 0)
	if x.typing == nil {
		t.Error("a click on the text does not type")
	}
}

// TestSizes draws everything at all sizes, and at none of a model.
func TestSizes(t *testing.T) {
	x := begin(t)
	long := "begin*ramp(0,1,900)@0-3[match:/\u202e\u4e16\u754c|therefore/+gen:2-9]?entropy>1&margin<0.5"
	states := []func(){
		func() {},
		func() { x.press(keys.AddTerm) },
		func() { x.press(keys.Back); x.press(keys.LoadPlan) },
		func() { x.press(keys.Back); x.press(keys.Save) },
		func() { x.press(keys.Back); x.press(keys.Type) },
		func() { x.write(strings.Repeat("reason*0.25@1-2[sentence],", 30)) },
		func() { x.write(strings.Repeat("reason*0.25@1-2[sentence],", 30) + "begin"); x.press(keys.Generate) },
		func() { x.Desk.TakePlan(long); x.settle() },
		func() { x.Desk.TakePlan("begin*") },
		func() { x.Desk.Lanes = x.Desk.Lanes[:1] },
		func() { x.Desk.Model = engine.ModelInfo{} },
	}
	for i, to := range states {
		to()
		for _, size := range [][2]int{{60, 14}, {80, 22}, {97, 17}, {120, 30}, {200, 48}, {240, 70}} {
			golden.Exact(t, x.View.View(size[0], size[1]), size[0], size[1])
			if t.Failed() {
				t.Fatalf("in state %d at %v", i, size)
			}
		}
	}
}

func TestNoEngine(t *testing.T) {
	d := desk.New(nil, theme.New(theme.Dark, true, colorprofile.TrueColor), keys.Default())
	v := New(d)
	for _, w := range []int{60, 120} {
		golden.Exact(t, v.View(w, 20), w, 20)
	}
	for _, a := range []keys.Action{keys.AddTerm, keys.Back, keys.LoadPlan, keys.Back, keys.Save, keys.Back, keys.CycleOp, keys.Relative, keys.CycleCurve, keys.CycleGate, keys.RemoveTerm, keys.MoveTermUp, keys.Up, keys.Bottom, keys.NextPane, keys.Type, keys.Generate} {
		v.Do(a)
		golden.Exact(t, v.View(80, 22), 80, 22)
	}
}

func BenchmarkView(b *testing.B) {
	x := begin(b)
	x.press(keys.CycleCurve)
	for b.Loop() {
		x.View.View(200, 48)
	}
}
