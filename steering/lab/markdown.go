package lab

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"tiller/steering/statistics"
)

// Section is a table in Markdown, or several that belong together.
type Section struct {
	Name     string
	Markdown string // ends in a newline
}

// Markdown are the figures as tables for people. All shares are percent, with
// 95 % intervals in brackets. The sections' names don't depend on the figures.
func (f *Figures) Markdown() []Section {
	return []Section{
		{"headline", f.headlineMarkdown()},
		{"cost", f.costMarkdown()},
		{"families", f.familiesMarkdown()},
		{"hard", scoresMarkdown(f.Hard)},
		{"controls", f.controlsMarkdown()},
		{"dial", f.dialMarkdown()},
		{"map", f.mapMarkdown()},
		{"slips", f.slipsMarkdown()},
		{"types", f.typesMarkdown()},
		{"plans", f.plansMarkdown()},
		{"vectors", f.vectorsMarkdown()},
		{"cosines", f.cosinesMarkdown()},
	}
}

func (f *Figures) headlineMarkdown() string {
	var m markdown
	scores(&m, f.Headline)
	m.say("The plan is %s.", code(f.Plan))
	return m.String()
}

func scoresMarkdown(t *Table) string {
	var m markdown
	scores(&m, t)
	return m.String()
}

// scores is what the lanes of a table come to.
func scores(m *markdown, t *Table) {
	m.head("lane", "right, %", "minus base", "minus prompt", "p (prompt)", "gap recovered, %")
	if t == nil {
		return
	}
	for _, r := range t.Lanes {
		toPrompt, p := none, none
		if c := r.DeltaPrompt; c != nil {
			toPrompt, p = within(c.Delta, c.DeltaCI95), significance(c.McNemarP)
		}
		m.row(r.Name, scored(r), within(r.Delta, r.DeltaCI95), toPrompt, p, recovered(r))
	}
	m.say("n = %d problems of the %s split for each lane.", t.N, t.Problems)
}

func (f *Figures) costMarkdown() string {
	var m markdown
	m.head("lane", "tokens per answer", "reasoned, %", "answered, %", "ran out of tokens, %", "steered_fraction, %", "prompt_edits", "row_edits")
	if f.Headline == nil {
		return m.String()
	}
	for _, r := range f.Headline.Lanes {
		steered, prompt, rows := none, none, none
		if r.Plan != "" {
			steered, prompt, rows = percents(r.SteeredFraction), strconv.Itoa(r.PromptEdits), strconv.Itoa(r.RowEdits)
		}
		m.row(r.Name, fixed(&r.TokensPerAnswer, 1), percents(r.Reasoned), percents(r.Answered), percents(ranOut(r)), steered, prompt, rows)
	}
	return m.String()
}

// ranOut is the share of a lane's texts that did not end by themselves.
func ranOut(r Row) float64 {
	all, length := 0, 0
	for stop, n := range r.Stops {
		all += n
		if stop != "eos" && stop != "stop" {
			length += n
		}
	}
	return share(length, all)
}

// familyLanes are the lanes that are told apart by family.
var familyLanes = []string{laneBase, laneFirst, lanePrompt, laneSteered, laneThinking}

func (f *Figures) familiesMarkdown() string {
	var m markdown
	head := append([]string{"family", "n"}, familyLanes...)
	m.head(append(head, "steered minus prompt", "p")...)
	for _, x := range f.Families {
		cells := []string{x.Name, strconv.Itoa(x.N)}
		for _, name := range familyLanes {
			cell := none
			if i := slices.IndexFunc(x.Lanes, func(l FamilyScore) bool { return l.Name == name }); i >= 0 {
				cell = within(&x.Lanes[i].Score, x.Lanes[i].CI95)
			}
			cells = append(cells, cell)
		}
		m.row(append(cells, within(x.ToPrompt.Delta, x.ToPrompt.DeltaCI95), significance(x.ToPrompt.McNemarP))...)
	}
	return m.String()
}

