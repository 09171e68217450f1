package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiller/steering/lab"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// saveEvery is how much work a kill in the midst of a training costs at most.
const saveEvery = 20 * time.Second

// maxRecipe bounds the size in bytes of a recipe's file.
const maxRecipe = 1 << 20

// buildFlags are the command line of `tiller lab build`.
type buildFlags struct {
	out, recipe string
	seed        uint64
	threads     int
	force       bool
}

func newLabBuild() *cobra.Command {
	var o buildFlags
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Make the small models inside tiller again, from nothing",
		Long: "Trains the base model and the thinking model, makes vectors, questions and plans, measures them, and " +
			"writes a manifest: all that is inside tiller, in about half an hour on two cores. The same seed gives the " +
			"same bytes on every machine whose kernels take the same path. Interrupted or killed, it goes on where it " +
			"was when it is run again.",
		Example: "tiller lab build --out my-lab\ntiller lab verify my-lab",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.out, "out", "o", "", "folder to fill: a new one, or one that a build left")
	f.Uint64Var(&o.seed, "seed", 1, "of everything random; 1 makes what is inside tiller")
	f.StringVar(&o.recipe, "recipe", "", "What to do otherwise, as a JSON file; docs/lab.md lists it")
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.force, "force", false, "begin anew, whatever a build left in the folder")
	return cmd
}

func (o *buildFlags) run(cmd *cobra.Command) error {
	if o.out == "" {
		return usagef(cmd, "%s needs a folder to fill: pass --out", cmd.CommandPath())
	}
	if err := atLeast(cmd, 0, "threads"); err != nil {
		return err
	}
	options := lab.BuildOptions{
		Dir: o.out, Recipe: lab.DefaultRecipe(o.seed), Seed: o.seed, Command: fmt.Sprintf("tiller lab build --seed %d", o.seed),
		Tool: lab.Tool, Threads: o.threads, Force: o.force,
	}
	if o.recipe != "" {
		var err error
		if options.Recipe, err = o.read(cmd); err != nil {
			return err
		}
		options.Command += " --recipe " + filepath.Base(o.recipe)
	}
	saved := time.Now()
	options.SaveNow = func() bool {
		due := time.Since(saved) >= saveEvery
		if due {
			saved = time.Now()
		}
		return due
	}
	out := cmd.OutOrStdout()
	progress := plain.NewProgress(styled(out), func() int { return terminalWidth(out) }, time.Now)
	built := false
	var last lab.Progress // with figures
	options.Progress = func(p lab.Progress) {
		built = true
		if p.Step > 0 {
			last = p
		}
		switch {
		case p.Kept:
			progress.Kept(p.Stage)
		case p.Done && last.Stage == p.Stage:
			last.Part = ""
			progress.End(p.Stage, figures(last)...)
		case p.Done:
			progress.End(p.Stage)
		default:
			progress.At(p.Stage, p.Step, p.Steps, figures(p)...)
		}
	}
	manifest, err := lab.Build(cmd.Context(), options)
	progress.Stop()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(out, "What is done is kept in %s. To go on, type the same again.\n", visible.Line(o.out))
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return o.finish(out, manifest, built)
}

// read reads the recipe.
func (o *buildFlags) read(cmd *cobra.Command) (lab.Recipe, error) {
	data, err := readInput(cmd.Context(), cmd.InOrStdin(), o.recipe, maxRecipe)
	if err != nil {
		return lab.Recipe{}, fmt.Errorf("cannot read the recipe: %w", err)
	}
	recipe, err := lab.ParseRecipe(data, o.seed)
	if err != nil {
		return recipe, fmt.Errorf("%q: %w", o.recipe, err)
	}
	return recipe, nil
}

// figures says in words what is known about a training.
func figures(p lab.Progress) []string {
	var words []string
	if p.Part != "" {
		words = append(words, p.Part)
	}
	for _, f := range []struct {
		value float64
		text  string
		scale float64
	}{
		{p.Loss, "loss %.3f", 1},
		{p.Reward, "reward %.3f", 1},
		{p.Score, "%.0f %% right", 100},
	} {
		if !math.IsNaN(f.value) {
			words = append(words, fmt.Sprintf(f.text, f.scale*f.value))
		}
	}
	return words
}

// finish says what there is now.
func (o *buildFlags) finish(w io.Writer, m *lab.Manifest, built bool) error {
	var size int64
	for _, f := range m.Files {
		size += f.Size
	}
	what := "Built"
	if !built {
		what = "There is nothing left to build in"
	}
	fmt.Fprintf(w, "%s %s: %s, %s bytes. On %s of the test split:\n\n", what, visible.Line(o.out),
		plain.Count(len(m.Files), "file"), grouped(size), plain.Count(m.Headline.Table.N, "question"))
	t := plain.Table{Right: []bool{false, true, false, true, true}}
	t.Row("lane", "right", "95 % interval", "of the gap", "steered")
	for _, r := range m.Headline.Table.Lanes {
		gap := ""
		if r.RecoveredGap != nil {
			gap = fmt.Sprintf("%.1f %%", 100**r.RecoveredGap)
		}
		t.Row(r.Name, fmt.Sprintf("%.3f", r.Score), fmt.Sprintf("%.3f to %.3f", r.CI95.Low, r.CI95.High), gap, fmt.Sprintf("%.1f %%", 100*r.SteeredFraction))
	}
	if err := t.Write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nTo check it: tiller lab verify %s\n", visible.Line(shellWord(o.out)))
	return err
}

// shellWord quotes a path if a shell would not take it as one word.
func shellWord(path string) string {
	if path != "" && !strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-"+string(os.PathSeparator), r))
	}) {
		return path
	}
	return shellQuote(path)
}
