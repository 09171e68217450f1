// Command tiller looks inside a language model's steering vectors.
//
// Each verb has a file of its own, which reads the flags, calls the packages
// that do the work, and prints. What is printed as JSON, and the exit codes,
// are contracts: fields may be added, never changed.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"tiller/tui/visible"
)

func main() {
	// The first interrupt asks for an orderly end, a second one ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, stop)
	os.Exit(guard(os.Stderr, func() int { return execute(ctx) }))
}

// endings are the signals that ask for an orderly end. That of a closed
// terminal is one unless whoever started tiller had it ignored, as nohup does.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// execute runs the command line and returns the exit code. Whatever goes
// wrong becomes one sentence on standard error.
func execute(ctx context.Context) int {
	root := newRoot()
	var failed error
	keepError(root, &failed)
	err := fang.Execute(ctx, root,
		fang.WithVersion(version()),
		fang.WithColorSchemeFunc(fang.AnsiColorScheme),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}),
	)
	if err == nil {
		err = failed
	}
	code := exitCode(ctx, err)
	switch code {
	case exitDone:
	case exitInterrupted:
		complain(os.Stderr, errInterrupted)
	default:
		complain(os.Stderr, err)
	}
	return code
}

// keepError makes every verb put its error into failed instead of returning
// it. An error that is returned makes fang ask the terminal for its colours,
// and the answer arrives on a standard input that the verb may be reading.
func keepError(cmd *cobra.Command, failed *error) {
	for _, c := range cmd.Commands() {
		keepError(c, failed)
	}
	check, run := cmd.Args, cmd.RunE
	if run == nil {
		return
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *failed = check(cmd, args); *failed == nil {
			*failed = run(cmd, args)
		}
		return nil
	}
}

// complain prints an error for people: one line, nothing in it can act on the
// terminal.
func complain(w io.Writer, err error) {
	fmt.Fprintf(w, "tiller: %s\n", visible.Line(strings.TrimSpace(err.Error())))
}

// guard turns a panic of f into a sentence like any other error.
func guard(w io.Writer, f func() int) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			code = exitFailed
			complain(w, fmt.Errorf("something went wrong inside tiller: %v%s", cause, reportPanic(cause)))
		}
	}()
	return f()
}

// reportPanic writes what a developer needs to know about a panic into a file
// and says where it is; it says nothing if that can't be done.
func reportPanic(cause any) string {
	f, err := os.CreateTemp("", "tiller-report-*.txt")
	if err != nil {
		return ""
	}
	_, err = fmt.Fprintf(f, "tiller %s\n%v\n\n%s", version(), cause, debug.Stack())
	if closeErr := f.Close(); err != nil || closeErr != nil {
		return ""
	}
	return "; details for a bug report are in " + f.Name()
}

// version is the module's version as it was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
