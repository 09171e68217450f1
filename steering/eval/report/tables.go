package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tiller/model/generate"
	"tiller/steering/eval/summary"
	"tiller/steering/statistics"
)

// scores is the main table: how well each lane answers, and what that took.
func (r *run) scores() table {
	unit := r.scale.unit()
	measure := "score"
	if r.scale.share {
		measure = "right"
	}
	t := table{
		Title: "Lanes",
		Head: []string{"lane", "answers", measure + unit, "minus base" + unit, "p (Holm)", "minus prompt" + unit, "gap recovered, %",
			"steered_fraction, %", "prompt_edits", "row_edits", "tokens per answer", "stops"},
		Notes: []string{"Brackets are 95 % intervals. Differences are of problems that both lanes have answered, p is that of McNemar's exact two-sided test, in brackets after Holm's correction for the number of plans. Gap recovered is (lane − base) / (thinking − base). steered_fraction is the share of generated tokens that came from an edited position, prompt_edits counts the edited positions of prompts before the last, row_edits pairs of position and layer."},
	}
	lanes := r.main()
	for _, l := range lanes[:min(len(lanes), maxRows)] {
		t.Rows = append(t.Rows, row{Tone: l.class(), Name: l.label, Cells: []cell{
			r.answers(l.Figures),
			r.figure(l.Score, l.CI95),
			r.difference(l.Delta, l.DeltaCI95),
			tested(l.McNemarP, l.HolmP),
			r.difference(l.DeltaPrompt, l.DeltaPromptCI95),
			gap(l.Figures),
			percent(l.SteeredFraction),
			{Value: count(l.PromptEdits)},
			{Value: count(l.RowEdits)},
			{Value: decimal(l.TokensPerAnswer, 1)},
			{Value: stops(l.Stops), Text: true},
		}})
	}
	t.Notes = append(t.Notes, leftOut(len(lanes)))
	return t.tidy()
}

// quality is the second table: what else can be said of the answers.
func (r *run) quality() table {
	t := table{
		Title: "What the answers are like",
		Head: []string{"lane", "answer found, %", "out of tokens, %", "right before, wrong now, %", "KL per token, nats", "perplexity under base",
			"repetition, %", "broken", "refused"},
		Notes: []string{"KL is KL(lane‖base) over the whole vocabulary after the same tokens. Repetition is the share of four-token sequences that stand in the output before. Broken answers ended because the edits made the logits no numbers, refused ones could not be begun; both count as wrong."},
	}
	deep := false
	lanes := r.main()
	for _, l := range lanes[:min(len(lanes), maxRows)] {
		cells := []cell{percent(l.Found), percent(l.Truncated), percent(l.WrongWay), {Value: decimal(l.KLPerToken, 3)}, {Value: decimal(l.BasePerplexity, 2)},
			percent(l.Repetition), {Value: count(l.Broken)}, {Value: count(l.Refused)}}
		for k, p := range l.PassAtK {
			if len(t.Rows) == 0 {
				t.Head = append(t.Head, fmt.Sprintf("pass@%d, %%", p.K))
			}
			if k < len(t.Head)-9 {
				cells = append(cells, percent(p.Value))
				deep = true
			}
		}
		t.Rows = append(t.Rows, row{Tone: l.class(), Name: l.label, Cells: cells})
	}
	if deep {
		t.Notes = append(t.Notes, "pass@k is the unbiased estimate of the chance that one of k answers is right.")
	}
	return t.tidy()
}

// guard is what steering does where it should do nothing.
func (r *run) guard() (table, bool) {
	if r.sum.Guard == nil {
		return table{}, false
	}
	s := scale{share: r.sum.Guard.RightWrong}
	t := table{
		Title: "Where steering should change nothing",
		Head: []string{"lane", "answers", "score" + s.unit(), "minus base" + s.unit(), "p", "right before, wrong now, %",
			"steered_fraction, %", "prompt_edits", "row_edits", "tokens per answer"},
		Notes: []string{fmt.Sprintf("%s problems of the guard set %s, graded by %s.", count(r.sum.Guard.Problems), lastPart(r.sum.Guard.Ref), name(r.sum.Guard.Grader))},
	}
	shown := &run{scale: s}
	for _, l := range r.main() {
		g := l.Guard
		if g == nil || len(t.Rows) == maxRows {
			continue
		}
		t.Rows = append(t.Rows, row{Tone: l.class(), Name: l.label, Cells: []cell{
			shown.answers(*g), shown.figure(g.Score, g.CI95), shown.difference(g.Delta, g.DeltaCI95), tested(g.McNemarP, nil), percent(g.WrongWay),
			percent(g.SteeredFraction), {Value: count(g.PromptEdits)}, {Value: count(g.RowEdits)}, {Value: decimal(g.TokensPerAnswer, 1)},
		}})
	}
	return t.tidy(), true
}

// tidy drops empty notes and columns in which no row says anything.
func (t table) tidy() table {
	t.Notes = slices.DeleteFunc(t.Notes, func(s string) bool { return s == "" })
	for i := len(t.Head) - 1; i > 0; i-- {
		said := false
		for _, r := range t.Rows {
			said = said || i-1 < len(r.Cells) && r.Cells[i-1].Value != none
		}
		if said {
			continue
		}
		t.Head = slices.Delete(t.Head, i, i+1)
		for k := range t.Rows {
			if i-1 < len(t.Rows[k].Cells) {
				t.Rows[k].Cells = slices.Delete(t.Rows[k].Cells, i-1, i)
			}
		}
	}
	return t
}

func leftOut(rows int) string {
	if rows <= maxRows {
		return ""
	}
	return fmt.Sprintf("%s more lanes are in summary.json.", count(rows-maxRows))
}

func (r *run) answers(f summary.Figures) cell {
	c := cell{Value: count(f.N)}
	if f.Missing > 0 {
		c.Sub = count(f.Missing) + " missing"
	}
	return c
}

func (r *run) figure(x *float64, ci statistics.Interval) cell {
	return cell{Value: r.scale.value(or(x)), Sub: r.scale.interval(ci)}
}

func (r *run) difference(x *float64, ci statistics.Interval) cell {
	return cell{Value: r.scale.signed(or(x)), Sub: r.scale.interval(ci)}
}

func tested(p, holm *float64) cell {
	c := cell{Value: probability(or(p))}
	if holm != nil {
		c.Sub = "(" + probability(*holm) + ")"
	}
	return c
}

func gap(f summary.Figures) cell {
	s := scale{share: true}
	return cell{Value: s.value(or(f.RecoveredGap)), Sub: s.interval(f.RecoveredGapCI95)}
}

func percent(x *float64) cell { return cell{Value: scale{share: true}.value(or(x))} }

func decimal(x *float64, decimals int) string {
	if x == nil {
		return none
	}
	return fixed(*x, decimals)
}

// stops says why answers ended, in the order of the reasons' names.
func stops(counts map[generate.Stop]int) string {
	var out []string
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		if len(out) == 8 {
			break
		}
		out = append(out, fmt.Sprintf("%s %s", name(string(s)), count(counts[s])))
	}
	if out == nil {
		return none
	}
	return strings.Join(out, ", ")
}
