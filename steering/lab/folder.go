package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/lab/problem"
	"tiller/steering/vectorfile"
)

// Where things are in a folder of assets.
const (
	foldBase     = "models/base"
	foldThinking = "models/thinking"
	foldVectors  = "vectors"
	foldSplits   = "splits"
	foldPlans    = "plans"
	fileManifest = "manifest.json"

	vectorEnding = ".safetensors"
	// demoPlan is the plan that the demonstration uses.
	demoPlan = "demo"
)

// Folder is a folder of assets, laid out as package assets says.
type Folder struct {
	FS fs.FS
	// Name is what messages call it.
	Name string
}

// model opens models/NAME.
func (f Folder) model(ctx context.Context, name string, o model.Options) (*model.Model, error) {
	sub, err := fs.Sub(f.FS, path.Join("models", name))
	if err != nil {
		return nil, err
	}
	return model.OpenFS(ctx, sub, path.Join(f.Name, "models", name), o)
}

// tokenizer opens that of the base model, which is that of the other too.
func (f Folder) tokenizer() (*tokenizer.Tokenizer, error) {
	sub, err := fs.Sub(f.FS, foldBase)
	if err != nil {
		return nil, err
	}
	return tokenizer.OpenFS(sub, path.Join(f.Name, foldBase))
}

// problems reads a file of problems.
func (f Folder) problems(split problem.Split) ([]problem.Problem, error) {
	file := path.Join(foldSplits, string(split)+".jsonl")
	data, err := fs.ReadFile(f.FS, file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the problems: %w", err)
	}
	var problems []problem.Problem
	for line := range bytes.Lines(data) {
		var p problem.Problem
		if err := json.Unmarshal(line, &p); err != nil {
			return nil, fmt.Errorf("%s, line %d is no problem: %w", path.Join(f.Name, file), len(problems)+1, err)
		}
		// What JSON leaves out stands in the question.
		whole, err := problem.Parse(p.Question)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path.Join(f.Name, file), len(problems)+1, err)
		}
		if whole.Answer != p.Answer || whole.Family != p.Family {
			return nil, fmt.Errorf("%s, line %d: the answer to its question is %q, not %q", path.Join(f.Name, file), len(problems)+1, whole.Answer, p.Answer)
		}
		whole.ID = p.ID
		problems = append(problems, whole)
	}
	return problems, nil
}

// vectors reads all vectors, in the order of their names.
func (f Folder) vectors() ([]*steering.Vector, error) {
	entries, err := fs.ReadDir(f.FS, foldVectors)
	if err != nil {
		return nil, fmt.Errorf("cannot read the vectors: %w", err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var vectors []*steering.Vector
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), vectorEnding)
		if !ok {
			continue
		}
		file := path.Join(foldVectors, e.Name())
		v, _, err := vectorfile.ReadFS(f.FS, file, path.Join(f.Name, file))
		if err != nil {
			return nil, err
		}
		v.Name = name
		vectors = append(vectors, v)
	}
	return vectors, nil
}

// planFile is what plans/NAME.json holds.
type planFile struct {
	Name  string          `json:"name"`
	About string          `json:"about"`
	Terms json.RawMessage `json:"terms"`
}

// plan reads plans/NAME.json.
func (f Folder) plan(name string) (steering.Plan, error) {
	var plan steering.Plan
	file := path.Join(foldPlans, name+".json")
	data, err := fs.ReadFile(f.FS, file)
	if err != nil {
		return plan, fmt.Errorf("cannot read the plan: %w", err)
	}
	var whole planFile
	if err := json.Unmarshal(data, &whole); err != nil {
		return plan, fmt.Errorf("%s is no plan: %w", path.Join(f.Name, file), err)
	}
	terms, err := json.Marshal(map[string]json.RawMessage{"terms": whole.Terms})
	if err != nil {
		return plan, fmt.Errorf("%s is no plan: %w", path.Join(f.Name, file), err)
	}
	if err := json.Unmarshal(terms, &plan); err != nil {
		return plan, fmt.Errorf("%s: %w", path.Join(f.Name, file), err)
	}
	return plan, nil
}

// writePlan is the content of a plan's file.
func writePlan(name, about string, plan steering.Plan) ([]byte, error) {
	form, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("the plan %s can't be written: %w", name, err)
	}
	file := planFile{Name: name, About: about}
	if err := json.Unmarshal(form, &file); err != nil {
		return nil, fmt.Errorf("the plan %s can't be written: %w", name, err)
	}
	return indented(file)
}

// indented is v as JSON for people, which ends in a newline.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("cannot be written as JSON: %w", err)
	}
	return b.Bytes(), nil
}
