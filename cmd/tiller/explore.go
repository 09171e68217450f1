package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/settings"
)

// exploreFlags are the command line of `tiller` itself: those of `tiller run`
// that mean something on a screen, since where there is none it is that verb.
type exploreFlags struct {
	runFlags
	plain bool
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
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return o.explore(cmd) }
}

// explore opens the screen, or does without where there can be none.
func (o *exploreFlags) explore(cmd *cobra.Command) error {
	sitting, err := loadSitting()
	if err != nil {
		return err
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
	return sitting.show(cmd, tui.New(options))
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
	files, err := o.vectors.files(cmd)
	if err != nil {
		return none, err
	}
	vectors := map[string]string{}
	for name, paths := range files {
		if len(paths) > 1 {
			return none, fmt.Errorf("the vector %q may be %q or %q: choose one with --vector", name, paths[0], paths[1])
		}
		vectors[name] = paths[0]
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
	path, statePath string
	settings        settings.Settings
	keys            *keys.Map
	state           settings.State
	warnings        []string
	log             *slog.Logger
	logFile         io.Closer
}

// loadSitting reads the config file and what was remembered.
func loadSitting() (*sitting, error) {
	s := &sitting{keys: keys.Default(), log: slog.New(slog.DiscardHandler)}
	var err error
	if s.path, err = settings.Path(os.Getenv); err != nil {
		return nil, err
	}
	if s.statePath, err = settings.StatePath(os.Getenv); err != nil {
		return nil, err
	}
	if s.settings, s.warnings, err = settings.Load(s.path); err != nil {
		return nil, err
	}
	_ = s.keys.Rebind(s.settings.Keys) // what is wrong with them is among the warnings
	var warning string
	if s.state, warning = settings.LoadState(s.statePath); warning != "" {
		s.warnings = append(s.warnings, warning)
	}
	return s, nil
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
func (s *sitting) show(cmd *cobra.Command, app *tui.App) error {
	if s.logFile != nil {
		defer s.logFile.Close()
	}
	guarded := tui.NewGuard(app, reportPanic)
	frames := s.settings.Frames
	program := tea.NewProgram(guarded, tea.WithContext(cmd.Context()), tea.WithFPS(frames))
	guarded.Quit = program.Quit
	_, err := program.Run()
	state := app.State()
	if saved := state.Save(s.statePath); saved != nil && err == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: what you asked will not be remembered: %v\n", saved)
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
