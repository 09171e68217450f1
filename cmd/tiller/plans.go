package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/library"
)

// vectorFlags bind the names that plans use to files.
type vectorFlags struct {
	named []string // NAME=FILE
	dir   string
}

func (v *vectorFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&v.named, "vector", nil, "a vector for plans to name: NAME=FILE; repeatable")
	f.StringVar(&v.dir, "vectors", "", "folder of vector files, named without their endings")
}

// files returns the files of all names that are bound. A binding by --vector
// goes before what --vectors offers.
func (v *vectorFlags) files(cmd *cobra.Command) (library.VectorFiles, error) {
	files := library.VectorFiles{}
	if v.dir != "" {
		var err error
		if files, err = library.VectorFolder(v.dir); err != nil {
			return nil, err
		}
	}
	bound := map[string]bool{}
	for _, binding := range v.named {
		name, file, found := strings.Cut(binding, "=")
		switch {
		case !found || name == "" || file == "":
			return nil, usagef(cmd, "--vector takes NAME=FILE, not %q", binding)
		case bound[name]:
			return nil, usagef(cmd, "--vector names %q twice", name)
		}
		bound[name] = true
		files[name] = []string{file}
	}
	return files, nil
}

// chosen returns the one file of each name that is bound.
func (v *vectorFlags) chosen(cmd *cobra.Command) (map[string]string, error) {
	files, err := v.files(cmd)
	if err != nil {
		return nil, err
	}
	one := map[string]string{}
	for name, paths := range files {
		if len(paths) > 1 {
			return nil, fmt.Errorf("the vector %q may be %q or %q: choose one with --vector", name, paths[0], paths[1])
		}
		one[name] = paths[0]
	}
	return one, nil
}

// given reports whether any vector has a file.
func (v *vectorFlags) given() bool { return v.dir != "" || len(v.named) > 0 }

// load reads the vectors that plans use on a model.
func (v *vectorFlags) load(cmd *cobra.Command, plans []steering.Plan, model string) (map[string]*steering.Vector, error) {
	files, err := v.files(cmd)
	if err != nil {
		return nil, err
	}
	vectors, err := embedded.PlanVectors(files, plans, model)
	if none := (*library.NoVectorsError)(nil); errors.As(err, &none) {
		return nil, usagef(cmd, "%w: pass --vector %s=FILE or --vectors DIR", err, none.Name)
	}
	return vectors, chooseOne(err)
}

// chooseOne says to an error about a vector that may be in several files how
// one of them is chosen.
func chooseOne(err error) error {
	if errors.As(err, new(*library.AmbiguousVectorError)) {
		return fmt.Errorf("%w: choose one with --vector", err)
	}
	return err
}

// readPlans reads all plans.
func readPlans(cmd *cobra.Command, texts []string) ([]steering.Plan, error) {
	plans := make([]steering.Plan, len(texts))
	for i, text := range texts {
		var err error
		if plans[i], err = readPlan(cmd, text); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// readPlan reads a plan as text, or from a file if it begins with @.
func readPlan(cmd *cobra.Command, text string) (steering.Plan, error) {
	if !strings.HasPrefix(text, "@") {
		plan, err := steering.Parse(text)
		if err != nil {
			return plan, usagef(cmd, "--plan %q: %w", text, err)
		}
		return plan, nil
	}
	file, err := embedded.ReadPlan(cmd.Context(), text)
	switch {
	case errors.Is(err, library.ErrNoPlanName):
		return file.Plan, usagef(cmd, "--plan %w", err)
	case errors.As(err, new(*library.NotEmbeddedError)):
		return file.Plan, usagef(cmd, "--plan: %w", err)
	}
	return file.Plan, err
}

// bind checks that a plan fits the model and the vectors.
func bind(plan steering.Plan, m *model.Model, vectors map[string]*steering.Vector) (*steering.Bound, error) {
	return steering.Bind(plan, m.Config().Layers, m.Config().DModel, vectors)
}

// selectsNothing returns an error if a term of a lane's plan can't select
// anything: there is one prompt only, so no other lane can make up for it.
func selectsNothing(e generate.Editor) error {
	if program := programOf(e); program != nil {
		if empty := program.EmptySelections(); len(empty) > 0 {
			return empty[0]
		}
	}
	return nil
}
