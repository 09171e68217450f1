package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot returns the whole command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tiller",
		Short: "Look inside a language model's steering vectors",
		Long: "tiller runs a language model twice on the same prompt, once as it is and once steered by a plan, " +
			"and shows where the two part and what the plan did. Alone it opens a screen to explore that on, with a " +
			"small model that is part of the program unless another is named.",
		Example: `tiller
tiller --model SmolLM2-135M-Instruct.gguf --chat --prompt Hi
tiller --model M --vector v=v.gguf --plan "v*0.1r@8-14"`,
		Args: unknownVerb,
	}
	new(exploreFlags).addTo(root)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newRun(),
		newPlay(),
		newLogits(),
		newTokenize(),
		newModel(),
		newVector(),
		newLab(),
		newEval(),
		newSweep(),
		newDemo(),
		newExport(),
	)
	return root
}

// group makes cmd a group of verbs that does nothing alone.
func group(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(verbs...)
	cmd.Args = unknownVerb
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return usagef(cmd, "%s needs a verb: %s", cmd.CommandPath(), verbNames(cmd))
	}
	return cmd
}

// unknownVerb refuses what is not a verb of the command, with the closest ones.
func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef(cmd, "%s has no verb %q; perhaps you mean %s", cmd.CommandPath(), args[0], strings.Join(near, " or "))
	}
	return usagef(cmd, "%s has no verb %q, only %s", cmd.CommandPath(), args[0], verbNames(cmd))
}

// verbNames lists the verbs of a command as in a sentence.
func verbNames(cmd *cobra.Command) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "completion" {
			names = append(names, c.Name())
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return fmt.Sprintf("%s or %s", strings.Join(names[:last], ", "), names[last])
}
