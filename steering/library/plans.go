package library

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/strictjson"
	"tiller/steering"
	"tiller/steering/library/input"
)

// maxPlanFile bounds the size in bytes of a plan's JSON file.
const maxPlanFile = 1 << 20

// A PlanFile is a plan as it is kept in a file.
type PlanFile struct {
	// Name and About are what the file says about the plan, empty if nothing;
	// untrusted text.
	Name, About string
	Plan        steering.Plan
}

// IsPlanName reports whether a plan is given by its name, as in @demo, and not
// as text or as a file.
func IsPlanName(ref string) bool {
	return strings.HasPrefix(ref, "@") && !strings.ContainsAny(ref, `/\`)
}

// ErrNoPlanName says of a reference that no plan can have it.
var ErrNoPlanName = errors.New("names no plan: write @NAME, or a file with a slash, as in @./plan.json")

// ReadPlan reads a plan by its reference: @NAME is an embedded one, and @ with a
// path that has a slash in it is a file, as in @./plan.json. A name that there
// isn't is a [*NotEmbeddedError]; a reference of neither form is [ErrNoPlanName].
func (l Library) ReadPlan(ctx context.Context, ref string) (PlanFile, error) {
	name, ok := strings.CutPrefix(ref, "@")
	if !ok || name == "" {
		return PlanFile{}, fmt.Errorf("%s %w", ref, ErrNoPlanName)
	}
	if IsPlanName(ref) {
		return l.embeddedPlan(name)
	}
	data, err := input.ReadFile(ctx, name, maxPlanFile)
	if err != nil {
		return PlanFile{}, fmt.Errorf("cannot read the plan: %w", err)
	}
	file, err := parsePlan(data)
	if err != nil {
		return file, fmt.Errorf("%q: %w", name, err)
	}
	return file, nil
}

// embeddedPlan reads the plan that the program carries under a name.
func (l Library) embeddedPlan(name string) (PlanFile, error) {
	if err := choose("plan", "@", name, l.Plans()); err != nil {
		return PlanFile{}, fmt.Errorf("%w; a file is named with a slash, as in @./%s.json", err, strings.TrimSuffix(name, ".json"))
	}
	file := path.Join(planFolder, name+planEnding)
	data, err := fs.ReadFile(l.files, file)
	if err != nil {
		return PlanFile{}, fmt.Errorf("cannot read the embedded plan: %w", err)
	}
	plan, err := parsePlan(data)
	if err != nil {
		return plan, fmt.Errorf("%s%s: %w", Prefix, file, err)
	}
	return plan, nil
}

// parsePlan reads a plan's JSON form. Beside its terms a file may have a "name"
// and say what the plan is "about".
func parsePlan(data []byte) (PlanFile, error) {
	var file PlanFile
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) == nil && (fields["name"] != nil || fields["about"] != nil) {
		if err := strictjson.Unique(data); err != nil {
			return file, fmt.Errorf("the plan's JSON is ambiguous: %w", err)
		}
		for _, field := range []struct {
			name string
			into *string
		}{{"name", &file.Name}, {"about", &file.About}} {
			if text, ok := fields[field.name]; ok && json.Unmarshal(text, field.into) != nil {
				return file, fmt.Errorf("the plan's %q is not a string", field.name)
			}
			delete(fields, field.name)
		}
		var err error
		if data, err = json.Marshal(fields); err != nil {
			return file, err
		}
	}
	err := json.Unmarshal(data, &file.Plan)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		err = fmt.Errorf("the plan is %s", strictjson.Explain(err))
	}
	return file, err // the plan itself says what else is wrong with it
}

// WritePlan writes a plan into a file that [Library.ReadPlan] reads, whole or
// not at all. Unless force is set, a file that is there is kept, and the error
// wraps [fs.ErrExist].
func WritePlan(path string, file PlanFile, force bool) error {
	form, err := json.Marshal(file.Plan)
	if err != nil {
		return fmt.Errorf("the plan can't be written: %w", err)
	}
	var fields struct {
		Name  string          `json:"name,omitempty"`
		About string          `json:"about,omitempty"`
		Terms json.RawMessage `json:"terms"`
	}
	if err := json.Unmarshal(form, &fields); err != nil {
		return fmt.Errorf("the plan can't be written: %w", err)
	}
	fields.Name, fields.About = file.Name, file.About
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // entropy>1.5 stays readable
	e.SetIndent("", "  ")
	if err := e.Encode(fields); err != nil {
		return fmt.Errorf("the plan can't be written: %w", err)
	}
	if text.Len() > maxPlanFile {
		return fmt.Errorf("the plan would take %d bytes, more than the %d that are read", text.Len(), maxPlanFile)
	}
	if !force {
		switch _, err := os.Lstat(path); {
		case err == nil:
			return fmt.Errorf("cannot write %s: %w", path, fs.ErrExist)
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("cannot write the plan: %w", err)
		}
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	})
}
