package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering/cluster"
	"tiller/steering/eval/summary"
)

// mergeFlags say what a merge may make do with.
type mergeFlags struct {
	partial      bool
	mixedKernels bool
	json         bool
}

func newEvalMerge() *cobra.Command {
	var o mergeFlags
	cmd := &cobra.Command{
		Use:   "merge OUT SHARD...",
		Short: "Make one run of shards",
		Long: "Makes one run of the folders that were computed with --shard 1/N to N/N, on whatever machines: the same, to " +
			"the byte, as if one machine had computed it, and writes its summary and report. OUT is a new folder, or that " +
			"of an earlier merge of the same run.",
		Example: `tiller eval merge runs/a shards/*
tiller eval merge --partial runs/a shards/*`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef(cmd, "%s needs the folder to merge into, and those of the shards", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0], args[1:]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.partial, "partial", false, "merge what is there of a run that is not complete")
	mixedKernelsFlag(f, &o.mixedKernels)
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
	return cmd
}

func mixedKernelsFlag(f *pflag.FlagSet, mixed *bool) {
	f.BoolVar(mixed, "mixed-kernels", false, "merge shards of machines with different kernel paths, whose bits differ")
}

func (o *mergeFlags) run(cmd *cobra.Command, out string, shards []string) error {
	merged, err := cluster.Merge(cmd.Context(), out, shards, cluster.MergeOptions{Partial: o.partial, MixedKernels: o.mixedKernels})
	switch {
	case errors.As(err, new(*cluster.KernelError)):
		return fmt.Errorf("%w; --mixed-kernels merges them all the same", err)
	case errors.As(err, new(*cluster.IncompleteError)) && !o.partial:
		return fmt.Errorf("%w; --partial merges what is there", err)
	case err != nil:
		return err
	}
	s, err := summary.Make(out, summary.Options{})
	if err != nil {
		return err
	}
	merged.Qualify(s)
	return finishRun(cmd, out, s, o.json)
}
