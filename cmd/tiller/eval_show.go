package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"tiller/model/kernel"
	"tiller/steering"
	"tiller/steering/eval"
	"tiller/steering/eval/report"
	"tiller/steering/eval/summary"
	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/browse"
	"tiller/tui/engine"
	"tiller/tui/record"
	"tiller/tui/visible"
)

// showFlags are the command line of `tiller eval show`.
type showFlags struct {
	report  bool
	json    bool
	plain   bool
	model   string
	vectors vectorFlags
	threads int
}

func newEvalShow() *cobra.Command {
	var o showFlags
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Browse a run: its lanes, problems and answers side by side",
		Long: "Opens a screen on a run's folder: a table of its lanes, its problems with a mark for each lane's answer, and " +
			"with enter a problem with all answers side by side. f shows only some problems (flips, moved the wrong way, cut " +
			"off, ..), / those that have a text, and o opens one in Compare, for which --model and --vector say where a model " +
			"or vector is here. Where there is no terminal the table is printed, as tiller eval does. With --report the run's " +
			"summary.json and report.html are written anew.",
		Example: `tiller eval show runs/a
tiller eval show runs/a --vector r=r.gguf
tiller eval show runs/a --json | jq .lanes[].score`,
		Args: oneArg("the folder of a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, filepath.Clean(args[0])) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.report, "report", false, "write summary.json and report.html anew, and show nothing")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
	f.BoolVar(&o.plain, "plain", false, "print the table of lanes instead of opening a screen")
	f.StringVar(&o.model, "model", "", "where the run's model is here, to open problems in Compare")
	o.vectors.add(f)
	threadsFlag(f, &o.threads)
	return cmd
}

func (o *showFlags) run(cmd *cobra.Command, path string) error {
	if o.report && o.json {
		return usagef(cmd, "--report shows nothing: leave --json out")
	}
	if err := atLeast(cmd, 0, "threads"); err != nil {
		return err
	}
	spec, err := eval.ReadSpec(path)
	if err != nil {
		return err
	}
	if o.report {
		return o.rewrite(cmd, path)
	}
	if o.json {
		s, err := summary.Current(path, summary.Options{})
		if err != nil {
			return err
		}
		return writeIndented(cmd.OutOrStdout(), s)
	}
	if o.plain || !hasScreen() || loadSitting().settings.Plain {
		s, err := summary.Current(path, summary.Options{})
		if err != nil {
			return err
		}
		return writeSummary(cmd, path, s)
	}
	return o.browse(cmd, path, spec)
}

// rewrite makes the summary and the report anew. The command that computed the
// run is not known here, so the report does not have it.
func (o *showFlags) rewrite(cmd *cobra.Command, path string) error {
	s, err := summary.Make(path, summary.Options{})
	if err != nil {
		return err
	}
	if err := s.Write(path); err != nil {
		return err
	}
	if err := report.Write(path, report.Options{Summary: s}); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), visible.Line(filepath.Join(path, report.File)))
	return nil
}

// browse shows the run on a screen, and in between Compare, until the person
// leaves it.
func (o *showFlags) browse(cmd *cobra.Command, path string, spec eval.Spec) error {
	s := loadSitting()
	clipboard := engine.New(embedded, engine.Options{})
	defer clipboard.Close()
	screen := browse.New(browse.Options{
		Path: path, Settings: s.settings, Keys: s.keys, Comparable: true,
		Clipboard: func(text string) tea.Cmd { return clipboard.Copy(1, text) },
	})
	if len(s.warnings) > 0 {
		screen.Say(s.warnings[0], true)
	}
	for {
		if err := newProgram(cmd.Context(), screen, s.settings).run(); err != nil {
			if cmd.Context().Err() != nil {
				return errInterrupted
			}
			return err
		}
		asked, ok := screen.Asked()
		if !ok {
			return nil
		}
		switch err := o.compare(cmd, spec, asked); {
		case errors.Is(err, errInterrupted):
			return err
		case err != nil:
			screen.Say(err.Error(), true)
		}
	}
}

// compare opens a problem of the run in Compare.
func (o *showFlags) compare(cmd *cobra.Command, spec eval.Spec, asked browse.Request) error {
	s := loadSitting()
	s.openLog()
	plans := plansBeside(spec, asked.Lane)
	config := s.settings
	if cmd.Flags().Changed("threads") {
		config.Threads = o.threads
	}
	model := o.model
	if model == "" {
		model = spec.Model.Ref
	}
	vectors, err := o.bound(cmd, model, spec, plans, len(config.Vectors) > 0)
	if err != nil {
		return err
	}
	p := spec.Sampling
	options := tui.Options{
		Settings: config, SettingsPath: s.path, Keys: s.keys, State: s.state, Warnings: s.warnings,
		Model:  model,
		Prompt: &engine.Prompt{Text: asked.Problem.Prompt, Chat: spec.Set.Chat, System: spec.Set.System},
		Sampling: &engine.Sampling{
			Temperature: p.Temperature, TopP: p.TopP, MinP: p.MinP, TopK: p.TopK, RepeatPenalty: p.RepeatPenalty,
			Seed: p.Seed, MaxTokens: p.MaxTokens, IgnoreEOS: p.IgnoreEOS,
		},
		Engine: engine.New(embedded, engine.Options{
			Threads: config.Threads, Vectors: vectors, Folders: s.folders(config.Vectors), ModelFolders: s.folders(config.Models),
			Getenv: os.Getenv, Log: s.log, Report: reportPanic,
		}),
	}
	defer options.Engine.Close()
	for _, plan := range plans {
		options.Plans = append(options.Plans, plan.String())
	}
	options.Recorder = record.New(record.Options{
		Now: time.Now, Tool: "tiller " + version(), Kernel: kernel.Path(), Sitting: options.Sitting(), History: s.state.History,
	})
	return s.show(cmd, tui.New(options), options.Recorder)
}

// plansBeside are the plans to open beside base: that of a lane that has one, a
// control's being its plan's, else all plans of the run.
func plansBeside(spec eval.Spec, lane eval.LaneSpec) []steering.Plan {
	texts := []string{lane.Plan}
	if lane.Plan == "" {
		texts = nil
		for _, l := range spec.Lanes {
			if l.Kind == eval.Planned {
				texts = append(texts, l.Plan)
			}
		}
	}
	var plans []steering.Plan
	for _, text := range texts {
		if p, err := steering.Parse(text); err == nil && !slices.ContainsFunc(plans, func(q steering.Plan) bool { return q.String() == p.String() }) {
			plans = append(plans, p)
		}
	}
	return plans
}

// bound are the files of the flags' vectors, once those that the plans use are
// known to be the run's. With folders in the settings a vector may be there.
func (o *showFlags) bound(cmd *cobra.Command, model string, spec eval.Spec, plans []steering.Plan, folders bool) (map[string]string, error) {
	files, err := o.vectors.chosen(cmd)
	if err != nil {
		return nil, err
	}
	loaded, err := o.vectors.load(cmd, plans, model)
	if errors.As(err, new(*library.NoVectorsError)) && folders {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	for _, l := range spec.Lanes {
		for name, digest := range l.Vectors {
			if v := loaded[name]; v != nil && eval.Digest(v) != digest {
				return nil, fmt.Errorf("the vector %q here is not the one of the run: --vector %s=FILE says where that is", name, name)
			}
		}
	}
	return files, nil
}
