package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/sweep"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/wording"
)

// A grid is what is tried, and what came of it.
type grid struct {
	sweep.Grid
	model  string // reference of the open model
	prompt string // that KL is read after, where nothing is graded
	graded bool   // on problems whose answers are known
	count  int    // problems, or prompts, to try cells on
	every  int    // of the layers that there are, 1 for all
	layers int    // that there are

	gen            int // of the run; 0 before
	cells          map[[2]int]engine.SweptCell
	base, thinking sweep.Tally
	done, total    int
	ended          bool
}

// mostRows is how many layers are tried: more take long, and are hardly seen
// together.
const mostRows = 12

// multiples of the present strength are tried.
var multiples = [...]float64{.1, .2, .3, .4, .5, .6, .8, 1, 1.5, 2}

// sizes are on how many problems cells can be tried; of prompts, which large
// models take long to read, they are fewer.
var sizes = [...]struct{ problems, prompts int }{{12, 1}, {24, 2}, {48, 4}, {96, 8}, {192, 16}}

// firstSize is the index of the usual size.
const firstSize = 2

// graded reports whether the open model has problems to answer.
func (v *View) graded() bool { return len(v.d.Problems) > 0 }

// count is on how much the next sweep tries its cells.
func (v *View) count() int {
	if v.graded() {
		return sizes[v.size].problems
	}
	return len(v.prompts(sizes[v.size].prompts))
}

// prompts are the question and those asked before it, the latest first; the
// lab's problems are left out, which mean nothing to other models.
func (v *View) prompts(most int) []engine.Prompt {
	prompts := []engine.Prompt{v.d.Prompt}
	for _, text := range slices.Backward(v.d.History) {
		if len(prompts) >= most {
			break
		}
		if _, err := problem.Parse(text); err == nil || text == v.d.Prompt.Text {
			continue
		}
		p := v.d.Prompt
		p.Text = text
		prompts = append(prompts, p)
	}
	return prompts
}

// planned is the grid of the term in hand, or why there is none.
func (v *View) planned() (g *grid, why string) {
	d := v.d
	lane := d.Active()
	t, ok := d.TermInHand()
	switch {
	case d.Model.Ref == "" && d.Opening():
		return nil, "The model is being opened."
	case d.Model.Ref == "":
		return nil, "No model is open: " + d.Keys.Key("everywhere", "open") + " opens one."
	case lane == nil:
		return nil, "No lane has a plan: " + d.Keys.Key("everywhere", "go-vectors") + " shows vectors to add."
	case lane.Plan.Err != nil:
		return nil, "The plan can't be read: " + d.Keys.Key("everywhere", "go-plan") + " shows it."
	case !ok:
		return nil, "No plan yet: " + d.Keys.Key("everywhere", "go-vectors") + " shows vectors to add."
	}
	all := v.candidates(t)
	g = &grid{
		Grid:  sweep.Grid{Plan: lane.Plan.Parsed, Term: d.Term, Strengths: strengths(t)},
		model: d.Model.Ref, graded: v.graded(), count: v.count(), layers: len(all),
	}
	if !g.graded {
		g.prompt = d.Prompt.Text
	}
	g.Layers, g.every = spread(all, d.LayersOf(t))
	return g, ""
}

// shown is the grid on the screen: what was run last, or else what would be.
func (v *View) shown() (g *grid, why string) {
	if v.ran != nil {
		return v.ran, ""
	}
	return v.planned()
}

// home puts the cursor where the plan is.
func (v *View) home(g *grid) {
	v.row, v.col = 0, max(0, slices.Index(g.Strengths, level(g.term().Strength)))
	if layers := v.d.LayersOf(g.term()); len(layers) > 0 {
		v.row = max(0, slices.Index(g.Layers, layers[0]))
	}
}

// candidates are the layers at which a term can act, as far as is known: those
// that its vector has, or every layer if that has one direction for all.
func (v *View) candidates(t steering.Term) []int {
	if info := v.d.Vector(t.Vector); info != nil && len(info.Layers) > 1 {
		return info.Layers
	}
	all := make([]int, v.d.Model.Layers)
	for i := range all {
		all[i] = i
	}
	return all
}

