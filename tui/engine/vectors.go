package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
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
	Digest string            // hash of the directions and their layers
	Format string            // of the file
	Meta   map[string]string // what the file says about itself; untrusted
	Notes  []string          // what to know before using it
	// Unsaved says that it was derived here and is in no file yet.
	Unsaved bool
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
	sources := maps.Clone(e.sources)
	e.mu.Unlock()
	var infos []VectorInfo
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		info := VectorInfo{Name: name, Source: sources[name]}
		if library.IsEmbedded(info.Source) || e.options.Vectors[name] != "" || info.Source == derivedHere {
			info = e.vectorInfo(name, o)
		}
		infos = append(infos, info)
	}
	return infos
}

// vectorInfo reads a vector, unless it was derived here, and describes it
// beside a model.
func (e *Engine) vectorInfo(name string, o *opened) VectorInfo {
	e.mu.Lock()
	source, v, file := e.sources[name], e.vectors[name], e.derived[name]
	e.mu.Unlock()
	if source != derivedHere {
		var err error
		v, file, err = e.library.ReadVector(source)
		e.mu.Lock()
		delete(e.vectors, name)
		if err == nil {
			v.Name = name
			e.vectors[name] = v
		}
		e.mu.Unlock()
		if err != nil {
			return VectorInfo{Name: name, Source: source, Read: true, Err: err.Error()}
		}
	}
	return described(name, source, v, file, o)
}

// described says what is known of a vector that was read, and of its use on a
// model; o may be nil.
func described(name, source string, v *steering.Vector, file vectorfile.Info, o *opened) VectorInfo {
	info := VectorInfo{
		Name: name, Source: source, Read: true, Unsaved: source == derivedHere,
		DModel: v.DModel, Layers: v.Layers(), Format: file.Format, Meta: file.Metadata, Notes: file.Notes,
	}
	for _, layer := range info.Layers {
		info.Norms = append(info.Norms, v.Norm(layer))
	}
	info.Digest = digest(v)
	if o != nil {
		info.Err = misfit(v, o)
	}
	return info
}

// digest is the same for two vectors if and only if their directions are, bit
// for bit.
func digest(v *steering.Vector) string {
	h := sha256.New()
	for _, layer := range v.Layers() {
		b := binary.LittleEndian.AppendUint64(nil, uint64(layer))
		for _, x := range v.Directions[layer] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		h.Write(b)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
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
