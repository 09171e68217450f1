package scores

import (
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"tiller/steering/eval"
	"tiller/steering/statistics"
	"tiller/tui/theme"
)

var dark = theme.New(theme.Dark, true, colorprofile.TrueColor)

func rows() []Row {
	base := Blank("b", "base", eval.Base)
	base.N, base.Score, base.CI = 48, .4, statistics.Interval{Low: .28, High: .54}
	plan := Blank("1", "plan:reason*0.6@2[sentence]\x1b[2J", eval.Planned)
	plan.N, plan.Score, plan.CI = 48, .95, statistics.Interval{Low: .86, High: .99}
	plan.Delta, plan.DeltaCI, plan.P, plan.Gap = .55, statistics.Interval{Low: .4, High: .7}, 1e-7, .93
	random := Group{Of: plan.Name, Control: "random", Lanes: []int{2, 3, 4}}.Row([]float64{.3, .5, .4}, 144)
	return []Row{base, plan, random}
}

func TestLines(t *testing.T) {
	for width := 40; width < 200; width++ {
		for _, line := range Lines(dark, rows(), 1, width) {
			if n := ansi.StringWidth(line); n != width {
				t.Fatalf("a line is %d columns wide, want %d: %q", n, width, ansi.Strip(line))
			}
		}
	}
	drawn := ansi.Strip(strings.Join(Lines(dark, rows(), 1, 130), "\n"))
	want := strings.Join([]string{
		"                                           n  score  0                               1  to base     95 % interval       p      gap",
		"  b base                                  48  0.400           ├───●───┤                       -                 -       -        -",
		"▸ 1 plan:reason*0.6@2[sentence]␛[2J       48  0.950               ┊              ├─●─┤   +0.550    0.400 to 0.700  <.0001   93.0 %",
		"      random ×3, best 0.500              144  0.400            ├──●──┤                        -                 -       -        -",
	}, "\n")
	var got []string
	for line := range strings.SplitSeq(drawn, "\n") {
		got = append(got, strings.TrimRight(line, " "))
	}
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("drawn\n%s\nwant\n%s", g, want)
	}
}

// TestScale holds scores that are no shares.
func TestScale(t *testing.T) {
	for _, x := range []float64{-3, 40, math.NaN(), math.Inf(1)} {
		r := Blank("b", "base", eval.Base)
		r.Score = x
		lines := Lines(dark, []Row{r}, -1, 80)
		if has := strings.Contains(lines[1], "●"); has != !math.IsNaN(x) {
			t.Errorf("%g is drawn %q", x, lines[1])
		}
	}
}

func TestGroups(t *testing.T) {
	lanes := []eval.LaneSpec{
		{Name: "base", Kind: eval.Base}, {Name: "plan:a", Kind: eval.Planned},
		{Kind: eval.Control, Of: "plan:a", Control: "random"}, {Kind: eval.Control, Of: "plan:a", Control: "negated"},
		{Kind: eval.Control, Of: "plan:a", Control: "random", Draw: 1}, {Name: "plan:b", Kind: eval.Planned}, {Name: "thinking", Kind: eval.Thinking},
	}
	if got := strings.Join(Tags(lanes), ","); got != "b,1,,,,2,t" {
		t.Errorf("tags %s", got)
	}
	g := Groups(lanes)
	if len(g) != 2 || g[0].Name() != "random ×2" || g[1].Name() != "negated" || len(g[0].Lanes) != 2 {
		t.Errorf("groups %+v", g)
	}
	if r := g[0].Row(nil, 0); !math.IsNaN(r.Score) || r.CI.Defined() {
		t.Errorf("without answers %+v", r)
	}
}

func TestMarks(t *testing.T) {
	for _, test := range []struct {
		mark Mark
		want string
	}{
		{Mark{}, "·"},
		{Mark{There: true, Score: 1, Found: true}, "✓"},
		{Mark{There: true, Found: true}, "✗"},
		{Mark{There: true}, "?"},
		{Mark{There: true, Cut: true}, "?…"},
		{Mark{There: true, Score: .53, Found: true}, ".53"},
		{Mark{There: true, Score: -2.5}, "-2.50"},
		{Mark{There: true, Failed: true, Cut: true}, "!"},
	} {
		if got := ansi.Strip(test.mark.Draw(dark)); got != test.want {
			t.Errorf("%+v is drawn %q, want %q", test.mark, got, test.want)
		}
	}
}