// spread takes every so many of the layers, such that no more than mostRows are
// left and the first of those in use is among them.
func spread(layers, used []int) (some []int, every int) {
	every = max(1, (len(layers)+mostRows-1)/mostRows)
	first := 0
	if len(used) > 0 {
		first = max(0, slices.Index(layers, used[0])) % every
	}
	for i := first; i < len(layers); i += every {
		some = append(some, layers[i])
	}
	return some, every
}

// strengths are those around the present one, from near neutral to twice as
// far; where it is neutral, around what is usually felt.
func strengths(t steering.Term) []float64 {
	neutral, _ := desk.Neutral(t.Op)
	present := level(t.Strength)
	if present == neutral {
		switch {
		case t.Op == steering.Rotate:
			present = 30 // degrees
		case t.Strength.Relative:
			present = .1
		default:
			present = neutral + 1
		}
	}
	out := make([]float64, len(multiples))
	for i, m := range multiples {
		out[i] = present
		if m != 1 {
			out[i] = rounded(neutral + m*(present-neutral))
		}
	}
	return out
}

// rounded leaves x three digits, without the dust of binary fractions.
func rounded(x float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil {
		return x
	}
	return short
}

// level is the one number that stands for a strength: its largest, if it runs
// over tokens.
func level(s steering.Strength) float64 {
	most := s.Value
	further := func(x float64) {
		if math.Abs(x) > math.Abs(most) {
			most = x
		}
	}
	if s.Kind == steering.Ramp {
		further(s.To)
	}
	for _, p := range s.Points {
		further(p.V)
	}
	return most
}

// term is the one that is varied, as it was when the grid was made.
func (g *grid) term() steering.Term { return g.Plan.Terms[g.Term] }

// of is everything that a grid holds for, beside layers and strengths.
func (g *grid) of() string {
	return fmt.Sprintf("%s %q %d %s", g.model, g.prompt, g.Term, g.PlanAt(0, 1))
}

// alike reports whether two grids have the same cells.
func (g *grid) alike(other *grid) bool {
	return slices.Equal(g.Layers, other.Layers) && slices.Equal(g.Strengths, other.Strengths)
}

// cell is what is known of a cell: nothing but its place before it was tried.
func (g *grid) cell(row, col int) engine.SweptCell {
	if c, ok := g.cells[[2]int{row, col}]; ok {
		return c
	}
	return engine.SweptCell{Row: row, Column: col, KL: math.NaN()}
}

func (g *grid) planAt(row, col int) string {
	return g.PlanAt(g.Layers[row], g.Strengths[col]).String()
}

// name is a cell in a sentence: "L2 × 0.6".
func (g *grid) name(row, col int) string {
	s := steering.Strength{Value: g.Strengths[col], Relative: g.term().Strength.Relative}
	return layerName(g.Layers[row]) + " × " + s.String()
}

func layerName(layer int) string {
	if layer == steering.Embed {
		return wording.Layer(layer)
	}
	return "L" + wording.Layer(layer)
}

func (g *grid) percent() int {
	if g.total == 0 {
		return 0
	}
	return 100 * g.done / g.total
}

// receive takes in what became known.
func (g *grid) receive(msg engine.Swept) {
	if g.cells == nil {
		g.cells = map[[2]int]engine.SweptCell{}
	}
	for _, c := range msg.Cells {
		g.cells[[2]int{c.Row, c.Column}] = c
	}
	if msg.Total > 0 {
		g.base, g.thinking, g.done, g.total = msg.Base, msg.Thinking, msg.Done, msg.Total
	}
	g.ended = msg.Ended
}

// best is the cell of the highest score; of equals the weakest, and of these
// the lowest layer. There is none before the sweep has ended, nor where it was
// stopped and some cells answered fewer problems than others.
func (g *grid) best() (row, col int, ok bool) {
	if !g.ended {
		return 0, 0, false
	}
	most := 0
	for _, c := range g.cells {
		most = max(most, c.N)
	}
	for i := range g.Layers {
		for j := range g.Strengths {
			if c := g.cell(i, j); c.Err == "" && c.N < most {
				return 0, 0, false
			}
		}
	}
	best := -1
	for j := range g.Strengths {
		for i := range g.Layers {
			if c := g.cell(i, j); c.Err == "" && c.N > 0 && c.Right > best {
				row, col, best = i, j, c.Right
			}
		}
	}
	return row, col, best >= 0
}
