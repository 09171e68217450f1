package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tiller/assets"
	"tiller/steering/lab"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

// verifyFlags are the command line of `tiller lab verify`.
type verifyFlags struct {
	quick, threads int
	json           bool
}

func newLabVerify() *cobra.Command {
	var o verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [DIR]",
		Short: "Check the models inside tiller and measure them again",
		Long: "Compares every file of DIR, or of what is inside tiller, with its manifest, lets the base model, the " +
			"thinking model, the base model with a header that asks for reasoning, and the steered base model answer " +
			"the test questions again, and compares each answer with what the manifest says came out. Where other " +
			"kernels are at work than when the manifest was written, scores have to lie in its intervals.",
		Example: "tiller lab verify\ntiller lab verify --quick 200 my-lab",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef(cmd, "%s takes one folder, but got %d: %q", cmd.CommandPath(), len(args), args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.quick, "quick", 0, "ask only the first N questions; 0 asks all")
	threadsFlag(f, &o.threads)
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

// verifyReport is what `lab verify --json` prints.
type verifyReport struct {
	Folder string `json:"folder"` // empty for what is inside tiller
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
	*lab.Verification
}

func (o *verifyFlags) run(cmd *cobra.Command, args []string) error {
	if err := atLeast(cmd, 0, "quick", "threads"); err != nil {
		return err
	}
	folder, err := verifyFolder(args)
	if err != nil {
		return err
	}
	errOut := cmd.ErrOrStderr()
	progress := plain.NewProgress(styled(errOut), func() int { return terminalWidth(errOut) }, time.Now)
	options := lab.VerifyOptions{First: o.quick, Threads: o.threads}
	if terminalWidth(errOut) > 0 {
		options.Progress = func(done, total int) { progress.At("answers", done, total) }
	}
	v, err := lab.Verify(cmd.Context(), folder, options)
	progress.Clear()
	if err != nil {
		return err
	}
	wrong := v.Err()
	if wrong != nil {
		wrong = fmt.Errorf("%s: %w", folder.Name, wrong)
	}
	if o.json {
		report := verifyReport{OK: wrong == nil, Verification: v}
		if len(args) > 0 {
			report.Folder = args[0]
		}
		if wrong != nil {
			report.Error = wrong.Error()
		}
		err = writeJSON(cmd.OutOrStdout(), report)
	} else {
		err = writeVerification(cmd.OutOrStdout(), folder, v)
	}
	if err != nil {
		return err
	}
	return wrong
}

// verifyFolder is the folder that was named, or what is inside tiller.
func verifyFolder(args []string) (lab.Folder, error) {
	if len(args) == 0 {
		if _, err := fs.Stat(assets.FS, "manifest.json"); err != nil {
			return lab.Folder{}, fmt.Errorf("this build of tiller carries no models: name a folder that tiller lab build has filled")
		}
		return lab.Folder{FS: assets.FS, Name: "embedded"}, nil
	}
	info, err := os.Stat(args[0])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return lab.Folder{}, fmt.Errorf("there is no folder %s: name one that tiller lab build has filled, or none for what is inside tiller", args[0])
	case err != nil:
		return lab.Folder{}, fmt.Errorf("cannot verify it: %w", err)
	case !info.IsDir():
		return lab.Folder{}, fmt.Errorf("%s is a file, where a folder is expected", args[0])
	}
	return lab.Folder{FS: os.DirFS(args[0]), Name: args[0]}, nil
}

// writeVerification prints what was found for people.
func writeVerification(w io.Writer, folder lab.Folder, v *lab.Verification) error {
	if len(v.Differences) > 0 {
		for _, d := range v.Differences {
			fmt.Fprintf(w, " %s\n", visible.Line(d))
		}
		return nil
	}
	fmt.Fprintf(w, "%s: %s as the manifest says. %s of the test split, measured again:\n\n",
		visible.Line(folder.Name), plain.Count(v.Files, "file"), plain.Count(v.N, "question"))
	t := plain.Table{Right: []bool{false, true, true, false, true}}
	t.Row("lane", "right", "manifest", "95 % interval", "answers that differ")
	for _, l := range v.Lanes {
		t.Row(l.Name, fmt.Sprintf("%.3f", l.Measured), fmt.Sprintf("%.3f", l.Stated), fmt.Sprintf("%.3f to %.3f", l.CI95.Low, l.CI95.High), fmt.Sprint(l.Other))
	}
	if err := t.Write(w); err != nil {
		return err
	}
	words := "The kernels are those of the manifest (" + v.Kernel + "), so no answer may differ."
	if !v.Exact {
		words = "The kernels are others (" + v.Kernel + ", not " + visible.Line(v.Manifest.Kernel) + "), so scores have to lie in the intervals."
	}
	if gap := v.Gap(); !math.IsNaN(gap) {
		words = fmt.Sprintf("Steering recovers %.1f %% of the gap between base and thinking.\n%s", 100*gap, words)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", words)
	return err
}
