package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/kernel"
	"tiller/steering"
	"tiller/steering/controls"
	"tiller/steering/eval"
	"tiller/steering/eval/evalset"
	"tiller/steering/eval/report"
	"tiller/steering/eval/summary"
	"tiller/steering/grade"
	"tiller/steering/lab/corpus"
	"tiller/steering/library"
)

// evalFlags are the command line of `tiller eval`.
type evalFlags struct {
	model, thinking string
	plans           []string
	vectors         vectorFlags
	lanes           evalLaneFlags
	set             setFlags
	guard, tune     string
	guardLimit      int
	tuneLimit       int
	sampling        eval.SamplingSpec
	samples         int
	noDivergence    bool
	shard           string
	out             string
	batch, threads  int
	json, plain     bool
}

// evalLaneFlags say which lanes a run has beside base and the plans.
type evalLaneFlags struct {
	noPrompt  bool
	prompt    string
	controls  bool
	kinds     []string
	draws     int
	strengths []float64
	contrasts []string
}

func newEval() *cobra.Command {
	var o evalFlags
	cmd := &cobra.Command{
		Use:   "eval SET",
		Short: "Ask a whole eval set, with and without steering, with controls",
		Long: "Asks every problem of a set in several lanes: the model as it is (base), asked to reason in words " +
			"(prompt), steered by each plan, with controls in place of what steers it, and by a thinking model; grades " +
			"the answers, and says what came of it with intervals and paired tests. The run is a folder that can be " +
			"ended at any moment and goes on where it was when the same command is typed again. SET is a file of " +
			"JSON lines, JSON or CSV, or embedded:test, tune or hard.",
		Example: `tiller eval embedded:test --plan @demo --thinking embedded:thinking --out runs/demo
tiller eval gsm8k.jsonl --model M --vector r=r.gguf --plan "r*0.2r@9-14[sentence]" --controls --out runs/a
tiller eval show runs/a`,
		Args: oneArg("an eval set"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.add(cmd.Flags())
	cmd.AddCommand(newEvalShow(), newEvalCompare(), newEvalExport(), newEvalMerge(), newEvalSlurm())
	return cmd
}

// add adds all flags that a run is described by.
func (o *evalFlags) add(f *pflag.FlagSet) {
	f.SortFlags = false
	modelFlag(f, &o.model)
	f.StringVar(&o.thinking, "thinking", "", "reasoning-trained model to compare with")
	f.StringArrayVar(&o.plans, "plan", nil, "plan, @NAME, or @./FILE.json; each makes a lane")
	o.vectors.add(f)
	o.lanes.add(f)
	o.set.add(f)
	f.StringVar(&o.guard, "guard", "", "second set, on which steering should change nothing")
	f.IntVar(&o.guardLimit, "guard-limit", 0, "ask only so many problems of it; 0 asks all")
	f.StringVar(&o.tune, "tune", "", "set on which controls choose their strength")
	f.IntVar(&o.tuneLimit, "tune-limit", 200, "ask only so many problems of it; 0 asks all")
	f.IntVar(&o.samples, "samples", 1, "how often each problem is asked in each lane")
	f.IntVar(&o.sampling.MaxTokens, "max-tokens", 256, "most tokens of an answer; 160 for an embedded model")
	samplingFlags(f, &o.sampling.Temperature, &o.sampling.TopP, &o.sampling.MinP, &o.sampling.RepeatPenalty, &o.sampling.TopK)
	f.StringArrayVar(&o.sampling.Stop, "stop", nil, "end an answer where this text appears; repeatable")
	f.BoolVar(&o.sampling.IgnoreEOS, "ignore-eos", false, "go on after the end-of-text token")
	f.Uint64Var(&o.sampling.Seed, "seed", 0, "random numbers; all lanes share them")
	f.BoolVar(&o.noDivergence, "no-divergence", false, "leave out KL and perplexity, which take two more passes")
	f.StringVar(&o.shard, "shard", "", "compute part I/N of the problems, I from 1")
	f.StringVar(&o.out, "out", "", "folder of the run")
	f.IntVar(&o.batch, "batch", 0, "lanes that step together; 0 is as many as fit")
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
	f.BoolVar(&o.plain, "plain", false, "lines of text instead of a screen, as for a screen reader")
}

func (o *evalLaneFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.prompt, "prompt-template", "", "how the prompt lane asks; by default for step by step")
	f.BoolVar(&o.noPrompt, "no-prompt", false, "leave the prompt lane out")
	f.BoolVar(&o.controls, "controls", false, "hold each plan against controls")
	f.StringSliceVar(&o.kinds, "control-kinds", []string{"random", "negated", "positions"}, "random, negated, positions, shuffled")
	f.StringArrayVar(&o.contrasts, "contrast", nil, "texts that a vector was made from, NAME=FILE, to shuffle their labels")
	f.IntVar(&o.draws, "draws", 10, "draws of each kind of control")
	f.Float64SliceVar(&o.strengths, "control-strengths", nil, "times the plan's own, of which random ones choose on --tune")
}

// An evaluation is everything a run needs, ready to compute.
type evaluation struct {
	flags *evalFlags
	run   *eval.Run
	spec  eval.Spec
	close func()
}

func (o *evalFlags) run(cmd *cobra.Command, set string) error {
	if err := o.check(cmd, set); err != nil {
		return err
	}
	e, err := o.prepare(cmd, set)
	if err != nil {
		return err
	}
	defer e.close()
	folder, err := eval.Create(o.out, e.spec)
	if mix := (*eval.MixError)(nil); errors.As(err, &mix) {
		return err
	}
	if err != nil {
		return err
	}
	e.run.Folder = folder
	err = e.compute(cmd)
	if closed := folder.Close(); err == nil {
		err = closed
	}
	interrupted := errors.Is(err, eval.ErrStopped) || errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		return err
	}
	if err := o.finish(cmd); err != nil {
		return err
	}
	if interrupted {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: stopped; the same command goes on where it was\n")
		return errInterrupted
	}
	return nil
}

