package main

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"tiller/model/kernel"
	"tiller/tui"
	"tiller/tui/player"
	"tiller/tui/record"
	"tiller/tui/visible"
)

// playFlags are the command line of `tiller play`.
type playFlags struct {
	verify  bool
	model   string
	vectors vectorFlags
	threads int
	screen  player.Options
}

func newPlay() *cobra.Command {
	var o playFlags
	cmd := &cobra.Command{
		Use:   "play FILE",
		Short: "Play a recorded sitting again",
		Long: "Shows a sitting that was recorded (R on the screen, or tiller --record FILE) as it was shown then. No " +
			"model is needed for that. With --verify the answers are generated again instead, on the real models and " +
			"vectors, and their tokens compared with the recorded ones.",
		Example: `tiller play first-look.jsonl
tiller play first-look.jsonl --speed 4 --idle 1s
tiller play first-look.jsonl --verify
tiller play theirs.jsonl --verify --model MINE.gguf --vector v=mine.gguf`,
		Args: oneArg("a recording"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.play(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Float64Var(&o.screen.Speed, "speed", 1, "times as fast as it was")
	f.DurationVar(&o.screen.Idle, "idle", 0, "longest pause to wait for, such as 2s; 0 is any")
	f.BoolVar(&o.screen.Loop, "loop", false, "begin again at the end")
	f.BoolVar(&o.verify, "verify", false, "generate the answers again and compare")
	f.StringVar(&o.model, "model", "", "with --verify: where the recorded model is here")
	o.vectors.add(f)
	threadsFlag(f, &o.threads)
	return cmd
}

func (o *playFlags) play(cmd *cobra.Command, path string) error {
	if !(o.screen.Speed > 0) || o.screen.Idle < 0 {
		return usagef(cmd, "--speed is %g and --idle %v, but both have to be positive", o.screen.Speed, o.screen.Idle)
	}
	if err := atLeast(cmd, 0, "threads"); err != nil {
		return err
	}
	if !o.verify && (o.model != "" || o.vectors.given()) {
		return usagef(cmd, "--model and vectors are for --verify: to play a recording needs neither")
	}
	l, err := record.Open(path)
	if err != nil {
		return err
	}
	if l.Cut {
		fmt.Fprintf(cmd.ErrOrStderr(), "tiller: the end of %s is missing: it has %d whole events\n", path, len(l.Events))
	}
	if o.verify {
		return o.repeat(cmd, l)
	}
	p, err := record.NewPlayer(l, tui.Replay)
	if err != nil {
		return err
	}
	if !hasScreen() {
		return last(cmd, p)
	}
	return o.show(cmd, p)
}

// show plays on the screen.
func (o *playFlags) show(cmd *cobra.Command, p *record.Player) error {
	sitting := loadSitting()
	o.screen.Theme = sitting.settings.Theme
	screen := player.New(p, o.screen)
	_, err := tea.NewProgram(screen, tea.WithContext(cmd.Context()), tea.WithoutSignalHandler(),
		tea.WithEnvironment(environment()), tea.WithFPS(sitting.settings.Frames)).Run()
	switch {
	case cmd.Context().Err() != nil:
		return errInterrupted
	case err != nil:
		return fmt.Errorf("the screen ended: %w", err)
	}
	return screen.Failed()
}

// last prints the last screen, where none can be played.
func last(cmd *cobra.Command, p *record.Player) error {
	if err := p.Seek(len(p.Log.Events)); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "tiller: there is no terminal here to play on, so this is the last screen of the recording")
	fmt.Fprintln(cmd.OutOrStdout(), ansi.Strip(p.Frame().Content))
	return nil
}

// repeat generates the answers again.
func (o *playFlags) repeat(cmd *cobra.Command, l *record.Log) error {
	ctx := cmd.Context()
	files, err := o.vectors.files(cmd)
	if err != nil {
		return err
	}
	vectors := map[string]string{}
	for name, paths := range files {
		if len(paths) > 1 {
			return fmt.Errorf("the vector %q may be %q or %q: choose one with --vector", name, paths[0], paths[1])
		}
		vectors[name] = paths[0]
	}
	runs, err := record.Runs(l, tui.Replay)
	if err != nil {
		return err
	}
	verdict, err := record.Verify(ctx, runs, record.VerifyOptions{
		Library: embedded, Threads: o.threads, Model: o.model, Vectors: vectors, Progress: progress(ctx, cmd),
	})
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return judge(cmd, l, verdict)
}

// progress shows how far the repetition is, on a terminal.
func progress(ctx context.Context, cmd *cobra.Command) func(done, total int) {
	if terminalWidth(cmd.ErrOrStderr()) == 0 {
		return nil
	}
	shown := time.Time{}
	return func(done, total int) {
		if now := time.Now(); ctx.Err() == nil && (now.Sub(shown) > time.Second/10 || done == total) {
			shown = now
			fmt.Fprintf(cmd.ErrOrStderr(), "\r%d of %d runs%s", done, total, map[bool]string{true: "\r\x1b[K"}[done == total])
		}
	}
}

// judge says what came of it.
func judge(cmd *cobra.Command, l *record.Log, v *record.Verdict) error {
	out := cmd.OutOrStdout()
	for _, text := range v.Missing {
		fmt.Fprintln(out, visible.Line(text))
	}
	if d := v.Difference; d != nil {
		if here := kernel.Path(); here != l.Kernel {
			return fmt.Errorf("%s (recorded with the kernel %s, repeated with %s, which need not agree in every bit)", d, l.Kernel, here)
		}
		return fmt.Errorf("%s", d)
	}
	fmt.Fprintf(out, "%d answers with %d tokens are the same again.\n", v.Answers, v.Tokens)
	if len(v.Missing) > 0 {
		return fmt.Errorf("not all could be repeated; to play the recording needs nothing of that")
	}
	return nil
}
