package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiller/model/generate"
	"tiller/steering/eval"
)

// contrasts reads the texts that vectors were made from, for controls that deal
// their labels out anew.
func (o *evalFlags) contrasts(cmd *cobra.Command, e *evaluation) error {
	for _, binding := range o.lanes.contrasts {
		name, file, ok := strings.Cut(binding, "=")
		if !ok || name == "" || file == "" {
			return usagef(cmd, "--contrast takes NAME=FILE, not %q", binding)
		}
		v := e.run.Vectors[name]
		if v == nil {
			return usagef(cmd, "--contrast %q: no plan uses a vector of that name", binding)
		}
		data, err := readDerivationData(cmd.Context(), nil, file)
		if err != nil {
			return err
		}
		d := &derivation{flags: &deriveFlags{chat: o.set.chat, system: o.set.system}, tokenizer: e.run.Base.Tokenizer, data: data}
		pairs, err := d.pairs()
		if err != nil {
			return err
		}
		var positive, negative []generate.Prompt
		for _, p := range pairs {
			positive, negative = append(positive, p.Positive), append(negative, p.Negative)
		}
		rows, err := e.run.Base.Contrasted(cmd.Context(), positive, negative, v.Layers())
		if err != nil {
			return err
		}
		if e.run.Contrasts == nil {
			e.run.Contrasts, e.spec.Contrasts = map[string]map[int]eval.Contrast{}, map[string]string{}
		}
		e.run.Contrasts[name], e.spec.Contrasts[name] = rows, data.hash
	}
	return nil
}

// shuffles reports whether labels can be dealt out anew for every vector of a
// plan; without texts for any it is false, and an error without those of some.
func (o *evalFlags) shuffles(cmd *cobra.Command, e *evaluation, names []string) (bool, error) {
	missing := slices.IndexFunc(names, func(name string) bool { return e.run.Contrasts[name] == nil })
	switch {
	case missing < 0:
		return true, nil
	case slices.ContainsFunc(names, func(name string) bool { return e.run.Contrasts[name] != nil }):
		return false, usagef(cmd, "the plan also uses the vector %q: pass --contrast %s=FILE for it", names[missing], names[missing])
	case slices.Contains(o.lanes.kinds, "shuffled"):
		return false, fmt.Errorf("--control-kinds has shuffled, which needs the texts that %q was made from: pass --contrast %s=FILE", names[missing], names[missing])
	}
	return false, nil
}
