package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/kernel"
	"tiller/steering"
	"tiller/steering/eval"
	"tiller/steering/eval/report"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
	"tiller/steering/sweep/search"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// sweepFlags are the command line of `tiller sweep`.
type sweepFlags struct {
	model, plan   string
	vectors       vectorFlags
	space         spaceFlags
	set           setFlags
	confirm       string
	confirmLimit  int
	noEarlyStop   bool
	noDivergence  bool
	sampling      eval.SamplingSpec
	out           string
	batch, thread int
	json          bool
}

// spaceFlags say what is tried in place of a term.
type spaceFlags struct {
	term                         int
	layers, strengths, selectors string
	vectors                      []string
}

func newSweep() *cobra.Command {
	var o sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep SET",
		Short: "Find the best layer, strength, selector and vector on one set, and confirm it on another",
		Long: "Tries one term of a plan at every layer and strength, with every selector and vector that is named, on the " +
			"problems of SET; takes the cell with the highest score (of equals the weakest, of these the lowest layer), and " +
			"asks base and that plan the problems of a second set, which chose nothing: --confirm SET2; for embedded:tune it " +
			"is embedded:test; else SET is split in two by its problems' ids and --seed. Cells that are hopeless are stopped " +
			"early, by a rule that the result states. The folder can be ended at any moment and goes on where it was when the " +
			"same command is typed again.",
		Example: `tiller sweep embedded:tune --plan @demo --limit 100 --out sweeps/demo
tiller sweep gsm8k.jsonl --model M --vector v=v.gguf --plan "v*0.1r@9[sentence]" --layers 4-20 --strengths 0.05:0.4:8 --selectors "sentence;last;content" --out sweeps/a`,
		Args: oneArg("an eval set"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &o.model)
	f.StringVar(&o.plan, "plan", "", "plan, @NAME, or @./FILE.json, of which one term is varied")
	o.vectors.add(f)
	o.space.add(f)
	f.StringVar(&o.confirm, "confirm", "", "second set, on which the best is confirmed")
	f.IntVar(&o.confirmLimit, "confirm-limit", 0, "confirm on only so many problems")
	o.set.add(f)
	f.BoolVar(&o.noEarlyStop, "no-early-stop", false, "let every cell answer every problem")
	f.IntVar(&o.sampling.MaxTokens, "max-tokens", 256, "most tokens of an answer; 160 for an embedded model")
	samplingFlags(f, &o.sampling.Temperature, &o.sampling.TopP, &o.sampling.MinP, &o.sampling.RepeatPenalty, &o.sampling.TopK)
	f.StringArrayVar(&o.sampling.Stop, "stop", nil, "end an answer where this text appears; repeatable")
	f.BoolVar(&o.sampling.IgnoreEOS, "ignore-eos", false, "go on after the end-of-text token")
	f.Uint64Var(&o.sampling.Seed, "seed", 0, "random numbers, which all cells share, and how a set is split")
	f.BoolVar(&o.noDivergence, "no-divergence", false, "leave out KL and perplexity where the best is confirmed")
	f.StringVar(&o.out, "out", "", "folder of the sweep")
	f.IntVar(&o.batch, "batch", 0, "lanes that step together; 0 is as many as fit")
	threadsFlag(f, &o.thread)
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	return cmd
}

func (o *spaceFlags) add(f *pflag.FlagSet) {
	f.IntVar(&o.term, "term", 1, "term of the plan that is varied")
	f.StringVar(&o.layers, "layers", "all", "layers to try, each alone, as 4-20 or 1,3,5; all is all that a vector can be used at")
	f.StringVar(&o.strengths, "strengths", "", "strengths to try, as 0.1,0.2,0.4 or FROM:TO:HOW-MANY; by default 1/4 to 4 times the term's")
	f.StringVar(&o.selectors, "selectors", "", `selectors to try, as "sentence;last;content"; by default the term's`)
	f.StringSliceVar(&o.vectors, "vectors-swept", nil, "names of vectors to try; by default the term's")
}