// check refuses what can't mean anything before any file is opened.
func (o *evalFlags) check(cmd *cobra.Command, set string) error {
	if o.model == "" {
		if !library.IsEmbedded(set) {
			return needModel(cmd, "")
		}
		o.model = embeddedBase
	}
	if library.IsEmbedded(o.model) && !cmd.Flags().Changed("max-tokens") {
		o.sampling.MaxTokens = embeddedMaxTokens
	}
	switch {
	case o.out == "":
		return usagef(cmd, "a run needs a folder: pass --out DIR")
	case o.samples < 1:
		return usagef(cmd, "--samples is %d, but has to be at least 1", o.samples)
	case o.samples > 1 && o.sampling.Temperature == 0:
		return usagef(cmd, "at --temperature 0 every sample is the same: raise it, or leave --samples out")
	case o.lanes.controls && len(o.plans) == 0:
		return usagef(cmd, "--controls are held against a plan: pass --plan")
	case len(o.lanes.strengths) > 1 && o.tune == "" && !library.IsEmbedded(set):
		return usagef(cmd, "controls choose among --control-strengths on a set of their own: pass --tune")
	case o.set.system != "" && !o.set.chat:
		return usagef(cmd, "--system needs --chat")
	}
	s := o.sampling
	if !(s.Temperature >= 0 && s.TopP >= 0 && s.TopP <= 1 && s.MinP >= 0 && s.MinP <= 1 && s.TopK >= 0 && s.RepeatPenalty >= 0) {
		return usagef(cmd, "a sampling setting is out of range: temperature, top-k and repeat-penalty are 0 or more, top-p and min-p between 0 and 1")
	}
	if err := o.checkAmounts(cmd); err != nil {
		return err
	}
	return atLeast(cmd, 0, "max-tokens", "threads", "limit", "offset", "shots", "batch", "draws", "tune-limit", "guard-limit")
}

// embeddedMaxTokens is how long answers of the embedded models may be: as in
// the lab that measured them.
const embeddedMaxTokens = 160

// prepare opens what the run needs and describes it.
func (o *evalFlags) prepare(cmd *cobra.Command, set string) (e *evaluation, err error) {
	e = &evaluation{flags: o, run: &eval.Run{}}
	var closers []func()
	e.close = func() {
		for _, c := range slices.Backward(closers) {
			c()
		}
	}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	ctx := cmd.Context()
	open := func(ref string) (eval.Model, library.Summary, error) {
		m, err := embedded.OpenModel(ctx, ref, model.Options{Threads: o.threads})
		if err != nil {
			return eval.Model{}, library.Summary{}, err
		}
		closers = append(closers, func() { m.Close() })
		t, err := embedded.OpenTokenizer(ref)
		return eval.Model{Model: m, Tokenizer: t}, library.Describe(ref, m), err
	}
	e.spec = eval.Spec{
		Format: eval.Format, Tool: "tiller " + version(), Kernel: kernel.Path(), Sampling: o.sampling, Samples: o.samples, Divergence: !o.noDivergence,
	}
	plans, err := readPlans(cmd, o.plans)
	if err != nil {
		return e, err
	}
	if e.run.Vectors, err = o.vectors.load(cmd, plans, o.model); err != nil {
		return e, err
	}
	if e.run.Base, e.spec.Model, err = open(o.model); err != nil {
		return e, err
	}
	if o.thinking != "" {
		var about library.Summary
		if e.run.Thinking, about, err = open(o.thinking); err != nil {
			return e, err
		}
		e.spec.Thinking = &about
	}
	if err := o.sets(cmd, e, set, &closers); err != nil {
		return e, err
	}
	if e.spec.Shard, err = parseShard(cmd, o.shard); err != nil {
		return e, err
	}
	if err := o.describe(cmd, e, plans); err != nil {
		return e, err
	}
	return e, checkAnswers(cmd, e.spec)
}

