package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering/eval"
	"tiller/steering/eval/evalset"
	"tiller/steering/grade"
	"tiller/steering/library"
)

// setFlags say how a set is read, asked and graded.
type setFlags struct {
	options   evalset.Options
	template  string
	shotsFrom string
	chat      bool
	system    string
	grader    string
}

func (o *setFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.template, "template", "", `how a problem is asked: plain, qa, cot, letters, or "Q: {question}\nA:"`)
	f.IntVar(&o.options.Shots, "shots", 0, "worked examples before each problem")
	f.StringVar(&o.shotsFrom, "shots-from", "", "file of the examples; by default the set's own first ones")
	f.BoolVar(&o.chat, "chat", false, "put the question into the model's chat template")
	f.StringVar(&o.system, "system", "", "system message of the chat")
	f.StringVar(&o.grader, "grader", "", "exact, contains, numeric, math, choice, regex:/../, command:.., likelihood, ..")
	f.StringVar(&o.options.Question, "question", "", "field, or template of fields, with the question")
	f.StringVar(&o.options.Target, "target", "", "field with the right answer")
	f.StringVar(&o.options.Choices, "choices", "", "field with the choices")
	f.StringVar(&o.options.ID, "id", "", "field with the id")
	f.StringVar(&o.options.Family, "family", "", "field that groups problems")
	f.StringVar(&o.options.Format, "format", "", "jsonl, json or csv, where the name does not say")
	f.BoolVar(&o.options.Renumber, "renumber", false, "number the problems where ids are missing or twice there")
	f.BoolVar(&o.options.SkipBad, "skip-bad", false, "leave out lines that can't be read")
	f.IntVar(&o.options.Limit, "limit", 0, "ask only so many problems")
	f.IntVar(&o.options.Offset, "offset", 0, "leave out so many first")
	f.BoolVar(&o.options.Shuffle, "shuffle", false, "take the problems in an order that --seed gives")
}

// sets reads the sets of a run.
func (o *evalFlags) sets(cmd *cobra.Command, e *evaluation, set string, closers *[]func()) error {
	read := func(ref string, flags setFlags) (*eval.Asked, error) {
		a, err := flags.read(cmd, ref, o.sampling.Seed)
		if err == nil {
			if c, ok := a.Grader.(interface{ Close() error }); ok {
				*closers = append(*closers, func() { c.Close() })
			}
		}
		return a, err
	}
	var err error
	if e.run.Main, err = read(set, o.set); err != nil {
		return err
	}
	e.spec.Set = e.run.Main.Spec
	if o.guard != "" {
		// Another kind of set, which is recognised by its shape.
		guard := setFlags{chat: o.set.chat, system: o.set.system}
		guard.options.Limit = o.guardLimit
		if e.run.Guard, err = read(o.guard, guard); err != nil {
			return err
		}
		e.spec.Guard = &e.run.Guard.Spec
	}
	tune := o.tune
	if tune == "" && len(o.lanes.strengths) > 1 {
		tune = library.Prefix + "tune"
	}
	if tune != "" && o.lanes.controls && len(o.lanes.strengths) > 1 {
		if grade.NeedsOf(e.run.Main.Grader) != grade.NeedsOutput {
			return usagef(cmd, "controls can't choose among --control-strengths where answers are not generated: give one, or another --grader")
		}
		if e.run.Tune, err = read(tune, o.set.likewise(o.tuneLimit)); err != nil {
			return err
		}
		e.spec.Tune = &e.run.Tune.Spec
	}
	for _, a := range []*eval.Asked{e.run.Main, e.run.Guard, e.run.Tune} {
		if a != nil && a.Spec.Chat && !e.run.Base.Tokenizer.HasChatTemplate() {
			return fmt.Errorf("%s has no chat template: leave --chat out", o.model)
		}
		if a != nil {
			for _, w := range a.Set.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "tiller: %s\n", w)
			}
		}
	}
	return nil
}

// likewise asks and grades another part of the same data in the same way.
func (s setFlags) likewise(limit int) setFlags {
	s.options.Limit, s.options.Offset, s.options.Shuffle = limit, 0, false
	return s
}

// read reads a set and says how it is asked and graded.
func (s *setFlags) read(cmd *cobra.Command, ref string, seed uint64) (*eval.Asked, error) {
	options := s.options
	options.Seed = seed
	if s.shotsFrom != "" {
		options.Shots = 0
	}
	set, err := evalset.Read(cmd.Context(), embedded, ref, options)
	if err != nil {
		return nil, err
	}
	a := &eval.Asked{Set: set, Template: set.Template(), Shots: set.Shots}
	if s.template != "" {
		if a.Template, err = evalset.ParseTemplate(strings.ReplaceAll(s.template, `\n`, "\n")); err != nil {
			return nil, usagef(cmd, "--template: %w", err)
		}
	}
	if s.shotsFrom != "" {
		from, err := evalset.Read(cmd.Context(), embedded, s.shotsFrom, evalset.Options{Limit: max(1, s.options.Shots)})
		if err != nil {
			return nil, err
		}
		a.Shots = from.Items
	}
	name := s.grader
	if name == "" {
		name = set.Grader()
	}
	if a.Grader, err = grade.Parse(name); err != nil {
		return nil, usagef(cmd, "%w", err)
	}
	a.Spec = eval.SetSpec{
		Ref: ref, SHA256: set.SHA256, Layout: set.Layout, Grader: a.Grader.Name(), Template: a.Template.String(), ShotsFrom: s.shotsFrom,
		Chat: s.chat, System: s.system, Limit: options.Limit, Offset: options.Offset, Shuffle: options.Shuffle,
	}
	for _, shot := range a.Shots {
		a.Spec.Shots = append(a.Spec.Shots, shot.ID)
	}
	for field, value := range map[string]string{
		"question": options.Question, "target": options.Target, "choices": options.Choices, "id": options.ID, "family": options.Family,
	} {
		if value != "" {
			if a.Spec.Fields == nil {
				a.Spec.Fields = map[string]string{}
			}
			a.Spec.Fields[field] = value
		}
	}
	return a, nil
}
