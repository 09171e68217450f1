package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering"
	"tiller/steering/cluster"
	"tiller/tui/plain"
)

// slurmFlags are the command line of `tiller eval slurm`: that of a run, and
// how a cluster computes it.
type slurmFlags struct {
	eval         evalFlags
	shards       int
	submit       bool
	cancel       bool
	resources    cluster.Resources
	retries      int
	poll         time.Duration
	mixedKernels bool
}

func newEvalSlurm() *cobra.Command {
	var o slurmFlags
	cmd := &cobra.Command{
		Use:   "slurm SET",
		Short: "Compute a run on a Slurm cluster",
		Long: "Writes a script that computes a run in parts, as an array of Slurm jobs; with --submit it also submits it, " +
			"waits, submits again what failed, and merges the parts. When it is interrupted the jobs go on, and the same " +
			"command waits for them again. It takes all flags of eval. The program, the folder and all files have to be at " +
			"the same place on every node.",
		Example: `tiller eval slurm gsm8k.jsonl --model M --plan "v*0.2r@9-14" --vector v=v.gguf --shards 20 --out runs/a --submit --time 2:00:00
tiller eval slurm --cancel --out runs/a`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.cancel && len(args) == 0 {
				return nil
			}
			return oneArg("an eval set")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.cancel {
				return o.end(cmd)
			}
			return o.run(cmd, args[0])
		},
	}
	f := cmd.Flags()
	o.eval.add(f)
	if err := f.MarkHidden("shard"); err != nil {
		panic(err) // there is no such flag
	}
	f.IntVar(&o.shards, "shards", 0, "how many parts, each a job")
	f.BoolVar(&o.submit, "submit", false, "submit the jobs, wait for them, and merge")
	f.BoolVar(&o.cancel, "cancel", false, "end the jobs; what they computed is kept")
	f.StringVar(&o.resources.Partition, "partition", "", "Slurm's partition")
	f.StringVar(&o.resources.Time, "time", "", "time limit of a job, as 2:00:00")
	f.IntVar(&o.resources.CPUs, "cpus", 0, "processors of a job")
	f.StringVar(&o.resources.Memory, "mem", "", "memory of a job, as 16G")
	f.StringArrayVar(&o.resources.Args, "sbatch-arg", nil, "another option of sbatch, as --account=A; repeatable")
	f.IntVar(&o.retries, "retries", 2, "how often a part that failed is submitted again")
	f.DurationVar(&o.poll, "poll", 10*time.Second, "how often Slurm is asked")
	mixedKernelsFlag(f, &o.mixedKernels)
	return cmd
}

func (o *slurmFlags) run(cmd *cobra.Command, set string) error {
	command, err := o.command(cmd, set)
	if err != nil {
		return err
	}
	job, err := cluster.Open(o.eval.out, command, o.resources)
	if err != nil {
		return err
	}
	defer job.Close()
	if !o.submit {
		out := cmd.OutOrStdout()
		fmt.Fprintf(out, "%s computes the run in %s. Next:\n\n", job.ScriptPath(), plain.Count(o.shards, "part"))
		fmt.Fprintf(out, " sbatch %s\n", steering.Quote(job.ScriptPath()))
		fmt.Fprintf(out, " tiller eval merge %s", steering.Quote(o.eval.out))
		fmt.Fprintf(out, " %s*\n", steering.Quote(strings.TrimSuffix(job.Shards()[0], "1")))
		return nil
	}
	if err := o.wait(cmd, job); err != nil {
		return err
	}
	merge := mergeFlags{mixedKernels: o.mixedKernels, json: o.eval.json}
	return merge.run(cmd, o.eval.out, job.Shards())
}

// command checks what can be checked here, and says what the jobs run.
func (o *slurmFlags) command(cmd *cobra.Command, set string) (cluster.Command, error) {
	var none cluster.Command
	if err := o.eval.check(cmd, set); err != nil {
		return none, err
	}
	switch {
	case o.eval.shard != "":
		return none, usagef(cmd, "--shard is for one machine: pass --shards N")
	case o.shards < 1:
		return none, usagef(cmd, "a run on a cluster has parts: pass --shards N")
	}
	if err := atLeast(cmd, 0, "cpus", "retries"); err != nil {
		return none, err
	}
	if _, err := readPlans(cmd, o.eval.plans); err != nil {
		return none, err
	}
	asked, err := o.eval.set.read(cmd, set, o.eval.sampling.Seed)
	if err != nil {
		return none, err
	}
	if c, ok := asked.Grader.(interface{ Close() error }); ok {
		defer c.Close()
	}
	if n := len(asked.Set.Items); o.shards > n {
		return none, usagef(cmd, "--shards is %d, and the set has %s", o.shards, plain.Count(n, "problem"))
	}
	program, err := os.Executable()
	if err != nil {
		return none, fmt.Errorf("this program's path is not known: %w", err)
	}
	if strings.Contains(filepath.ToSlash(program), "/go-build") {
		return none, fmt.Errorf("`go run` removes the program when it ends, and the jobs need it: build tiller, and call that")
	}
	dir, err := os.Getwd()
	if err != nil {
		return none, fmt.Errorf("the working folder: %w", err)
	}
	return cluster.Command{Program: program, Dir: dir, Flags: passedOn(cmd), Set: set, Shards: o.shards}, nil
}

// passedOn are the flags of eval that were given, each in one word with its
// value, in the order of eval's help.
func passedOn(cmd *cobra.Command) []string {
	var flags []string
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(evalFlags).add(own)
	own.VisitAll(func(known *pflag.Flag) {
		f := cmd.Flags().Lookup(known.Name)
		switch {
		case !f.Changed || f.Name == "out" || f.Name == "json" || f.Name == "shard":
			return
		}
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, v := range values {
			flags = append(flags, "--"+f.Name+"="+v)
		}
	})
	return flags
}

// wait submits the jobs and waits for them, showing how far they are.
func (o *slurmFlags) wait(cmd *cobra.Command, job *cluster.Job) error {
	errOut := cmd.ErrOrStderr()
	progress := plain.NewProgress(styled(errOut), func() int { return terminalWidth(errOut) }, time.Now)
	err := job.Run(cmd.Context(), cluster.RunOptions{Retries: o.retries, Poll: o.poll, Progress: func(p cluster.Progress) {
		words := []string{fmt.Sprintf("%d of %d done", p.Done, p.Total), fmt.Sprintf("%d running", p.Running)}
		if p.Waiting > 0 {
			text := fmt.Sprintf("%d waiting", p.Waiting)
			if len(p.Reasons) > 0 {
				text += " (" + strings.Join(p.Reasons, ", ") + ")"
			}
			words = append(words, text)
		}
		words = append(words, plain.Count(p.Samples, "answer"))
		if p.Trouble != nil {
			words = []string{p.Trouble.Error()}
		}
		progress.At("parts", 0, 0, words...) // when the others begin nobody knows
	}})
	progress.Clear()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errOut, "tiller: the jobs go on; the same command waits for them again, and with --cancel ends them")
		return errInterrupted
	case errors.As(err, new(*cluster.FailedError)):
		return fmt.Errorf("%w; the same command tries them again", err)
	}
	return err
}

// end has Slurm end the jobs.
func (o *slurmFlags) end(cmd *cobra.Command) error {
	if o.eval.out == "" {
		return usagef(cmd, "which run? pass its --out DIR")
	}
	n, err := cluster.Cancel(cmd.Context(), o.eval.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "ended %s; what they computed is kept\n", plain.Count(n, "job"))
	return nil
}
