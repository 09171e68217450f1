package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func modelFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "model", "", "Hugging Face folder, GGUF file, or embedded:NAME")
}

func threadsFlag(f *pflag.FlagSet, threads *int) {
	f.IntVar(threads, "threads", 0, "workers; 0 is one per processor")
}

// samplingFlags say how tokens are drawn.
func samplingFlags(f *pflag.FlagSet, temperature, topP, minP, repeatPenalty *float64, topK *int) {
	f.Float64Var(temperature, "temperature", 0, "0 takes the likeliest token")
	f.IntVar(topK, "top-k", 0, "keep the K likeliest tokens; 0 keeps all")
	f.Float64Var(topP, "top-p", 1, "keep the likeliest tokens with this much probability")
	f.Float64Var(minP, "min-p", 0, "drop tokens below this share of the likeliest one")
	f.Float64Var(repeatPenalty, "repeat-penalty", 1, "make tokens less likely that are there already")
}

// atLeast refuses a value below least in any of the named integer flags.
func atLeast(cmd *cobra.Command, least int, names ...string) error {
	for _, name := range names {
		if n, err := cmd.Flags().GetInt(name); err != nil || n < least {
			return usagef(cmd, "--%s is %d, but has to be at least %d", name, n, least)
		}
	}
	return nil
}

// needModel asks for a model where a verb can't do without.
func needModel(cmd *cobra.Command, path string) error {
	if path == "" {
		return usagef(cmd, "%s needs a model: pass --model with a Hugging Face folder, a .gguf file, or embedded:base", cmd.CommandPath())
	}
	return nil
}
