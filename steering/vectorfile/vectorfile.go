// Package vectorfile reads and writes files of steering vectors.
//
// Each format is one file of this package and one line in the table formats. They agree on what
// a direction is, and differ in which layer they mean by a number; Info says for a file which
// convention it follows, and what that leaves open.
package vectorfile

import (
	"bytes"
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
	{name: "dialz vector (GGUF)", sniff: isDialz, read: readDialz},
	{name: "steerkit vector (GGUF)", sniff: isSteerkit, read: readSteerkit},
	{name: "EasySteer vector (GGUF)", sniff: isEasySteer, read: readEasySteer},
	{name: "llama.cpp control vector (GGUF)", sniff: isControlVector, read: readControlVector, extension: ".gguf", write: writeControlVector},
	{name: "steerkit probe (safetensors)", sniff: isSteerkitProbe, read: readSteerkitProbe},
	{name: "tiller vector (safetensors)", sniff: isNative, read: readNative, extension: ".safetensors", write: writeNative},
	{name: "steering-lite vector (safetensors)", sniff: isSteeringLite, read: readSteeringLite},
	{name: "SAELens feature (folder)", sniff: isSAELens, read: readSAELens},
	{name: "Gemma Scope feature (.npz)", sniff: isGemmaScope, read: readGemmaScope},
	{name: "NumPy array (.npy)", sniff: isNumPyArray, read: readNumPyArray},
	{name: "NumPy arrays (.npz)", sniff: isNumPyArchive, read: readNumPyArchive},
	{name: "lm-eval steering file (.pt)", sniff: isSteerFile, read: readSteerFile},
	{name: "persona vector (.pt)", sniff: isPersona, read: readPersona},
	{name: "PyTorch tensors (.pt)", sniff: isPyTorch, read: readPyTorch},
	{name: "lm-eval steering table (.csv)", sniff: isSteerTable, read: readSteerTable},
	{name: "activation-steering vector (.svec)", sniff: isActivationSteering, read: readActivationSteering},
}

// Read reads a vector from a file of any format. The vector is named as the file says, or else
// after the file.
//
// A reference is a path, after which may stand what to choose there: #feature=N is a feature of a
// sparse autoencoder, #layer=N says the layer (as plans count) of a file with one direction that
// doesn't, #key=NAME is one of several in a dictionary, and #shift=N is added to all layers. They
// go together with commas, key last: params.npz#layer=20,feature=123.
func Read(reference string) (*steering.Vector, Info, error) {
	path, text := cut(reference)
	choices, err := parseChoices(text)
	if err != nil {
		return nil, Info{}, err
	}
	s, err := open(path)
	if err != nil {
		return nil, Info{}, err
	}
	defer s.Close()
	s.choices = choices
	v, info, err := s.vector()
	if err != nil {
		return nil, Info{}, err
	}
	v.Source = reference
	return v, info, nil
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
	if err := s.shift(&c); err != nil {
		return nil, Info{}, err
	}
	if err := s.unused(formats[i].name); err != nil {
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

// shift adds what the reference says to every layer.
func (s *source) shift(c *contents) error {
	by, ok := s.chosen("shift")
	if !ok {
		return nil
	}
	shifted := map[int][]float32{}
	for layer, direction := range c.directions {
		at := layer + by
		if at < steering.Embed || at > maxLayer {
			return fmt.Errorf("%s: the choice shift=%d moves the direction of layer %s to %d, which is not a layer", s.path, by, layerName(layer), at)
		}
		shifted[at] = direction
	}
	c.directions = shifted
	c.notes = append(c.notes, fmt.Sprintf("Its layers are moved by %+d, as the reference says.", by))
	return nil
}

// oldTorch begins the files of torch.save before it wrote zip archives: a pickle of the number
// that torch/serialization.py calls MAGIC_NUMBER.
var oldTorch = []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.")

// unknown says what a file that no format takes looks like.
func (s *source) unknown() error {
	const wanted = "a vector file that can be read (GGUF, .safetensors, .npy, .npz, .pt, .svec, lm-eval's .csv, or a folder of SAELens)"
	switch {
	case bytes.HasPrefix(s.data, oldTorch):
		return fmt.Errorf("%s is of a PyTorch before 1.6, whose files can't be read: load it there and save it again with a later one, or as .safetensors", s.path)
	case s.gguf != nil:
		architecture, _, _ := s.gguf.Text(architectureKey)
		return fmt.Errorf("%s is not %s: it is a GGUF file of architecture %s without a tensor direction.N", s.path, wanted, badfile.Quote(architecture))
	case s.safetensors != nil && len(s.safetensors.Tensors) > 0:
		return fmt.Errorf("%s is not %s: it is a safetensors file with tensors such as %s, and none called direction.N or layerN.v", s.path, wanted, badfile.Quote(s.safetensors.Tensors[0].Name))
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