func (o *sweepFlags) run(cmd *cobra.Command, set string) error {
	if err := o.check(cmd, set); err != nil {
		return err
	}
	s, end, err := o.prepare(cmd, set)
	defer end()
	if err != nil {
		return err
	}
	r, err := o.compute(cmd, s)
	if errors.Is(err, eval.ErrStopped) || errors.Is(err, context.Canceled) {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: stopped; the same command goes on where it was\n")
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if err := report.Write(o.out, report.Options{Command: commandLine(os.Args), Summary: r.Summary}); err != nil {
		return err
	}
	if o.json {
		return writeJSON(cmd.OutOrStdout(), r)
	}
	return writeSweep(cmd, o.out, r)
}

// check refuses what can't mean anything before any file is opened.
func (o *sweepFlags) check(cmd *cobra.Command, set string) error {
	if o.model == "" {
		if !library.IsEmbedded(set) {
			return needModel(cmd, "")
		}
		o.model = embeddedBase
	}
	if library.IsEmbedded(o.model) && !cmd.Flags().Changed("max-tokens") {
		o.sampling.MaxTokens = embeddedMaxTokens
	}
	test := library.Prefix + string(problem.Test)
	if o.confirm == "" && set == library.Prefix+string(problem.Tune) {
		o.confirm = test
	}
	switch {
	case o.plan == "":
		return usagef(cmd, "there is nothing to sweep: pass --plan")
	case o.out == "":
		return usagef(cmd, "a sweep needs a folder: pass --out DIR")
	case o.confirm == "" && set == test:
		return usagef(cmd, "%s is there to confirm on: sweep %s%s, or pass --confirm", test, library.Prefix, problem.Tune)
	case o.confirm != "" && sameSet(o.confirm, set):
		return usagef(cmd, "what chooses can't confirm: pass another set than %s to --confirm, or leave it out to split the set in two", set)
	case o.set.system != "" && !o.set.chat:
		return usagef(cmd, "--system needs --chat")
	}
	s := o.sampling
	if !(s.Temperature >= 0 && s.TopP >= 0 && s.TopP <= 1 && s.MinP >= 0 && s.MinP <= 1 && s.TopK >= 0 && s.RepeatPenalty >= 0) {
		return usagef(cmd, "a sampling setting is out of range: temperature, top-k and repeat-penalty are 0 or more, top-p and min-p between 0 and 1")
	}
	if err := atLeast(cmd, 1, "term"); err != nil {
		return err
	}
	return atLeast(cmd, 0, "max-tokens", "threads", "limit", "offset", "shots", "batch", "confirm-limit")
}

// sameSet reports whether two references are the same file or split.
func sameSet(a, b string) bool {
	if library.IsEmbedded(a) || library.IsEmbedded(b) {
		return a == b
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// prepare opens what the sweep needs and describes it. end closes that, also
// after an error.
func (o *sweepFlags) prepare(cmd *cobra.Command, set string) (s *search.Sweep, end func(), err error) {
	var closers []func() error
	end = func() {
		for _, c := range slices.Backward(closers) {
			c()
		}
	}
	plan, err := readPlan(cmd, o.plan)
	if err != nil {
		return nil, end, err
	}
	s = &search.Sweep{Dir: o.out, Rule: search.Rule{Off: o.noEarlyStop}}
	if s.Space, err = o.space.of(cmd, plan); err != nil {
		return nil, end, err
	}
	if s.Vectors, err = o.vectors.load(cmd, s.Space.PlansOf(), o.model); err != nil {
		return nil, end, err
	}
	m, err := embedded.OpenModel(cmd.Context(), o.model, model.Options{Threads: o.thread})
	if err != nil {
		return nil, end, err
	}
	closers = append(closers, m.Close)
	s.Model.Model = m
	if s.Model.Tokenizer, err = embedded.OpenTokenizer(o.model); err != nil {
		return nil, end, err
	}
	if o.set.chat && !s.Model.Tokenizer.HasChatTemplate() {
		return nil, end, fmt.Errorf("%s has no chat template: leave --chat out", o.model)
	}
	s.Spec = eval.Spec{
		Format: eval.Format, Tool: "tiller " + version(), Kernel: kernel.Path(), Model: library.Describe(o.model, m), Sampling: o.sampling, Divergence: !o.noDivergence,
	}
	if s.Space.Layers, err = o.space.layersOf(cmd, s); err != nil {
		return nil, end, err
	}
	if err := s.Space.Check(); err != nil {
		return nil, end, usagef(cmd, "%w", err)
	}
	err = o.sets(cmd, s, set)
	for _, a := range []*eval.Asked{s.Tune, s.Confirm} {
		if a == nil {
			continue
		}
		if c, ok := a.Grader.(interface{ Close() error }); ok {
			closers = append(closers, c.Close)
		}
	}
	return s, end, err
}

// sets reads the set that chooses and the one that confirms.
func (o *sweepFlags) sets(cmd *cobra.Command, s *search.Sweep, set string) (err error) {
	tune, confirm := o.set, o.set
	confirm.options.Limit, confirm.options.Offset = o.confirmLimit, 0
	if o.confirm == "" {
		tune.options.Limit = 0
	}
	if s.Tune, err = tune.read(cmd, set, o.sampling.Seed); err != nil {
		return err
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: %s\n", visible.Line(fmt.Sprintf(format, args...)))
	}
	for _, w := range s.Tune.Set.Warnings {
		say("%s", w)
	}
	if o.confirm == "" {
		o.split(s)
		return nil
	}
	if s.Confirm, err = confirm.read(cmd, o.confirm, o.sampling.Seed); err != nil {
		return err
	}
	for _, w := range s.Confirm.Set.Warnings {
		say("%s", w)
	}
	if s.Confirm.Spec.SHA256 == s.Tune.Spec.SHA256 {
		return fmt.Errorf("what chooses can't confirm: %s and %s hold the same", set, o.confirm)
	}
	if n := search.Shared(s.Tune.Set, s.Confirm.Set); n > 0 {
		say("%d of the %d problems to confirm on are also among those that choose, so they confirm less than they seem to", n, len(s.Confirm.Set.Items))
	}
	return nil
}

// split makes two sets of the one that was read.
func (o *sweepFlags) split(s *search.Sweep) {
	confirm := *s.Tune
	s.Confirm = &confirm
	s.Tune.Set, s.Confirm.Set = search.Split(s.Tune.Set, o.sampling.Seed, o.set.options.Limit, o.confirmLimit)
	s.Tune.Spec.Limit, s.Confirm.Spec.Limit = o.set.options.Limit, o.confirmLimit
	s.Tune.Spec.Layout += ", the half that chooses"
	s.Confirm.Spec.Layout += ", the half that confirms"
}

// of is the space of a plan, as yet without layers.
func (o *spaceFlags) of(cmd *cobra.Command, plan steering.Plan) (search.Space, error) {
	s := search.Space{Plan: plan, Term: o.term - 1, Vectors: o.vectors}
	if s.Term >= len(plan.Terms) {
		return s, usagef(cmd, "--term is %d, but the plan has %s", o.term, plain.Count(len(plan.Terms), "term"))
	}
	term := plan.Terms[s.Term]
	if len(s.Vectors) == 0 {
		s.Vectors = []string{term.Vector}
	}
	s.Selectors = []steering.Selector{term.Select}
	if o.selectors != "" {
		s.Selectors = nil
		for text := range strings.SplitSeq(o.selectors, ";") {
			p, err := steering.Parse("x[" + strings.TrimSpace(text) + "]")
			if err != nil || len(p.Terms) != 1 {
				return s, usagef(cmd, "--selectors %q: %q is no selector%s", o.selectors, text, because(err))
			}
			s.Selectors = append(s.Selectors, p.Terms[0].Select)
		}
	}
	var err error
	s.Strengths, err = o.strengthsOf(cmd, term)
	return s, err
}

// because is the reason of an error about a plan that was not typed as one.
func because(err error) string {
	if at := (*steering.Error)(nil); errors.As(err, &at) {
		return ": " + at.Reason
	}
	return ""
}

// Strengths by default, times the term's, and how many there may be.
var defaultStrengths = [...]float64{.25, .5, .75, 1, 1.5, 2, 3, 4}

const mostStrengths = 200

// strengthsOf reads --strengths.
func (o *spaceFlags) strengthsOf(cmd *cobra.Command, term steering.Term) ([]float64, error) {
	var out []float64
	if o.strengths == "" {
		if term.Strength.Kind != steering.Constant || term.Strength.Value == 0 {
			return nil, usagef(cmd, "the strength of %s is no number to start from: pass --strengths", term)
		}
		for _, times := range defaultStrengths {
			out = append(out, rounded(times*term.Strength.Value))
		}
		return out, nil
	}
	wrong := usagef(cmd, "--strengths takes numbers with commas between them, or FROM:TO:HOW-MANY with 2 to %d, not %q", mostStrengths, o.strengths)
	if parts := strings.Split(o.strengths, ":"); len(parts) == 3 {
		from, errA := finite(parts[0])
		to, errB := finite(parts[1])
		n, errN := strconv.Atoi(strings.TrimSpace(parts[2]))
		if errors.Join(errA, errB, errN) != nil || n < 2 || n > mostStrengths {
			return nil, wrong
		}
		for i := range n {
			out = append(out, rounded(from+(to-from)*float64(i)/float64(n-1)))
		}
		return out, nil
	}
	for part := range strings.SplitSeq(o.strengths, ",") {
		x, err := finite(part)
		if err != nil {
			return nil, wrong
		}
		out = append(out, x)
	}
	return out, nil
}

func finite(text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
		err = strconv.ErrRange
	}
	return x, err
}

// rounded takes off what arithmetic adds: 0.1 + 0.2 is meant to be 0.3.
func rounded(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 10, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// layersOf reads --layers for the model and the vectors of a sweep.
func (o *spaceFlags) layersOf(cmd *cobra.Command, s *search.Sweep) ([]int, error) {
	p, err := steering.Parse("x@" + strings.ReplaceAll(strings.ReplaceAll(o.layers, " ", ""), ",", "+"))
	if err != nil || len(p.Terms) != 1 || len(p.Terms[0].Select) > 0 {
		return nil, usagef(cmd, "--layers takes layers as in a plan, as 4-20 or 1,3,5 or all, not %q%s", o.layers, because(err))
	}
	var vectors []*steering.Vector
	for i, plan := range s.Space.PlansOf() {
		v := s.Vectors[s.Space.Vectors[i]]
		if v == nil { // which binding says best
			_, err := bind(plan, s.Model.Model, s.Vectors)
			return nil, err
		}
		vectors = append(vectors, v)
	}
	return search.LayersOf(p.Terms[0].Layers, vectors, s.Model.Config().Layers), nil
}

// compute computes the sweep, showing how far it is. The first interrupt lets
// what is under way end, a second one ends at once.
func (o *sweepFlags) compute(cmd *cobra.Command, s *search.Sweep) (*search.Result, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	errOut := cmd.ErrOrStderr()
	stop := make(chan struct{})
	end := sync.OnceFunc(func() { close(stop) })
	go interrupts(ctx, cmd.Context(), func(again bool) {
		if again {
			cancel()
			return
		}
		fmt.Fprintln(errOut, "\ntiller: finishing the answers under way; ctrl+c again leaves them unfinished")
		end()
	})
	progress := plain.NewProgress(styled(errOut), func() int { return terminalWidth(errOut) }, time.Now)
	s.Options = search.Options{Batch: o.batch, Stop: stop, Progress: func(p search.Progress) {
		if p.Confirming {
			progress.At("confirming on "+filepath.Base(s.Confirm.Spec.Ref), p.Done, p.Total)
			return
		}
		words := []string{plain.Count(p.Cells, "cell")}
		if p.Stopped > 0 {
			words = append(words, fmt.Sprintf("%d stopped", p.Stopped))
		}
		progress.At("sweeping on "+filepath.Base(s.Tune.Spec.Ref), p.Done, p.Total, words...)
	}}
	r, err := s.Run(ctx)
	progress.Clear()
	return r, err
}
