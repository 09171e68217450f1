package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/kernel"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// logitsReport is what `logits --json` prints.
type logitsReport struct {
	PromptIDs []int            `json:"prompt_ids"`
	Positions []positionLogits `json:"positions"`
	Warnings  []string         `json:"warnings,omitempty"`
}

type positionLogits struct {
	Index     int          `json:"index"`
	LogSumExp float64      `json:"logsumexp"`
	Top       []tokenLogit `json:"top"`
}

type tokenLogit struct {
	ID    int     `json:"id"`
	Piece string  `json:"piece"`
	Logit float32 `json:"logit"`
}

// logitsFlags are the command line of `tiller logits`.
type logitsFlags struct {
	model   string
	prompt  promptFlags
	plans   []string
	vectors vectorFlags
	top     int
	all     bool
	threads int
	json    bool
}

func newLogits() *cobra.Command {
	var o logitsFlags
	cmd := &cobra.Command{
		Use:     "logits",
		Short:   "Show the likeliest next tokens",
		Long:    "Shows the likeliest tokens after a prompt with their logits, steered if a plan is given.",
		Example: `tiller logits --model SmolLM2-135M.gguf --prompt "Once upon a" --top 5`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := o.compute(cmd)
			if err != nil {
				return err
			}
			if o.json {
				return writeJSON(cmd.OutOrStdout(), report)
			}
			return report.write(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &o.model)
	o.prompt.add(f)
	f.StringArrayVar(&o.plans, "plan", nil, "plan, @NAME, or @./FILE.json; one at most")
	o.vectors.add(f)
	f.IntVar(&o.top, "top", 50, "how many tokens to show")
	f.BoolVar(&o.all, "all", false, "after every token of the prompt, not only the last")
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func (o *logitsFlags) check(cmd *cobra.Command) error {
	if err := needModel(cmd, o.model); err != nil {
		return err
	}
	if err := o.prompt.check(cmd); err != nil {
		return err
	}
	if len(o.plans) > 1 {
		return usagef(cmd, "%s takes one --plan, not %d: join terms with commas, or run it once for each", cmd.CommandPath(), len(o.plans))
	}
	if err := atLeast(cmd, 1, "top"); err != nil {
		return err
	}
	return atLeast(cmd, 0, "threads")
}

func (o *logitsFlags) compute(cmd *cobra.Command) (*logitsReport, error) {
	if err := o.check(cmd); err != nil {
		return nil, err
	}
	plans, err := readPlans(cmd, o.plans)
	if err != nil {
		return nil, err
	}
	vectors, err := o.vectors.load(cmd, plans, o.model)
	if err != nil {
		return nil, err
	}
	m, err := embedded.OpenModel(cmd.Context(), o.model, model.Options{Threads: o.threads})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	t, err := o.prompt.tokenizer(cmd, o.model)
	if err != nil {
		return nil, err
	}
	prompt, err := o.prompt.read(cmd, t)
	if err != nil {
		return nil, hint(o.model, err)
	}
	var steer generate.Steering
	if len(plans) > 0 {
		bound, err := bind(plans[0], m, vectors)
		if err != nil {
			return nil, err
		}
		steer = steering.Lanes{Bound: bound, Tokenizer: t}
	}
	want := model.WantLast
	if o.all {
		want = model.WantAll
	}
	logits, editor, err := generate.Logits(cmd.Context(), m, prompt, steer, want)
	if err != nil {
		return nil, err
	}
	if err := selectsNothing(editor); err != nil {
		return nil, err
	}
	report := &logitsReport{PromptIDs: prompt.IDs()}
	if program := programOf(editor); program != nil {
		report.Warnings = program.Report().Warnings
	}
	rows := slices.Collect(slices.Chunk(logits, m.Config().Vocab))
	for i, row := range rows {
		report.Positions = append(report.Positions, describeRow(len(prompt.Tokens)-len(rows)+i, row, o.top, t))
	}
	return report, nil
}

// describeRow picks the top tokens of a row of logits, by logit and then id.
func describeRow(index int, row []float32, top int, t *tokenizer.Tokenizer) positionLogits {
	p := positionLogits{Index: index, LogSumExp: kernel.LogSumExp(row), Top: []tokenLogit{}}
	for _, id := range highest(row, min(top, len(row))) {
		p.Top = append(p.Top, tokenLogit{ID: id, Piece: pieceOf(t, id), Logit: row[id]})
	}
	return p
}

// highest returns the n ids with the highest logits, the highest first. Most
// ids of a vocabulary cost one comparison.
func highest(row []float32, n int) []int {
	ids := make([]int, 0, n+1)
	for id, v := range row {
		if len(ids) == n && v <= row[ids[n-1]] {
			continue
		}
		at := sort.Search(len(ids), func(i int) bool { return row[ids[i]] < v })
		ids = slices.Insert(ids, at, id)[:min(len(ids)+1, n)]
	}
	return ids
}

// pieceOf is a token's text; empty without a tokenizer.
func pieceOf(t *tokenizer.Tokenizer, id int) string {
	if t == nil {
		return ""
	}
	return t.Piece(id)
}

// write prints the report for people.
func (r *logitsReport) write(w io.Writer) error {
	for i, p := range r.Positions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, " after token %d (id %d), logsumexp %.4f\n", p.Index, r.PromptIDs[p.Index], p.LogSumExp)
		table := plain.Table{Right: []bool{true, true, false, true, true}}
		table.Row("rank", "id", "piece", "logit", "probability")
		for rank, t := range p.Top {
			table.Row(strconv.Itoa(rank+1), strconv.Itoa(t.ID), quoted(t.Piece),
				strconv.FormatFloat(float64(t.Logit), 'f', 4, 32), strconv.FormatFloat(math.Exp(float64(t.Logit)-p.LogSumExp), 'f', 4, 64))
		}
		if err := table.Write(w); err != nil {
			return err
		}
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, " Note: %s\n", visible.Line(warning))
	}
	return nil
}
