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

	"tiller/tui/visible"
)

func main() {
	// The first interrupt asks for an orderly end, a second one ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(guard(os.Stderr, func() int { return execute(ctx) }))
}

// execute runs the command line and returns the exit code. Whatever goes
// wrong becomes one sentence on standard error.
func execute(ctx context.Context) int {
	err := fang.Execute(ctx, newRoot(),
		fang.WithVersion(version()),
		fang.WithColorSchemeFunc(fang.AnsiColorScheme),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}),
	)
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
