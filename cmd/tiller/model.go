package main

import "github.com/spf13/cobra"

func newModel() *cobra.Command {
	return group(&cobra.Command{
		Use:   "model",
		Short: "Say what a model is, and how fast it runs here",
	}, newModelInspect(), newModelBench())
}
