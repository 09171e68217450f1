package engine

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tiller/steering"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
)

// VectorInfo is what the screen shows of a vector.
type VectorInfo struct {
	Name   string
	Source string // reference or file
	// Read says that the rest is known: the file was read.
	Read   bool
	Err    string // why it can't be read or used on this model; empty if it can
	DModel int
	Layers []int
	Norms  []float64         // of the directions, in the order of Layers
	Format string            // of the file
	Meta   map[string]string // what the file says about itself; untrusted
	Notes  []string          // what to know before using it
}

// PlanInfo is a saved plan.
type PlanInfo struct {
	Ref   string // "@demo"
	About string
	Text  string
}

// listVectors finds what plans can name, and reads what is embedded with an
// embedded model or was named on the command line.
func (e *Engine) listVectors(o *opened) []VectorInfo {
	e.mu.Lock()
	for _, folder := range e.options.Folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // the settings' folders need not exist
		}
		for _, entry := range entries {
			if name, ok := vectorfile.TrimEnding(entry.Name()); ok && e.sources[name] == "" {
				e.sources[name] = filepath.Join(folder, entry.Name())
			}
		}
	}
	for name, file := range e.options.Vectors {
		e.sources[name] = file
	}
	if library.IsEmbedded(o.ref) {
		for _, name := range e.library.Vectors() {
			if e.sources[name] == "" {
				e.sources[name] = library.Prefix + name
			}
		}
	}
	names := slices.Sorted(maps.Keys(e.sources))
	e.mu.Unlock()
	infos := make([]VectorInfo, len(names))
	for i, name := range names {
		infos[i] = VectorInfo{Name: name, Source: e.sources[name]}
		if library.IsEmbedded(infos[i].Source) || e.options.Vectors[name] != "" {
			infos[i] = e.vectorInfo(name, o)
		}
	}
	return infos
}

// vectorInfo reads a vector and describes it beside a model.
func (e *Engine) vectorInfo(name string, o *opened) VectorInfo {
	e.mu.Lock()
	info := VectorInfo{Name: name, Source: e.sources[name], Read: true}
	e.mu.Unlock()
	v, file, err := e.library.ReadVector(info.Source)
	if err != nil {
		info.Err = err.Error()
		return info
	}
	v.Name = name
	e.mu.Lock()
	e.vectors[name] = v
	e.mu.Unlock()
	info.DModel, info.Layers, info.Format, info.Meta, info.Notes = v.DModel, v.Layers(), file.Format, file.Metadata, file.Notes
	for _, layer := range info.Layers {
		info.Norms = append(info.Norms, v.Norm(layer))
	}
	info.Err = misfit(v, o)
	return info
}

// misfit says why a vector can't be used on a model; empty if it can.
func misfit(v *steering.Vector, o *opened) string {
	c := o.model.Config()
	layers := v.Layers()
	if v.DModel != c.DModel {
		return fmt.Sprintf("its directions are %d wide, the model's stream is %d", v.DModel, c.DModel)
	}
	if last := layers[len(layers)-1]; last >= c.Layers && len(layers) > 1 {
		return fmt.Sprintf("it has a direction for layer %d, the model's last layer is %d", last, c.Layers-1)
	}
	return ""
}

// listPlans reads the embedded plans.
func (e *Engine) listPlans(ctx context.Context) []PlanInfo {
	var plans []PlanInfo
	for _, name := range e.library.Plans() {
		if p, err := e.library.ReadPlan(ctx, "@"+name); err == nil {
			plans = append(plans, PlanInfo{Ref: "@" + name, About: p.About, Text: p.Plan.String()})
		}
	}
	return plans
}
