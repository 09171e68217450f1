package library

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tiller/steering"
	"tiller/steering/vectorfile"
)

// ReadVector reads a vector from a file of any format, as [vectorfile.Read]
// does, or an embedded one.
func (l Library) ReadVector(ref string) (*steering.Vector, vectorfile.Info, error) {
	name, ok := strings.CutPrefix(ref, Prefix)
	if !ok {
		return vectorfile.Read(ref)
	}
	if err := choose("vector", Prefix, name, l.Vectors()); err != nil {
		return nil, vectorfile.Info{}, err
	}
	return vectorfile.ReadFS(l.files, path.Join(vectorFolder, name+vectorEnding), ref)
}

// VectorFiles are references to what may hold a vector, by the name that plans
// use. A name with several can't be used until one of them is chosen.
type VectorFiles map[string][]string

// VectorFolder finds the vector files of a folder, named without their endings.
func VectorFolder(dir string) (VectorFiles, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot look for vectors: %w", err)
	}
	files := VectorFiles{}
	for _, e := range entries {
		if name, ok := vectorfile.TrimEnding(e.Name()); ok {
			files[name] = append(files[name], filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

// Paths lists all files, whichever names they have.
func (f VectorFiles) Paths() []string {
	var paths []string
	for _, references := range f {
		for _, reference := range references {
			paths = append(paths, vectorfile.Files(reference)...)
		}
	}
	return paths
}

// An AmbiguousVectorError says that several files may be meant by a name.
type AmbiguousVectorError struct {
	Name  string
	Files []string // two or more
}

func (e *AmbiguousVectorError) Error() string {
	return fmt.Sprintf("the vector %q may be %q or %q", e.Name, e.Files[0], e.Files[1])
}

// ReadVectors reads the vectors of these names, and gives each its name. One
// without a file is left out, and whoever uses it says so; one with several is
// an [*AmbiguousVectorError].
func (l Library) ReadVectors(files VectorFiles, names []string) (map[string]*steering.Vector, error) {
	vectors := map[string]*steering.Vector{}
	for _, name := range names {
		refs := files[name]
		if len(refs) == 0 || vectors[name] != nil {
			continue
		}
		if len(refs) > 1 {
			return nil, &AmbiguousVectorError{name, refs}
		}
		vector, _, err := l.ReadVector(refs[0])
		if err != nil {
			return nil, err
		}
		vector.Name = name
		vectors[name] = vector
	}
	return vectors, nil
}

// A NoVectorsError says that a plan uses a vector where there are none at all.
type NoVectorsError struct{ Name string }

func (e *NoVectorsError) Error() string {
	return fmt.Sprintf("the plan uses the vector %q, but no vector has a file", e.Name)
}

// PlanVectors reads the vectors that plans use on the model of a reference, as
// [steering.Bind] takes them. What no file is bound to is looked for among the
// embedded ones; the names of all of these are known where the model is
// embedded too. A name that is known and unused has a nil vector, for an error
// that says which one may have been meant. Errors are those of
// [Library.ReadVectors], and a [*NoVectorsError].
func (l Library) PlanVectors(files VectorFiles, plans []steering.Plan, modelRef string) (map[string]*steering.Vector, error) {
	var names []string
	for _, plan := range plans {
		names = append(names, plan.Names()...)
	}
	known := VectorFiles{}
	for _, name := range l.Vectors() {
		if IsEmbedded(modelRef) || slices.Contains(names, name) {
			known[name] = []string{Prefix + name}
		}
	}
	for name, refs := range files {
		known[name] = refs
	}
	if len(names) > 0 && len(known) == 0 {
		return nil, &NoVectorsError{names[0]}
	}
	vectors, err := l.ReadVectors(known, names)
	if err != nil {
		return nil, err
	}
	for name := range known {
		if _, loaded := vectors[name]; !loaded {
			vectors[name] = nil
		}
	}
	return vectors, nil
}
