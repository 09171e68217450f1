package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
	"tiller/tui/plain"
)

// runFlags are the command line of `tiller run`.
type runFlags struct {
	model     string
	prompt    promptFlags
	plans     []string
	vectors   vectorFlags
	maxTokens int
	sampling  generate.Sampling
	ignoreEOS bool
	stop      []string
	noBase    bool
	acts      actsFlags
	threads   int
	json      bool

	demonstration bool // neither model nor prompt nor plan was given
	labelled      bool // one lane after the other with their names, also on a terminal
}

func newRun() *cobra.Command {
	var o runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run a prompt with and without steering",
		Long: "Generates from a prompt with the model as it is and, for each plan, with the model steered, " +
			"and shows the answers side by side, where they part, and what the plan did. Without a model it is " +
			"embedded:base with the plan @demo, and without a prompt too a question to show it on.",
		Example: `tiller run
tiller run --model SmolLM2-135M.gguf --prompt "Once upon a time"
tiller run --model M --prompt Hi --vector v=v.gguf --plan "v*0.1r@8-14"
tiller run --model M --chat --prompt Hi --vectors DIR --plan "ablate:v"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &o.model)
	o.prompt.add(f)
	o.addLanes(f, 128)
	f.StringArrayVar(&o.stop, "stop", nil, "end a lane where this text appears; repeatable")
	f.BoolVar(&o.noBase, "no-base", false, "run the steered lanes only")
	o.acts.add(f)
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

// addLanes adds what says which lanes there are and how their tokens are drawn.
func (o *runFlags) addLanes(f *pflag.FlagSet, maxTokens int) {
	f.StringArrayVar(&o.plans, "plan", nil, "plan, @NAME, or @./FILE.json; each makes a steered lane")
	o.vectors.add(f)
	f.IntVar(&o.maxTokens, "max-tokens", maxTokens, "most tokens to generate in each lane")
	samplingFlags(f, &o.sampling.Temperature, &o.sampling.TopP, &o.sampling.MinP, &o.sampling.RepeatPenalty, &o.sampling.TopK)
	f.Uint64Var(&o.sampling.Seed, "seed", 0, "random numbers; all lanes share them")
	f.BoolVar(&o.ignoreEOS, "ignore-eos", false, "go on after the end-of-text token")
}

// check refuses a command line that can't mean anything, before any file is
// opened.
func (o *runFlags) check(cmd *cobra.Command) error {
	if err := o.prompt.check(cmd); err != nil {
		return err
	}
	if o.noBase && len(o.plans) == 0 {
		return usagef(cmd, "--no-base without --plan leaves nothing to run")
	}
	for _, s := range o.stop {
		if s == "" {
			return usagef(cmd, "--stop is empty")
		}
	}
	if err := o.sampling.Check(); err != nil {
		return usagef(cmd, "%w", err)
	}
	return atLeast(cmd, 0, "max-tokens", "threads")
}

// demonstrate fills in what is missing without a model: the embedded base
// model, and @demo for a plan, unless vectors were given for one that was
// forgotten; and for an embedded model without a prompt the question of the
// demonstration.
func (o *runFlags) demonstrate(cmd *cobra.Command) error {
	bare := false
	if !cmd.Flags().Changed("model") {
		o.model = embeddedBase
		if bare = len(o.plans) == 0 && !o.vectors.given(); bare {
			o.plans = []string{demonstrationPlan}
		}
	}
	if !library.IsEmbedded(o.model) || o.prompt.given(cmd) {
		return nil
	}
	question, err := embedded.Demonstration()
	if err != nil {
		return err
	}
	o.demonstration = bare
	return cmd.Flags().Set("prompt", question.Question)
}

// A run is everything a run needs, ready to generate.
type run struct {
	flags     *runFlags
	model     *model.Model
	tokenizer *tokenizer.Tokenizer // nil if ids were given and there is none
	summary   library.Summary
	prompt    generate.Prompt
	lanes     []runLane
	vectors   map[string]string     // file of each name that plans use
	question  *problem.Problem      // that the prompt is; nil if it is none that is known
	acts      *activations.Recorder // nil unless asked for
}

// A runLane is a lane with its plan; nil is base.
type runLane struct {
	plan     *steering.Plan
	given    string // --plan
	steering steering.Lanes
}

func (o *runFlags) run(cmd *cobra.Command) error {
	if err := o.demonstrate(cmd); err != nil {
		return err
	}
	if err := o.check(cmd); err != nil {
		return err
	}
	where, err := o.acts.selection(cmd)
	if err != nil {
		return err
	}
	plans, err := readPlans(cmd, o.plans)
	if err != nil {
		return err
	}
	vectors, err := o.vectors.load(cmd, plans, o.model)
	if err != nil {
		return err
	}
	if err := o.checkActs(cmd); err != nil {
		return err
	}
	m, err := embedded.OpenModel(cmd.Context(), o.model, model.Options{Threads: o.threads})
	if err != nil {
		return err
	}
	defer m.Close()
	r := &run{flags: o, model: m, summary: library.Describe(o.model, m), vectors: map[string]string{}}
	for name, v := range vectors {
		if v != nil {
			r.vectors[name] = v.Source
		}
	}
	if r.tokenizer, err = o.prompt.tokenizer(cmd, o.model); err != nil {
		return err
	}
	if r.prompt, err = o.prompt.read(cmd, r.tokenizer); err != nil {
		return hint(o.model, err)
	}
	r.question = library.Question(o.model, r.prompt.Text)
	if err := r.makeLanes(plans, vectors); err != nil {
		return err
	}
	if where != nil {
		prompts := slices.Repeat([]generate.Prompt{r.prompt}, len(r.lanes))
		c := m.Config()
		if r.acts, err = activations.NewRecorder(*where, prompts, c.Layers, c.DModel, r.tokenizer); err != nil {
			return fmt.Errorf("--acts: %w", err)
		}
	}
	return r.generate(cmd)
}

// checkActs refuses a file for activations that an input stands in.
func (o *runFlags) checkActs(cmd *cobra.Command) error {
	files, err := o.vectors.files(cmd)
	if err != nil {
		return err
	}
	return o.acts.check(cmd, append(files.Paths(), modelFiles(o.model)...))
}

// makeLanes makes the base lane and one for each plan.
func (r *run) makeLanes(plans []steering.Plan, vectors map[string]*steering.Vector) error {
	if !r.flags.noBase {
		r.lanes = append(r.lanes, runLane{})
	}
	for i := range plans {
		bound, err := bind(plans[i], r.model, vectors)
		if err != nil {
			return err
		}
		r.lanes = append(r.lanes, runLane{plan: &plans[i], given: r.flags.plans[i], steering: steering.Lanes{Bound: bound, Tokenizer: r.tokenizer}})
	}
	return nil
}

// requests describes the lanes to the generating loop.
func (r *run) requests() []generate.Request {
	requests := make([]generate.Request, len(r.lanes))
	for i, l := range r.lanes {
		requests[i] = generate.Request{
			Prompt: r.prompt, Sampling: r.flags.sampling,
			MaxTokens: r.flags.maxTokens, IgnoreEOS: r.flags.ignoreEOS, StopStrings: r.flags.stop,
		}
		if l.plan != nil {
			requests[i].Steering = l.steering
		}
	}
	return requests
}

// tightHeight is from how many lines on a terminal has room for empty ones.
const tightHeight = 30

// generate runs all lanes and prints them. An interrupt ends the lanes where
// they are; what they have is printed and saved all the same.
func (r *run) generate(cmd *cobra.Command) error {
	ctx := cmd.Context()
	var options generate.Options
	if r.acts != nil {
		options.Watch = r.acts.Watch
	}
	reading := plain.Status(cmd.ErrOrStderr(), terminalWidth(cmd.ErrOrStderr()), "reading "+strconv.Itoa(len(r.prompt.Tokens))+" tokens of prompt")
	session, err := generate.NewSession(ctx, r.model, r.tokenizer, r.requests(), options)
	reading()
	if err != nil {
		return err
	}
	for i := range r.lanes {
		if err := selectsNothing(session.Editor(i)); err != nil {
			return err
		}
	}
	var printer *plain.Printer
	if !r.flags.json {
		width, height := terminalSize(cmd.OutOrStdout())
		if r.flags.labelled {
			width = 0
		}
		printer = plain.New(styled(cmd.OutOrStdout()), plain.Options{
			Width: width, Tight: height < tightHeight, Live: width > 0, Measure: func() int { return terminalWidth(cmd.OutOrStdout()) },
		})
		printer.Begin(r.header())
	}
	speed, err := r.loop(ctx, session, printer)
	interrupted := errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		return err
	}
	if err := session.Cancel(); err != nil {
		return err
	}
	if err := r.finish(cmd, session, printer, speed); err != nil {
		return err
	}
	if interrupted {
		return errInterrupted
	}
	return nil
}

// loop generates until every lane has ended and returns tokens per second. The
// printer may be nil.
func (r *run) loop(ctx context.Context, s *generate.Session, p *plain.Printer) (float64, error) {
	start, n := time.Now(), 0
	for !s.Done() {
		tokens, err := s.Next(ctx)
		if err != nil {
			return float64(n) / time.Since(start).Seconds(), err
		}
		n += len(tokens)
		for _, t := range tokens {
			if r.acts != nil && t.Stop == "" {
				r.acts.Accept(t)
			}
			if p == nil {
				continue
			}
			p.Token(t.Lane, plain.Token{ID: t.ID, Text: r.shown(t), Steered: t.Steered})
			if t.Stop != "" {
				p.Done(t.Lane)
			}
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// shown is what a token adds for people; without a tokenizer, its id.
func (r *run) shown(t generate.Token) string {
	if r.tokenizer == nil {
		return " " + strconv.Itoa(t.ID)
	}
	return t.Text
}

// finish prints what there is to say at the end and writes the activations.
func (r *run) finish(cmd *cobra.Command, s *generate.Session, p *plain.Printer, speed float64) error {
	if p == nil {
		if err := writeJSON(cmd.OutOrStdout(), r.whole(s)); err != nil {
			return err
		}
	} else {
		summary := plain.Summary{TokensPerSecond: speed, Notes: r.notes()}
		if r.flags.demonstration {
			summary.TokensPerSecond = 0 // so that all of it fits into 24 lines
		}
		for i := range r.lanes {
			summary.Lanes = append(summary.Lanes, r.laneSummary(i, s))
		}
		if err := p.End(summary); err != nil {
			return err
		}
	}
	if r.acts == nil {
		return nil
	}
	return r.acts.Write(r.flags.acts.file, r.aboutActs())
}

// aboutActs is the metadata of the activations' file.
func (r *run) aboutActs() map[string]string {
	plans := make([]string, len(r.lanes))
	for i, l := range r.lanes {
		if l.plan != nil {
			plans[i] = l.plan.String()
		}
	}
	text, err := json.Marshal(plans)
	if err != nil {
		text = nil // strings can always be written
	}
	return map[string]string{"tool": "tiller " + version(), "model": r.summary.Ref, "fingerprint": r.summary.Fingerprint, "plans": string(text)}
}

// header is what people see before the first token.
func (r *run) header() plain.Header {
	h := plain.Header{Model: r.summary.Line(), Prompt: r.promptText(), Tokens: len(r.prompt.Tokens)}
	if r.question != nil {
		h.Answer = r.question.Answer
	}
	steered := 0
	for _, l := range r.lanes {
		if l.plan == nil {
			h.Lanes = append(h.Lanes, plain.LaneHeader{Name: "base"})
			continue
		}
		steered++
		name := "steered"
		if steered > 1 {
			name += " " + strconv.Itoa(steered)
		}
		if library.IsPlanName(l.given) {
			name += " by " + l.given
		}
		h.Lanes = append(h.Lanes, plain.LaneHeader{Name: name, Plan: l.plan.String()})
	}
	return h
}

// promptText is the prompt as text, special tokens of ids by their names.
func (r *run) promptText() string {
	if r.prompt.Text != "" || r.tokenizer == nil {
		return r.prompt.Text
	}
	return r.tokenizer.Decode(r.prompt.IDs(), false)
}
