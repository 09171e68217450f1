package main

import (
	"encoding/json"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/steering"
	"tiller/steering/activations"
)

// actsFlags say which activations to keep.
type actsFlags struct {
	file, layers, where string
	force               bool
}

func (a *actsFlags) add(f *pflag.FlagSet) {
	f.StringVar(&a.file, "acts", "", "write activations to a safetensors file")
	f.StringVar(&a.layers, "layers", "all", "layers of --acts, as in plans: 2-3+embed")
	f.StringVar(&a.where, "where", "all", "positions of --acts, a selector as in plans")
	forceFlag(f, &a.force)
}

// check refuses a file that the activations must not go to.
func (a *actsFlags) check(cmd *cobra.Command, inputs []string) error {
	if a.file == "" {
		return nil
	}
	if filepath.Ext(a.file) != ".safetensors" {
		return usagef(cmd, "--acts %q: activations are written as safetensors, so name a file that ends in .safetensors", a.file)
	}
	return checkOutput(cmd, a.file, a.force, inputs...)
}

// selection reads --layers and --where; nil without --acts.
func (a *actsFlags) selection(cmd *cobra.Command) (*activations.Selection, error) {
	if a.file == "" {
		for _, name := range []string{"layers", "where", "force"} {
			if cmd.Flags().Changed(name) {
				return nil, usagef(cmd, "--%s needs --acts", name)
			}
		}
		return nil, nil
	}
	return parseSelection(cmd, a.layers, a.where)
}

// parseSelection reads --layers and --where, which are written as in plans.
func parseSelection(cmd *cobra.Command, layers, where string) (*activations.Selection, error) {
	form, err := json.Marshal(map[string]any{"terms": []map[string]string{{"vector": "acts", "layers": layers, "select": where}}})
	if err != nil {
		return nil, err
	}
	var plan steering.Plan
	var wrong *steering.Error
	switch err := json.Unmarshal(form, &plan); {
	case errors.As(err, &wrong) && wrong.Field == "layers":
		return nil, usagef(cmd, "--layers %q, column %d: %s", layers, wrong.Column, wrong.Reason)
	case errors.As(err, &wrong):
		return nil, usagef(cmd, "--where %q, column %d: %s", where, wrong.Column, wrong.Reason)
	case err != nil:
		return nil, err
	}
	return &activations.Selection{Layers: plan.Terms[0].Layers, Where: plan.Terms[0].Select}, nil
}