// describe says which lanes there are.
func (o *evalFlags) describe(cmd *cobra.Command, e *evaluation, plans []steering.Plan) error {
	lanes := []eval.LaneSpec{{Name: "base", Kind: eval.Base}}
	if !o.lanes.noPrompt && grade.NeedsOf(e.run.Main.Grader) == grade.NeedsOutput {
		t, err := o.promptTemplate(cmd, e)
		if err != nil {
			return err
		}
		lanes = append(lanes, eval.LaneSpec{Name: "prompt", Kind: eval.Prompt, Template: t})
	}
	if o.thinking != "" {
		lanes = append(lanes, eval.LaneSpec{Name: "thinking", Kind: eval.Thinking})
	}
	var held []eval.LaneSpec
	for i, plan := range plans {
		if _, err := bind(plan, e.run.Base.Model, e.run.Vectors); err != nil {
			return err
		}
		digests := map[string]string{}
		for _, name := range plan.Names() {
			digests[name] = eval.Digest(e.run.Vectors[name])
		}
		lane := eval.PlanLane(plan, digests)
		if slices.ContainsFunc(held, func(l eval.LaneSpec) bool { return l.Name == lane.Name }) {
			return usagef(cmd, "--plan %q is there twice", o.plans[i])
		}
		lanes, held = append(lanes, lane), append(held, lane)
	}
	e.spec.Lanes = lanes
	if o.lanes.controls {
		return o.control(cmd, e, held, plans)
	}
	return nil
}

// control adds the controls of the plans' lanes.
func (o *evalFlags) control(cmd *cobra.Command, e *evaluation, held []eval.LaneSpec, plans []steering.Plan) error {
	if err := o.contrasts(cmd, e); err != nil {
		return err
	}
	strengths := o.lanes.strengths
	if len(strengths) == 0 {
		strengths = []float64{1}
	}
	known := []controls.Kind{controls.Isotropic, controls.Negated, controls.Positions, controls.Shuffled}
	for i, lane := range held {
		kinds := slices.Clone(o.lanes.kinds)
		shuffles, err := o.shuffles(cmd, e, plans[i].Names())
		if err != nil {
			return err
		}
		if shuffles && !slices.Contains(kinds, string(controls.Shuffled)) {
			kinds = append(kinds, string(controls.Shuffled))
		}
		for _, kind := range kinds {
			k := controls.Kind(kind)
			if !slices.Contains(known, k) {
				return usagef(cmd, "--control-kinds has %q; there are random, negated, positions and shuffled", kind)
			}
			e.spec.Lanes = append(e.spec.Lanes, eval.ControlLanes(lane, k, o.lanes.draws, strengths)...)
		}
	}
	return nil
}

// promptTemplate is how the prompt lane asks.
func (o *evalFlags) promptTemplate(cmd *cobra.Command, e *evaluation) (string, error) {
	text := o.lanes.prompt
	switch {
	case text != "":
		text = strings.ReplaceAll(text, `\n`, "\n")
	case library.IsEmbedded(o.model):
		text = corpus.LessonHeader + " {question}"
	default:
		text = strings.TrimRight(e.run.Main.Template.String(), "\n") + "\nLet's think step by step."
	}
	t, err := evalset.ParseTemplate(text)
	if err != nil {
		return "", usagef(cmd, "--prompt-template: %w", err)
	}
	return t.String(), nil
}

// parseShard reads I/N, with I from 1; nil for the whole.
func parseShard(cmd *cobra.Command, text string) (*eval.Shard, error) {
	if text == "" {
		return nil, nil
	}
	index, of, ok := strings.Cut(text, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if !ok || errI != nil || errN != nil || i < 1 || i > n {
		return nil, usagef(cmd, "--shard takes I/N with I from 1 to N, not %q", text)
	}
	return &eval.Shard{Index: i - 1, Of: n}, nil
}

// finish writes what the run comes to, and shows it.
func (o *evalFlags) finish(cmd *cobra.Command) error {
	s, err := summary.Make(o.out, summary.Options{})
	if err != nil {
		return err
	}
	if err := finishRun(cmd, o.out, s, o.json); err != nil {
		return err
	}
	return nothingGenerated(s)
}

// finishRun puts the summary and the report of a run into its folder, and
// prints the summary.
func finishRun(cmd *cobra.Command, folder string, s *summary.Summary, asJSON bool) error {
	if err := s.Write(folder); err != nil {
		return err
	}
	if err := report.Write(folder, report.Options{Command: commandLine(os.Args), Summary: s}); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(cmd.OutOrStdout(), s)
	}
	return writeSummary(cmd, folder, s)
}

// commandLine writes the command for a shell.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = steering.Quote(a)
	}
	words[0] = "tiller"
	return strings.Join(words, " ")
}
