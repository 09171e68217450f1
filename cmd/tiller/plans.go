package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tiller/model"
	"tiller/model/checkpoint/strictjson"
	"tiller/model/generate"
	"tiller/steering"
	"tiller/steering/vectorfile"
)

// maxPlanFile bounds the size in bytes of a plan's JSON file.
const maxPlanFile = 1 << 20

// vectorFlags bind the names that plans use to files.
type vectorFlags struct {
	named []string // NAME=FILE
	dir   string
}

func (v *vectorFlags) add(f *pflag.FlagSet) {
	f.StringArrayVar(&v.named, "vector", nil, "a vector for plans to name: NAME=FILE; repeatable")
	f.StringVar(&v.dir, "vectors", "", "folder of vector files, named without their endings")
}

// vectorFiles are the files that may hold a vector, by the vector's name.
type vectorFiles map[string][]string

// paths lists all files, whichever names they have.
func (v vectorFiles) paths() []string {
	var paths []string
	for _, references := range v {
		for _, reference := range references {
			paths = append(paths, vectorfile.Files(reference)...)
		}
	}
	return paths
}

// files returns the files of all names that are bound. A binding by --vector
// goes before what --vectors offers.
func (v *vectorFlags) files(cmd *cobra.Command) (vectorFiles, error) {
	files := vectorFiles{}
	if v.dir != "" {
		entries, err := os.ReadDir(v.dir)
		if err != nil {
			return nil, fmt.Errorf("cannot look for vectors: %w", err)
		}
		for _, e := range entries {
			if name, ok := vectorfile.TrimEnding(e.Name()); ok {
				files[name] = append(files[name], filepath.Join(v.dir, e.Name()))
			}
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

// load reads the vectors of these names; one without a file is left out, and
// whoever uses it says so.
func (f vectorFiles) load(names []string) (map[string]*steering.Vector, error) {
	vectors := map[string]*steering.Vector{}
	for _, name := range names {
		files := f[name]
		if len(files) == 0 || vectors[name] != nil {
			continue
		}
		if len(files) > 1 {
			return nil, fmt.Errorf("the vector %q may be %q or %q: choose one with --vector", name, files[0], files[1])
		}
		vector, _, err := readVector(files[0])
		if err != nil {
			return nil, err
		}
		vector.Name = name
		vectors[name] = vector
	}
	return vectors, nil
}

// given reports whether any vector has a file.
func (v *vectorFlags) given() bool { return v.dir != "" || len(v.named) > 0 }

// load reads the vectors that plans use on a model. What no file is bound to
// is looked for among the embedded ones; the names of all of these are known
// where the model is embedded too.
func (v *vectorFlags) load(cmd *cobra.Command, plans []steering.Plan, model string) (map[string]*steering.Vector, error) {
	files, err := v.files(cmd)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, plan := range plans {
		names = append(names, plan.Names()...)
	}
	for _, name := range embedded.names("vectors", vectorEnding) {
		wanted := isEmbedded(model) || slices.Contains(names, name)
		if wanted && files[name] == nil {
			files[name] = []string{embeddedPrefix + name}
		}
	}
	if len(names) > 0 && len(files) == 0 {
		return nil, usagef(cmd, "the plan uses the vector %q, but no vector has a file: pass --vector %s=FILE or --vectors DIR", names[0], names[0])
	}
	vectors, err := files.load(names)
	if err != nil {
		return nil, err
	}
	// Names alone, for an error that says which one may have been meant.
	for name := range files {
		if _, loaded := vectors[name]; !loaded {
			vectors[name] = nil
		}
	}
	return vectors, nil
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
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		plan, err := steering.Parse(text)
		if err != nil {
			return plan, usagef(cmd, "--plan %q: %w", text, err)
		}
		return plan, nil
	}
	if name == "" {
		return steering.Plan{}, usagef(cmd, "--plan @ names no plan: write @NAME, or a file with a slash, as in @./plan.json")
	}
	if isPlanName(text) {
		plan, err := embedded.plan(name)
		if errors.As(err, new(notEmbedded)) {
			return plan, usagef(cmd, "--plan: %w; a file is named with a slash, as in @./%s.json", err, strings.TrimSuffix(name, ".json"))
		}
		return plan, err
	}
	data, err := readInput(cmd.Context(), nil, name, maxPlanFile)
	if err != nil {
		return steering.Plan{}, fmt.Errorf("cannot read the plan: %w", err)
	}
	plan, err := parsePlanFile(data)
	if err != nil {
		return plan, fmt.Errorf("%q: %w", name, err)
	}
	return plan, nil
}

// isPlanName reports whether a plan is given as @NAME.
func isPlanName(text string) bool {
	return strings.HasPrefix(text, "@") && !strings.ContainsAny(text, `/\`)
}

// parsePlanFile reads a plan's JSON form. Beside its terms a file may have a
// "name" and say what the plan is "about".
func parsePlanFile(data []byte) (steering.Plan, error) {
	var plan steering.Plan
	var file map[string]json.RawMessage
	if json.Unmarshal(data, &file) == nil && (file["name"] != nil || file["about"] != nil) {
		if err := strictjson.Unique(data); err != nil {
			return plan, fmt.Errorf("the plan's JSON is ambiguous: %w", err)
		}
		for _, name := range []string{"name", "about"} {
			if text, ok := file[name]; ok && json.Unmarshal(text, new(string)) != nil {
				return plan, fmt.Errorf("the plan's %q is not a string", name)
			}
			delete(file, name)
		}
		var err error
		if data, err = json.Marshal(file); err != nil {
			return plan, err
		}
	}
	err := json.Unmarshal(data, &plan)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		err = fmt.Errorf("the plan is %s", strictjson.Explain(err))
	}
	return plan, err // the plan itself says what else is wrong with it
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
