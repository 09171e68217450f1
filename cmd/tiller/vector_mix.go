package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiller/steering/library"
	"tiller/steering/mix"
	"tiller/steering/vectorfile"
)

func newVectorMix() *cobra.Command {
	var vectors vectorFlags
	var orthogonalTo []string
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "mix EXPRESSION",
		Short: "Compute a vector from others",
		Long: "Computes a vector from others, such as a-0.5*b, at each layer for itself, and takes out of it " +
			"what lies along the vectors of --orthogonal-to.",
		Example: `tiller vector mix "a-0.5*b" --vectors DIR --orthogonal-to c -o d.gguf`,
		Args:    oneArg("an expression such as a-0.5*b"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needOut(cmd, out); err != nil {
				return err
			}
			files, err := vectors.files(cmd)
			if err != nil {
				return err
			}
			if err := checkOutput(cmd, out, force, files.Paths()...); err != nil {
				return err
			}
			names, err := mixed(args[0], files, orthogonalTo)
			if err != nil {
				return usagef(cmd, "%w", err)
			}
			loaded, err := embedded.ReadVectors(files, names)
			if err != nil {
				return chooseOne(err)
			}
			vector, err := mix.Mix(args[0], loaded, orthogonalTo)
			if err != nil {
				return err
			}
			vector.Name = strings.TrimSuffix(filepath.Base(out), filepath.Ext(out))
			vector.Meta[vectorfile.MetaToolVersion] = "tiller " + version()
			return writeVector(cmd, out, vector)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	vectors.add(f)
	f.StringArrayVar(&orthogonalTo, "orthogonal-to", nil, "take the direction of this vector out of the result; repeatable")
	outFlag(f, &out)
	forceFlag(f, &force)
	return cmd
}

// mixed returns the vectors that a mix needs.
func mixed(expression string, files library.VectorFiles, orthogonalTo []string) ([]string, error) {
	terms, err := mix.Parse(expression, slices.Sorted(maps.Keys(files)))
	if err != nil {
		return nil, err
	}
	names := append([]string{}, orthogonalTo...)
	for _, t := range terms {
		names = append(names, t.Vector)
	}
	return names, nil
}
