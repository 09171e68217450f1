package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/activations"
	"tiller/steering/derive"
	"tiller/steering/vectorfile"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// deriveFlags are the command line of `tiller vector derive`.
type deriveFlags struct {
	model    string
	method   string
	contrast string
	texts    string
	thinking string
	targets  string
	plan     string
	where    string
	layers   string
	chat     bool
	system   string
	name     string
	seed     uint64
	training derive.TrainOptions
	threads  int
	out      string
	force    bool
	json     bool
}

// A deriveMethod says what a method of deriving vectors takes.
type deriveMethod struct {
	name   string
	data   string   // the flag with its file
	needs  []string // other flags that it can't do without
	allows []string // flags that few methods have
	run    func(*derivation, context.Context) (*derive.Result, error)
}

var deriveMethods = []deriveMethod{
	{"mean", "contrast", nil, []string{"where", "layers"}, byContrast(derive.Mean)},
	{"pca", "contrast", nil, []string{"where", "layers"}, byContrast(derive.PCA)},
	{"probe", "contrast", nil, []string{"where", "layers"}, byContrast(derive.Probe)},
	{"models", "texts", []string{"thinking"}, []string{"where", "layers"}, (*derivation).byModels},
	{"train", "targets", []string{"plan"}, []string{"steps", "batch", "rate", "max-norm"}, (*derivation).byTraining},
}