func (f *Figures) controlsMarkdown() string {
	var m markdown
	m.head("control", "draws", "mean gap, %", "largest gap, %", "the plan's gap, %", "p (rank)", "mean cosine, absolute", "cosine of the largest", "broken at its best strength", "broken at some strength")
	c := f.Controls
	if c == nil {
		return m.String()
	}
	for _, k := range c.Kinds {
		rank := &k.RankP
		if k.Draws == 1 { // one draw has no rank to speak of
			rank = nil
		}
		mean, largest := k.cosines()
		m.row(string(k.Kind), strconv.Itoa(k.Draws), percentOr(k.MeanGap), percents(k.MaxGap), percents(k.OwnGap), significance(rank), fixed(mean, 2), fixed(largest, 2), strconv.Itoa(k.Broken), strconv.Itoa(k.BrokenAtSome))
	}
	if len(c.Kinds) > 0 {
		k := c.Kinds[0]
		m.say("Each draw takes the best of %s times the plan's strength on %d tune problems and is measured on %d test problems. The mean leaves out draws that are broken; the largest does not. Cosines are with the plan's own direction.", list(k.Factors), k.TuneN, k.TestN)
	}
	for _, k := range c.Kinds {
		if k.Kind == Shuffled && len(k.Cosines) == len(k.Gaps) {
			m.say("Of the %s draws, %s; %s.", k.Kind, k.pointing("away from", -1), k.pointing("with", 1))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Shuffled)) {
		if of := c.Shuffled[name]; of != name {
			m.say("%s was trained and has no labels to shuffle: its shuffled directions are of the rows that %s was made from.", code(name), code(of))
		}
	}
	return m.String()
}

// cosines are the mean of the absolute cosines and that of the draw with the
// largest gap.
func (r ControlResult) cosines() (mean, largest *float64) {
	if len(r.Cosines) == 0 || len(r.Cosines) != len(r.Gaps) {
		return nil, nil
	}
	var sum float64
	best := 0
	for i, c := range r.Cosines {
		sum += math.Abs(c)
		if r.Gaps[i] > r.Gaps[best] {
			best = i
		}
	}
	sum /= float64(len(r.Cosines))
	return &sum, &r.Cosines[best]
}

// pointing says how the draws do whose cosine has a sign.
func (r ControlResult) pointing(how string, sign float64) string {
	var gaps []float64
	for i, c := range r.Cosines {
		if c*sign > 0 {
			gaps = append(gaps, r.Gaps[i])
		}
	}
	text := fmt.Sprintf("%d point %s the plan's direction", len(gaps), how)
	if len(gaps) > 0 {
		text += fmt.Sprintf(" and recover %s %% on average and %s %% at most", percents(statistics.Mean(gaps)), percents(slices.Max(gaps)))
	}
	return text
}

func list(values []float64) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, plain(v))
	}
	return strings.Join(texts, ", ")
}

func (f *Figures) dialMarkdown() string {
	var m markdown
	d := f.Dial
	if d == nil {
		d = &Dial{}
	}
	head := []string{"layer"}
	for _, s := range d.Strengths {
		head = append(head, plain(s))
	}
	for _, part := range []struct {
		what string
		of   func(DialPoint) string
	}{
		{"right, %", func(p DialPoint) string {
			if p.Broken {
				return percents(p.Score) + " †"
			}
			return percents(p.Score)
		}},
		{"reasoned, %", func(p DialPoint) string { return percents(p.Reasoned) }},
		{"no answer at all, %", func(p DialPoint) string { return percents(1 - p.Answered) }},
		{"steered_fraction, %", func(p DialPoint) string { return percents(p.SteeredFraction) }},
	} {
		if m.Len() > 0 {
			m.WriteString("\n")
		}
		head[0] = part.what
		m.head(head...)
		for i, layer := range d.Layers {
			cells := []string{fmt.Sprintf("layer %d", layer)}
			for _, p := range d.Points[i] {
				cells = append(cells, part.of(p))
			}
			m.row(cells...)
		}
	}
	if d.N > 0 {
		m.say("%s at other layers (rows) and strengths (columns), on %d tune problems each, answers of at most %d tokens. There base answers %s %% right and thinking %s %%. † is broken text: fewer than 80 %% of answers are any.",
			code(d.Plan), d.N, d.MaxTokens, percents(d.Base), percents(d.Thinking))
	}
	return m.String()
}

