package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// forceFlag adds --force, which lets an output replace a file.
func forceFlag(f *pflag.FlagSet, force *bool) {
	f.BoolVar(force, "force", false, "replace the output file if there is one")
}

// checkOutput refuses an output that stands already, unless forced, and one
// that is an input in any case. It is asked before anything is computed.
func checkOutput(cmd *cobra.Command, out string, force bool, inputs ...string) error {
	info, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil // a device or a pipe; writing a folder fails by itself
	}
	for _, input := range inputs {
		if other, err := os.Stat(input); err == nil && os.SameFile(info, other) {
			return usagef(cmd, "%q is an input of this command: write to another file", out)
		}
	}
	if !force {
		return usagef(cmd, "%q exists already: pass --force to replace it", out)
	}
	return nil
}

// modelFiles lists the files that a model is read from.
func modelFiles(path string) []string {
	files := []string{path}
	entries, err := os.ReadDir(path)
	if err != nil {
		return files
	}
	for _, e := range entries {
		files = append(files, filepath.Join(path, e.Name()))
	}
	return files
}
