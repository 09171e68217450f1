package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of every verb.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// errInterrupted ends a verb that was interrupted after it printed what it had.
var errInterrupted = errors.New("interrupted")

// A usageError says that the command line itself is wrong.
type usageError struct {
	err error
	cmd string // "tiller run"
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s; see %s --help", e.err, e.cmd)
}

func (e *usageError) Unwrap() error { return e.err }

// usagef returns a usageError of a verb.
func usagef(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), cmd.CommandPath()}
}

// exitCode says what err means to the caller's shell.
func exitCode(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled), ctx.Err() != nil:
		return exitInterrupted
	}
	return exitFailed
}

// parsing is what Go's own number parser says about a flag's value, which
// repeats the value.
var parsing = regexp.MustCompile(`strconv\.Parse\w+: parsing (".*"): `)

// flagError turns cobra's words about a flag into a usageError.
func flagError(cmd *cobra.Command, err error) error {
	return usagef(cmd, "%s", parsing.ReplaceAllString(err.Error(), ""))
}

// noArgs refuses positional arguments; a value that belongs to a flag is the
// usual reason for one.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef(cmd, "%s takes no argument, but got %q", cmd.CommandPath(), strings.Join(args, " "))
	}
	return nil
}

// oneArg asks for exactly one positional argument; what names it.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usagef(cmd, "%s needs %s", cmd.CommandPath(), what)
		case 1:
			return nil
		}
		return usagef(cmd, "%s takes one argument, but got %d: %q", cmd.CommandPath(), len(args), args)
	}
}
