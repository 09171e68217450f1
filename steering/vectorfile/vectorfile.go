// Package vectorfile reads and writes files of steering vectors.
//
// Each format is one file of this package and one line in the table formats. They agree on what
// a direction is, and differ in which layer they mean by a number; Info says for a file which
// convention it follows, and what that leaves open.
package vectorfile

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/steering"
)

// Info is what a file says about itself, and how it was understood.
type Info struct {
	// Format names the format, such as "llama.cpp control vector (GGUF)".
	Format string
	// Convention says which layer the file's numbers mean.
	Convention string
	// Layers are the vector's, ascending; -1 is the stream before block 0.
	Layers []int
	// DModel is the width of the directions.
	DModel int
	// Metadata is all that the file says about itself; untrusted text.
	Metadata map[string]string
	// Notes are sentences about what to know or check before using the vector.
	Notes []string
}

// format is one kind of vector file.
type format struct {
	name string
	// sniff reports whether a file is of this format.
	sniff func(*source) bool
	// read returns the directions and what there is to say about them. Read fills in the rest.
	read func(*source) (contents, error)
	// extension, if the format can be written, is the one that asks for it.
	extension string
	write     func(io.Writer, *steering.Vector) error
}

// contents is what a format's reader finds in a file.
type contents struct {
	name       string // if the file gives the vector one
	directions map[int][]float32
	metadata   map[string]string // as the file has it
	meta       map[string]string // as the vector carries it on
	convention string
	notes      []string
}

// formats lists every format; the first that takes a file reads it.
var formats = []format{
	{name: "EasySteer vector (GGUF)", sniff: isEasySteer, read: readEasySteer},
	{name: "llama.cpp control vector (GGUF)", sniff: isControlVector, read: readControlVector, extension: ".gguf", write: writeControlVector},
	{name: "tiller vector (safetensors)", sniff: isNative, read: readNative, extension: ".safetensors", write: writeNative},
}

// Read reads a vector from a file of any format. The vector is named as the file says, or else
// after the file.
func Read(path string) (*steering.Vector, Info, error) {
	s, err := open(path)
	if err != nil {
		return nil, Info{}, err
	}
	return s.vector()
}

// vector finds the source's format and reads it.
func (s *source) vector() (*steering.Vector, Info, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.sniff(s) })
	if i < 0 {
		return nil, Info{}, s.unknown()
	}
	c, err := formats[i].read(s)
	if err != nil {
		return nil, Info{}, err
	}
	v := &steering.Vector{Name: nameFor(c.name, s.path), Directions: c.directions, Meta: c.meta, Source: s.path}
	for _, direction := range c.directions {
		v.DModel = len(direction)
	}
	if err := v.Check(); err != nil {
		return nil, Info{}, err
	}
	return v, Info{
		Format:     formats[i].name,
		Convention: c.convention,
		Layers:     v.Layers(),
		DModel:     v.DModel,
		Metadata:   c.metadata,
		Notes:      c.notes,
	}, nil
}

// unknown says what a file that no format takes looks like.
func (s *source) unknown() error {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	wanted := "a vector file that can be read (" + strings.Join(names, ", ") + ")"
	switch {
	case s.gguf != nil:
		architecture, _, _ := s.gguf.Text(architectureKey)
		return fmt.Errorf("%s is not %s: it is a GGUF file of architecture %s without a tensor direction.N", s.path, wanted, badfile.Quote(architecture))
	case s.safetensors != nil && len(s.safetensors.Tensors) > 0:
		return fmt.Errorf("%s is not %s: it is a safetensors file with tensors such as %s, and none called direction.N", s.path, wanted, badfile.Quote(s.safetensors.Tensors[0].Name))
	}
	return filekind.Refuse(s.path, wanted, s.data)
}

// Write writes a vector in the format that path's extension asks for. The file is written beside
// path and renamed, so path is never left half written.
func Write(path string, v *steering.Vector) error {
	if err := v.Check(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	extension := strings.ToLower(filepath.Ext(path))
	i := slices.IndexFunc(formats, func(f format) bool { return f.write != nil && f.extension == extension })
	if i < 0 {
		return fmt.Errorf("cannot tell from the name %q which format to write: %s", path, writable())
	}
	return atomicfile.Write(path, func(w io.Writer) error { return formats[i].write(w, v) })
}

// writable says which extensions ask for which format.
func writable() string {
	var ways []string
	for _, f := range formats {
		if f.write != nil {
			ways = append(ways, fmt.Sprintf("end it in %s for a %s", f.extension, f.name))
		}
	}
	return strings.Join(ways, ", or ")
}

// notInName is what can't stand in a name that plans use.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// maxName bounds a vector's name in bytes; plans and messages repeat it.
const maxName = 100

// nameFor makes a name that plans can use from the one in the file, or else from the file's own.
func nameFor(given, path string) string {
	if given == "" {
		given = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	if given == "" {
		return "vector"
	}
	name := notInName.ReplaceAllString(given, "-")
	return name[:min(len(name), maxName)]
}