func (f *Figures) mapMarkdown() string {
	var m markdown
	p := f.Map
	if p == nil {
		p = &LayerMap{}
	}
	head := []string{"from \\ used at"}
	for _, layer := range p.Layers {
		head = append(head, fmt.Sprintf("layer %d", layer))
	}
	m.head(head...)
	for i, layer := range p.Layers {
		cells := []string{fmt.Sprintf("layer %d", layer)}
		for _, x := range p.Points[i] {
			cell := fmt.Sprintf("%s (%s) ×%s", percents(x.Score), percentOr(x.Gap), plain(x.Factor))
			if x.Broken {
				cell += " †"
			}
			cells = append(cells, cell)
		}
		m.row(cells...)
	}
	if p.N > 0 {
		var ratios []string
		for i := range p.Ratios {
			ratios = append(ratios, fixed(&p.Ratios[i], 2))
		}
		m.say("Right, %%, and in brackets the gap recovered, on %d tune problems each. Wherever it is used, the edit has the size that the plan's has at its own layer, %s of the residual stream's median norm, times the factor after ×, the best of %s.",
			p.N, strings.Join(ratios, " and "), list(p.Factors))
	}
	return m.String()
}

func (f *Figures) slipsMarkdown() string {
	var m markdown
	m.head("model", "slip", "noticed, %", "false alarms, %", "right after the slip, %", "right without, %", "n")
	for _, s := range f.Slips {
		m.row(s.Model, string(s.Kind), part(s.Noticed, s.N), part(s.FalseAlarms, s.N), part(s.RightAfterSlip, s.N), part(s.RightWithout, s.N), strconv.Itoa(s.N))
	}
	return m.String()
}

func (f *Figures) typesMarkdown() string {
	var m markdown
	m.head("sentence", "edit", "begins with it, %", "word by word right, %", "problem right in the end, %", "n")
	for _, t := range f.Types {
		edit := "none"
		if t.Layer != nil {
			edit = "layer " + strconv.Itoa(*t.Layer)
		}
		m.row(code(string(t.Type)), edit, part(t.OfType, t.N), part(t.Right, t.N), part(t.RightAnswers, t.N), strconv.Itoa(t.N))
	}
	return m.String()
}

func (f *Figures) plansMarkdown() string {
	var m markdown
	candidates := func(title string, all []Candidate) {
		if m.Len() > 0 {
			m.WriteString("\n")
		}
		m.head(title, "right, %", "steered_fraction, %", "n")
		for _, c := range all {
			m.row(code(c.Plan), percents(c.Score), percents(c.SteeredFraction), strconv.Itoa(c.N))
		}
	}
	candidates("best plans on tune", f.Finalists)
	candidates("best plan with each vector", f.Best)
	return m.String()
}

func (f *Figures) vectorsMarkdown() string {
	var m markdown
	m.head("vector", "made by", "layer", "norm", "of the median norm", "held-out AUC", "cosine with the layer above")
	for _, v := range f.Vectors {
		for _, l := range v.Layers {
			m.row(code(v.Name), v.Method, strconv.Itoa(l.Layer), fixed(&l.Norm, 1), fixed(&l.Ratio, 2), fixed(l.AUC, 3), fixed(l.CosineAbove, 2))
		}
	}
	return m.String()
}

func (f *Figures) cosinesMarkdown() string {
	var m markdown
	var layers []int
	for _, c := range f.Cosines {
		layers = append(layers, c.Layers...)
	}
	slices.Sort(layers)
	layers = slices.Compact(layers)
	head := []string{"vectors"}
	for _, layer := range layers {
		head = append(head, fmt.Sprintf("layer %d", layer))
	}
	m.head(head...)
	for _, c := range f.Cosines {
		cells := []string{code(c.A) + ", " + code(c.B)}
		for _, layer := range layers {
			cell := none
			if i := slices.Index(c.Layers, layer); i >= 0 {
				cell = fixed(&c.Cosine[i], 2)
			}
			cells = append(cells, cell)
		}
		m.row(cells...)
	}
	return m.String()
}
