package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering"
	"tiller/steering/vectorfile"
	"tiller/tui/plain"
	"tiller/tui/visible"
)

func newVector() *cobra.Command {
	return group(&cobra.Command{
		Use:   "vector",
		Short: "Make, inspect, convert and mix steering vectors",
	}, newVectorDerive(), newVectorInspect(), newVectorConvert(), newVectorMix())
}

func outFlag(f *pflag.FlagSet, out *string) {
	f.StringVarP(out, "out", "o", "", "file to write, NAME.gguf or NAME.safetensors")
}

// needOut asks for the file to write where it was left out.
func needOut(cmd *cobra.Command, out string) error {
	if out == "" {
		return usagef(cmd, "%s needs an output: pass -o with a name that ends in .gguf or .safetensors", cmd.CommandPath())
	}
	return nil
}

// writeVector writes a vector and says so.
func writeVector(cmd *cobra.Command, path string, v *steering.Vector) error {
	if err := vectorfile.Write(path, v); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "Wrote %s: %s of width %d.\n", visible.Line(path), plain.Count(len(v.Directions), "direction"), v.DModel)
	return err
}
