package main

import (
	"github.com/spf13/cobra"

	"tiller/steering/vectorfile"
)

func newVectorConvert() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Write a vector in another format",
		Long: "Writes a vector in the format that the name of the output asks for: .gguf is the control vector " +
			"of llama.cpp and repeng, .safetensors is tiller's own, which also holds layers 0 and embed.",
		Example: "tiller vector convert happy.gguf -o happy.safetensors",
		Args:    oneArg("the path of a vector file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needOut(cmd, out); err != nil {
				return err
			}
			if err := checkOutput(cmd, out, force, vectorfile.Files(args[0])...); err != nil {
				return err
			}
			vector, _, err := embedded.ReadVector(args[0])
			if err != nil {
				return err
			}
			return writeVector(cmd, out, vector)
		},
	}
	outFlag(cmd.Flags(), &out)
	forceFlag(cmd.Flags(), &force)
	return cmd
}
