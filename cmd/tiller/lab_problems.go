package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tiller/steering/lab/corpus"
	"tiller/steering/lab/problem"
)

// maxProblems bounds the problems of one call: of each, what tells it from
// those that follow is kept.
const maxProblems = 1_000_000

// problemLine is what `lab problems` prints of a problem.
type problemLine struct {
	problem.Problem
	Reasoning string `json:"reasoning,omitempty"`
}

// problemsFlags are the command line of `tiller lab problems`.
type problemsFlags struct {
	split     string
	n         int
	seed      uint64
	families  []string
	size      int
	reasoning bool
}

func newLabProblems() *cobra.Command {
	var o problemsFlags
	cmd := &cobra.Command{
		Use:   "problems",
		Short: "Make questions that the embedded models understand",
		Long: "Makes questions with their answers, one line of JSON each, in the few words that the embedded models " +
			"understand. The splits train, tune, test and hard have no question in common, nor the same operands " +
			"under other names.\n\n" + aboutFamilies(),
		Example: "tiller lab problems --split test --n 100 --seed 7 --family cups",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			source, err := o.source(cmd)
			if err != nil {
				return err
			}
			return o.write(cmd.Context(), cmd.OutOrStdout(), source)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.split, "split", string(problem.Test), "train, tune, test or hard")
	f.IntVar(&o.n, "n", 10, "how many")
	f.Uint64Var(&o.seed, "seed", 1, "any number; each makes other questions")
	f.StringSliceVar(&o.families, "family", nil, "family of questions, repeatable; all take turns if none is named")
	f.IntVar(&o.size, "size", 0, "facts in a question; 0 is all sizes of the split")
	f.BoolVar(&o.reasoning, "reasoning", false, "add the way to the answer, step by step")
	return cmd
}

// aboutFamilies lists the families with a sentence about each.
func aboutFamilies() string {
	var b strings.Builder
	for _, f := range problem.Families() {
		fmt.Fprintf(&b, "%-6s %s\n", f.Name, f.About)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// source checks the command line and makes what it asks for.
func (o *problemsFlags) source(cmd *cobra.Command) (*problem.Source, error) {
	if err := atLeast(cmd, 1, "n"); err != nil {
		return nil, err
	}
	if o.n > maxProblems {
		return nil, usagef(cmd, "--n is %d, but at most %d questions are made at once: take several seeds", o.n, maxProblems)
	}
	split, err := problem.ParseSplit(o.split)
	if err != nil {
		return nil, usagef(cmd, "--split: %w", err)
	}
	var families []problem.Family
	for _, name := range o.families {
		f, err := problem.FamilyNamed(name)
		if err != nil {
			return nil, usagef(cmd, "--family: %w", err)
		}
		families = append(families, f)
	}
	source := problem.NewSource(split, families, o.seed)
	if cmd.Flags().Changed("size") && o.size != 0 {
		if err := source.OfSize(o.size); err != nil {
			return nil, usagef(cmd, "--size: %w", err)
		}
	}
	return source, nil
}

// write prints problems as they are made.
func (o *problemsFlags) write(ctx context.Context, w io.Writer, source *problem.Source) error {
	out := bufio.NewWriter(w)
	for range o.n {
		if ctx.Err() != nil {
			out.Flush()
			return errInterrupted
		}
		p, err := source.Next()
		if err != nil {
			return err
		}
		line := problemLine{Problem: p}
		if o.reasoning {
			line.Reasoning = strings.Join(corpus.Reasoned(p, corpus.TraceOptions{}, nil), " ")
		}
		if err := writeJSON(out, line); err != nil {
			return fmt.Errorf("cannot write the questions: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("cannot write the questions: %w", err)
	}
	return nil
}
