package cluster

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tiller/steering"
)

// A Command is what computes a run, without its part of it and where that goes.
type Command struct {
	// Program is the path of tiller, which has to be the same on all nodes, as
	// are Dir, where it runs, and all files that it is given.
	Program string `json:"program"`
	Dir     string `json:"dir"`
	// Flags are those of `tiller eval`, each with its value in one word, and
	// Set is what it asks.
	Flags []string `json:"flags"`
	Set   string   `json:"set"`
	// Shards is how many parts there are.
	Shards int `json:"shards"`
}

// Resources are what each job asks of Slurm; what is empty or 0 is left to the
// cluster.
type Resources struct {
	Partition string
	Time      string // as sbatch takes it: "2:00:00"
	Memory    string // "16G"
	CPUs      int
	// Args are further options of sbatch, each one word: "--account=vision".
	Args []string
}

// Script writes job.sh: a POSIX shell script that computes the shard whose
// number the array of jobs gives it. Whatever text it is made of stays one word
// to the shell and to sbatch; what can't, as a line break in a path, is refused.
func Script(folder, name string, c Command, r Resources) (string, error) {
	options, err := r.options(folder, name, c.Shards)
	if err != nil {
		return "", err
	}
	for _, path := range []string{c.Program, c.Dir, folder} {
		if err := onOneLine(path); err != nil {
			return "", err
		}
	}
	threads := ""
	if !given(c.Flags, "--threads") {
		threads = `--threads="${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}" `
	}
	words := make([]string, len(c.Flags))
	for i, flag := range c.Flags {
		words[i] = steering.Quote(flag) + " "
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# Written by tiller: computes a run in %d parts. To submit it: sbatch job.sh\n", c.Shards)
	for _, option := range options {
		b.WriteString(directive(option))
	}
	fmt.Fprintf(&b, "shard=${SLURM_ARRAY_TASK_ID:?\"submit this script with sbatch\"}\ncd %s || exit\n", steering.Quote(c.Dir))
	fmt.Fprintf(&b, "exec %s eval %s\\\n\t--shard=\"$shard/%d\" --out=%s\"$shard\" %s\\\n\t-- %s\n", steering.Quote(c.Program),
		strings.Join(words, ""), c.Shards, steering.Quote(filepath.Join(folder, jobFolder, shardPrefix)), threads, steering.Quote(c.Set))
	return b.String(), nil
}

// options are sbatch's. Of two that say the same it takes the last, so that no
// argument can take the shards apart.
func (r Resources) options(folder, name string, shards int) ([]string, error) {
	var out []string
	for _, o := range []struct{ option, value string }{
		{"--partition=", r.Partition}, {"--time=", r.Time}, {"--mem=", r.Memory},
	} {
		if o.value != "" {
			out = append(out, o.option+o.value)
		}
	}
	if r.CPUs > 0 {
		out = append(out, "--cpus-per-task="+strconv.Itoa(r.CPUs))
	}
	for _, arg := range r.Args {
		if !strings.HasPrefix(arg, "-") {
			return nil, fmt.Errorf("%q is no option of sbatch: it has to begin with -", arg)
		}
		out = append(out, arg)
	}
	log := strings.ReplaceAll(filepath.Join(folder, jobFolder, logFolder), "%", "%%")
	out = append(out,
		"--job-name="+name,
		fmt.Sprintf("--array=1-%d", shards),
		"--ntasks=1",
		"--output="+log+"/%A_%a.txt",
		"--open-mode=append",
		"--requeue",          // if its node dies
		"--signal=B:TERM@60", // so that answers under way end before the time is up
	)
	for _, option := range out {
		if err := onOneLine(option); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// directive is an option for sbatch as a line of the script. In double quotes
// it takes everything as it is but a quote and a backslash.
func directive(option string) string {
	return "#SBATCH \"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(option) + "\"\n"
}

func onOneLine(text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%q can't stand in a job's script: it is not one line of text", text)
	}
	return nil
}

// given reports whether a flag is among some.
func given(flags []string, name string) bool {
	for _, f := range flags {
		if f == name || strings.HasPrefix(f, name+"=") {
			return true
		}
	}
	return false
}
