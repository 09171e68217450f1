package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tiller/model/kernel"
	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/record"
	"tiller/tui/settings"
)

// exploreFlags are the command line of `tiller` itself: those of `tiller run`
// that mean something on a screen, since where there is none it is that verb.
type exploreFlags struct {
	runFlags
	plain  bool
	record string
}

// addTo makes the root command open the screen.
func (o *exploreFlags) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	modelFlag(f, &o.model)
	o.prompt.addText(f)
	o.addLanes(f, 256)
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.plain, "plain", false, "lines of text instead of a screen, as for a screen reader")
	f.StringVar(&o.record, "record", "", "record the sitting into this file, with all that is typed; tiller play plays it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.explore(cmd) }
}

// explore opens the screen, or does without where there can be none.
func (o *exploreFlags) explore(cmd *cobra.Command) error {
	sitting := loadSitting()
	if o.record != "" && (o.plain || sitting.settings.Plain || !hasScreen()) {
		return usagef(cmd, "--record records the screen, and there is none")
	}
	if o.plain || sitting.settings.Plain {
		return o.talk(cmd)
	}
	if !hasScreen() {
		fmt.Fprintln(cmd.ErrOrStderr(), "tiller: there is no terminal here for the screen, so this is the plain form of it, as tiller run prints it")
		return o.run(cmd)
	}
	sitting.openLog()
	options, err := o.options(cmd, sitting)
	if err != nil {
		return err
	}
	defer options.Engine.Close()
	if err := o.begin(options.Recorder); err != nil {
		return err
	}
	return sitting.show(cmd, tui.New(options), options.Recorder)
}

// begin begins to record, if that was asked for.
func (o *exploreFlags) begin(r *record.Recorder) error {
	if o.record == "" {
		return nil
	}
	if _, err := os.Lstat(o.record); err == nil {
		return fmt.Errorf("%s is there already: record into another file", o.record)
	}
	return r.Begin(o.record)
}

// hasScreen reports whether keys can be read and a screen drawn.
func hasScreen() bool {
	return term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}

// options checks the command line and makes of it what the screen begins with.
func (o *exploreFlags) options(cmd *cobra.Command, s *sitting) (tui.Options, error) {
	none := tui.Options{}
	if o.prompt.given(cmd) {
		if err := o.check(cmd); err != nil {
			return none, err
		}
	} else if err := errors.Join(o.sampling.Check(), atLeast(cmd, 0, "max-tokens", "threads")); err != nil {
		return none, usagef(cmd, "%w", err)
	}
	plans, err := readPlans(cmd, o.plans)
	if err != nil {
		return none, err
	}
	prompt, err := o.asked(cmd)
	if err != nil {
		return none, err
	}
	vectors, err := o.vectors.chosen(cmd)
	if err != nil {
		return none, err
	}
	config := s.settings
	if cmd.Flags().Changed("threads") {
		config.Threads = o.threads
	}
	options := tui.Options{
		Settings: config, SettingsPath: s.path, Keys: s.keys, State: s.state, Warnings: s.warnings,
		Model: o.model, Prompt: prompt,
		Sampling: &engine.Sampling{
			Temperature: o.sampling.Temperature, TopP: o.sampling.TopP, MinP: o.sampling.MinP, TopK: o.sampling.TopK,
			RepeatPenalty: o.sampling.RepeatPenalty, Seed: o.sampling.Seed, MaxTokens: o.maxTokens, IgnoreEOS: o.ignoreEOS,
		},
		Engine: engine.New(embedded, engine.Options{
			Threads: config.Threads, Vectors: vectors, Folders: s.folders(config.Vectors), ModelFolders: s.folders(config.Models),
			Getenv: os.Getenv, Log: s.log, Report: reportPanic,
		}),
	}
	if !cmd.Flags().Changed("max-tokens") {
		options.Sampling.MaxTokens = config.MaxTokens
	}
	if options.Model == "" {
		options.Model = embeddedBase
	}
	for _, p := range plans {
		options.Plans = append(options.Plans, p.String())
	}
	options.Recorder = record.New(record.Options{
		Now: time.Now, Tool: "tiller " + version(), Kernel: kernel.Path(), Sitting: options.Sitting(), History: s.state.History,
	})
	return options, nil
}