func newVectorDerive() *cobra.Command {
	var o deriveFlags
	cmd := &cobra.Command{
		Use:   "derive",
		Short: "Make a vector from texts",
		Long: "Makes a vector for any model: from pairs of texts that differ in one quality, from what a second model " +
			"does with the same texts, or by training towards target texts; and says how well it tells texts apart " +
			"that it was not made from.",
		Example: `tiller vector derive --model M --contrast embedded:sentiment -o v.gguf
tiller vector derive --model M --contrast F --method probe -o v.safetensors
tiller vector derive --model M --method models --thinking T --texts F -o v.gguf
tiller vector derive --model M --method train --targets F --plan "v@9" -o v.gguf`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &o.model)
	f.StringVar(&o.method, "method", "mean", "one of mean, pca, probe, models and train")
	f.StringVar(&o.contrast, "contrast", "", "pairs of texts: a file, or embedded:NAME")
	f.StringVar(&o.where, "where", "last", "positions that count, a selector as in plans")
	f.StringVar(&o.layers, "layers", "all", "layers of the vector, as in plans: 2-3+embed")
	f.StringVar(&o.thinking, "thinking", "", "for models: what --model is subtracted from")
	f.StringVar(&o.texts, "texts", "", "for models: file of texts")
	f.StringVar(&o.targets, "targets", "", "for train: file of prompts and targets")
	f.StringVar(&o.plan, "plan", "", "for train: the plan that will use the vector")
	f.IntVar(&o.training.Steps, "steps", 200, "for train: most steps")
	f.IntVar(&o.training.Batch, "batch", 8, "for train: examples a step")
	f.Float64Var(&o.training.Rate, "rate", 0.01, "for train: share of the median |h| a step")
	f.Float64Var(&o.training.MaxNorm, "max-norm", 0, "for train: longest vector, a share of |h|; 0 is any")
	f.BoolVar(&o.chat, "chat", false, "put the texts into the model's chat template")
	f.StringVar(&o.system, "system", "", "system message of the chat")
	f.StringVar(&o.name, "name", "", "name in plans; the file's if left out")
	f.Uint64Var(&o.seed, "seed", 0, "random numbers, for what is held out and train")
	threadsFlag(f, &o.threads)
	outFlag(f, &o.out)
	forceFlag(f, &o.force)
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

// chosen finds the method and refuses flags that it has no use for.
func (o *deriveFlags) chosen(cmd *cobra.Command) (*deriveMethod, error) {
	at := slices.IndexFunc(deriveMethods, func(m deriveMethod) bool { return m.name == o.method })
	if at < 0 {
		return nil, usagef(cmd, "there is no method %q; there are mean, pca, probe, models and train", o.method)
	}
	m := &deriveMethods[at]
	set := func(name string) bool { return cmd.Flags().Changed(name) }
	for _, name := range append([]string{m.data}, m.needs...) {
		if cmd.Flag(name).Value.String() == "" {
			return nil, usagef(cmd, "--method %s needs --%s", m.name, name)
		}
	}
	own := slices.Concat([]string{m.data}, m.needs, m.allows)
	for _, other := range deriveMethods {
		for _, name := range slices.Concat([]string{other.data}, other.needs, other.allows) {
			if set(name) && !slices.Contains(own, name) {
				return nil, usagef(cmd, "--%s has no meaning with --method %s", name, m.name)
			}
		}
	}
	return m, nil
}

// vectorName is what can be a vector's name in plans.
var vectorName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// check refuses a command line that can't mean anything, before any model is
// opened.
func (o *deriveFlags) check(cmd *cobra.Command) error {
	if err := needModel(cmd, o.model); err != nil {
		return err
	}
	if err := needOut(cmd, o.out); err != nil {
		return err
	}
	switch {
	case o.name != "" && !vectorName.MatchString(o.name):
		return usagef(cmd, "--name %q: a vector's name is made of letters, digits and _.-", o.name)
	case o.system != "" && !o.chat:
		return usagef(cmd, "--system needs --chat")
	case !(o.training.Rate > 0 && o.training.Rate <= 10):
		return usagef(cmd, "--rate is %g, but has to be above 0 and at most 10", o.training.Rate)
	case !(o.training.MaxNorm >= 0 && o.training.MaxNorm <= 1000):
		return usagef(cmd, "--max-norm is %g, but has to be from 0 to 1000", o.training.MaxNorm)
	}
	if err := atLeast(cmd, 1, "steps", "batch"); err != nil {
		return err
	}
	return atLeast(cmd, 0, "threads")
}

// checkOut refuses an output that couldn't be written at the end.
func (o *deriveFlags) checkOut(cmd *cobra.Command, data string) error {
	if ending := strings.ToLower(filepath.Ext(o.out)); ending != ".gguf" && ending != ".safetensors" {
		return usagef(cmd, "cannot tell from the name %q which format to write: end it in .gguf or .safetensors", o.out)
	}
	if folder, err := os.Stat(filepath.Dir(o.out)); err != nil || !folder.IsDir() {
		return usagef(cmd, "cannot write %q: there is no such folder", o.out)
	}
	return checkOutput(cmd, o.out, o.force, slices.Concat([]string{data}, modelFiles(o.model), modelFiles(o.thinking))...)
}

// A derivation is everything that making a vector needs.
type derivation struct {
	flags     *deriveFlags
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
	thinking  *model.Model // nil unless the method is models
	second    *tokenizer.Tokenizer
	plan      steering.Plan // of training
	where     activations.Selection
	data      derivationData
	progress  *plain.Progress
	notes     []string
}

func (o *deriveFlags) run(cmd *cobra.Command) error {
	if err := o.check(cmd); err != nil {
		return err
	}
	method, err := o.chosen(cmd)
	if err != nil {
		return err
	}
	source := cmd.Flag(method.data).Value.String()
	if err := o.checkOut(cmd, source); err != nil {
		return err
	}
	d := &derivation{flags: o}
	where, err := parseSelection(cmd, o.layers, o.where)
	if err != nil {
		return err
	}
	d.where = *where
	if o.plan != "" {
		if d.plan, err = readPlan(cmd, o.plan); err != nil {
			return err
		}
	}
	if d.data, err = readDerivationData(cmd.Context(), cmd.InOrStdin(), source); err != nil {
		return err
	}
	if err := d.open(cmd.Context()); err != nil {
		return err
	}
	defer d.close()
	if err := d.checkLayers(cmd); err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	if terminalWidth(stderr) == 0 {
		stderr = io.Discard // who reads errors from a pipe gets nothing else
	}
	d.progress = plain.NewProgress(styled(stderr), func() int { return terminalWidth(stderr) }, time.Now)
	result, err := method.run(d, cmd.Context())
	d.progress.Clear()
	if err != nil {
		return err
	}
	return d.finish(cmd, result)
}

// open opens the models and their tokenizers.
func (d *derivation) open(ctx context.Context) (err error) {
	o := d.flags
	if d.tokenizer, err = embedded.OpenTokenizer(o.model); err != nil {
		return err
	}
	if d.model, err = embedded.OpenModel(ctx, o.model, model.Options{Threads: o.threads}); err != nil {
		return err
	}
	if o.thinking == "" {
		return nil
	}
	if d.second, err = embedded.OpenTokenizer(o.thinking); err == nil {
		d.thinking, err = embedded.OpenModel(ctx, o.thinking, model.Options{Threads: o.threads})
	}
	if err != nil {
		d.close()
	}
	return err
}

func (d *derivation) close() {
	d.model.Close()
	if d.thinking != nil {
		d.thinking.Close()
	}
}

// checkLayers refuses layers that the output can't hold.
func (d *derivation) checkLayers(cmd *cobra.Command) error {
	if strings.ToLower(filepath.Ext(d.flags.out)) != ".gguf" {
		return nil
	}
	for _, t := range d.plan.Terms {
		for _, item := range t.Layers.Items {
			if item.From < 1 {
				return usagef(cmd, "a control vector in a .gguf file has no direction for layer 0 or embed: end %q in .safetensors", d.flags.out)
			}
		}
	}
	layers, err := activations.ListLayers(d.where.Layers, d.model.Config().Layers)
	if err != nil {
		return usagef(cmd, "--layers %q: %w", d.flags.layers, err)
	}
	if layers[0] < 1 && cmd.Flags().Changed("layers") {
		return usagef(cmd, "a control vector in a .gguf file has no direction for layer 0 or embed: leave them out of --layers, or end %q in .safetensors", d.flags.out)
	}
	if layers[0] < 1 && d.flags.plan == "" {
		d.where.Layers = steering.Layers{Kind: steering.NamedLayers, Items: []steering.Span{{From: 1, To: d.model.Config().Layers - 1}}}
		d.notes = append(d.notes, "A control vector in a .gguf file has no direction for layer 0, so it was left out.")
	}
	return nil
}

// options are those of the methods that read activations.
func (d *derivation) options() derive.Options {
	return derive.Options{
		Name: d.name(), Where: d.where.Where, Layers: d.where.Layers, Seed: d.flags.seed, DataHash: d.data.hash,
		Progress: func(n, total int) { d.progress.At("reading texts", n, total) },
	}
}

// name is the vector's in plans.
func (d *derivation) name() string {
	if d.flags.name != "" {
		return d.flags.name
	}
	base := strings.TrimSuffix(filepath.Base(d.flags.out), filepath.Ext(d.flags.out))
	if vectorName.MatchString(base) {
		return base
	}
	return "vector"
}

// byContrast runs a method on contrast pairs.
func byContrast(method func(context.Context, *model.Model, *tokenizer.Tokenizer, []derive.Pair, derive.Options) (*derive.Result, error)) func(*derivation, context.Context) (*derive.Result, error) {
	return func(d *derivation, ctx context.Context) (*derive.Result, error) {
		pairs, err := d.pairs()
		if err != nil {
			return nil, err
		}
		return method(ctx, d.model, d.tokenizer, pairs, d.options())
	}
}

func (d *derivation) byModels(ctx context.Context) (*derive.Result, error) {
	pairs, err := d.both()
	if err != nil {
		return nil, err
	}
	return derive.Models(ctx, d.model, d.thinking, d.tokenizer, pairs, d.options())
}

func (d *derivation) byTraining(ctx context.Context) (*derive.Result, error) {
	examples, err := d.examples()
	if err != nil {
		return nil, err
	}
	o := d.flags.training
	o.Seed, o.DataHash = d.flags.seed, d.data.hash
	o.Progress = func(n, total int) { d.progress.At("training", n, total) }
	result, err := derive.Train(ctx, d.model, d.tokenizer, examples, d.plan, o)
	if err == nil && d.flags.name != "" {
		result.Vector.Name = d.flags.name
	}
	return result, err
}

// finish writes the vector and says what is known about it.
func (d *derivation) finish(cmd *cobra.Command, r *derive.Result) error {
	v := r.Vector
	v.Meta[vectorfile.MetaToolVersion] = "tiller " + version()
	v.Meta[vectorfile.MetaModelHint] = d.model.Config().Architecture
	v.Meta["data"] = filepath.Base(d.data.name)
	if d.flags.chat {
		v.Meta["chat"] = "yes"
	}
	if err := vectorfile.Write(d.flags.out, v); err != nil {
		return err
	}
	report := d.report(r)
	if d.flags.json {
		return writeJSON(cmd.OutOrStdout(), report)
	}
	if err := report.write(cmd.OutOrStdout()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s: %s of width %d.\n", visible.Line(d.flags.out), plain.Count(len(v.Directions), "direction"), v.DModel)
	return err
}