// asked is the prompt of the command line; nil if there is none.
func (o *exploreFlags) asked(cmd *cobra.Command) (*engine.Prompt, error) {
	p := &o.prompt
	if !p.given(cmd) {
		return nil, nil
	}
	texts := p.texts
	if p.file != "" {
		text, err := readPrompt(cmd, p.file)
		if err != nil {
			return nil, err
		}
		texts = []string{text}
	}
	last := len(texts) - 1
	prompt := &engine.Prompt{
		Text: texts[last], Chat: p.chat, System: p.system, Prefill: p.prefill, NoBOS: p.noBOS, ParseSpecial: p.parseSpecial,
	}
	for i, text := range texts[:last] {
		prompt.Turns = append(prompt.Turns, engine.Turn{Role: []string{"user", "assistant"}[i%2], Text: text})
	}
	return prompt, nil
}

// A sitting is what is on disk for the screen.
type sitting struct {
	path, statePath string // empty where there is no place for it
	settings        settings.Settings
	keys            *keys.Map
	state           settings.State
	warnings        []string
	log             *slog.Logger
	logFile         io.Closer
}

// loadSitting reads the config file and what was remembered. Neither has to be
// there, or to be right: what is wrong is among the warnings.
func loadSitting() *sitting {
	s := &sitting{settings: settings.Defaults(), keys: keys.Default(), log: slog.New(slog.DiscardHandler)}
	var err error
	if s.path, err = settings.Path(os.Getenv); err == nil {
		s.settings, s.warnings, err = settings.Load(s.path)
	}
	if err != nil {
		s.warnings = append(s.warnings, fmt.Sprintf("All settings are as tiller comes with them: %v.", err))
	}
	_ = s.keys.Rebind(s.settings.Keys) // what is wrong with them is among the warnings
	if s.statePath, err = settings.StatePath(os.Getenv); err != nil {
		s.warnings = append(s.warnings, fmt.Sprintf("Nothing will be remembered: %v.", err))
		return s
	}
	var warning string
	if s.state, warning = settings.LoadState(s.statePath); warning != "" {
		s.warnings = append(s.warnings, warning)
	}
	return s
}

// folders are the settings' folders with ~ written out.
func (s *sitting) folders(written []string) []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return written
	}
	out := make([]string, len(written))
	for i, w := range written {
		out[i] = settings.Folder(w, home)
	}
	return out
}

// maxLog is how large the log may grow before it begins anew.
const maxLog = 1 << 20

// openLog begins to write the log beside the state file. Without it the screen
// works just as well.
func (s *sitting) openLog() {
	if s.statePath == "" {
		return
	}
	path := filepath.Join(filepath.Dir(s.statePath), "tiller.log")
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		os.Rename(path, path+".old")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	s.logFile = f
	s.log = slog.New(slog.NewTextHandler(f, nil))
}

// show runs the screen until the person leaves it, and remembers the sitting.
func (s *sitting) show(cmd *cobra.Command, app *tui.App, recorder *record.Recorder) error {
	if s.logFile != nil {
		defer s.logFile.Close()
	}
	guarded := tui.NewGuard(app, reportPanic)
	program := tea.NewProgram(recorder.Around(guarded),
		tea.WithContext(cmd.Context()), tea.WithoutSignalHandler(), // signals end the context
		tea.WithEnvironment(environment()), tea.WithFPS(s.settings.Frames))
	guarded.Quit = program.Quit
	_, err := program.Run()
	if recorded, ok := recorder.Close(); ok {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: %s\n", recorded)
	}
	state := app.State()
	if s.statePath != "" {
		if saved := state.Save(s.statePath); saved != nil && err == nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "tiller: what you asked will not be remembered: %v\n", saved)
		}
	}
	switch {
	case guarded.Crash != nil:
		s.log.Error("panic", "cause", guarded.Crash)
		return guarded.Crash
	case err != nil && cmd.Context().Err() != nil:
		return errInterrupted
	case err != nil:
		return fmt.Errorf("the screen ended: %w", err)
	}
	return nil
}
