package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
)

// derivedHere is the source of a vector that is in no file.
const derivedHere = "derived here, not saved"

// VectorRead is what is known of a vector whose file was read.
type VectorRead struct {
	Gen   int
	Model string // reference of the model beside which it was judged
	Info  VectorInfo
}

// ReadVector reads the vector of a name. Why that can't be done stands in the
// answer.
func (e *Engine) ReadVector(gen int, name string) tea.Cmd {
	return e.do(gen, "reading "+name, func(context.Context) (tea.Msg, error) {
		ref, o := e.judge()
		return VectorRead{Gen: gen, Model: ref, Info: e.vectorInfo(name, o)}, nil
	})
}

// judge is the model that vectors are judged beside; nil if none is open.
func (e *Engine) judge() (ref string, o *opened) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return "", nil
	}
	return e.current.ref, e.current
}

// ImportVector reads a vector from a file of any format, or what a reference
// chooses there, and names it after the file. The answer is a [VectorRead].
func (e *Engine) ImportVector(gen int, path string) tea.Cmd {
	return e.do(gen, "reading "+path, func(context.Context) (tea.Msg, error) {
		source := e.expand(path)
		v, file, err := e.library.ReadVector(source)
		if err != nil {
			return nil, err
		}
		v.Name = nameOf(source)
		e.mu.Lock()
		err = e.claim(v.Name, source)
		if err == nil {
			e.vectors[v.Name] = v
		}
		e.mu.Unlock()
		if err != nil {
			return nil, err
		}
		ref, o := e.judge()
		return VectorRead{Gen: gen, Model: ref, Info: described(v.Name, source, v, file, o)}, nil
	})
}

// claim makes a name that of a source, unless another has it. The caller holds
// the lock.
func (e *Engine) claim(name, source string) error {
	old := e.sources[name]
	if old != "" && old != source && !sameFile(old, source) {
		return fmt.Errorf("there is a vector %q already, from %s: rename the file to read it beside that", name, old)
	}
	e.sources[name] = source
	return nil
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// notInName is what can't stand in the name of a vector.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// maxName bounds a name in bytes.
const maxName = 60

// nameOf is a name that plans can use for what a reference chooses of a file.
func nameOf(reference string) string {
	path, choices, _ := strings.Cut(strings.TrimPrefix(reference, library.Prefix), "#")
	name, _ := vectorfile.TrimEnding(filepath.Base(path))
	if choices != "" {
		name += "-" + choices
	}
	name = strings.Trim(notInName.ReplaceAllString(name, "-"), "-")
	return firstOf(name[:min(len(name), maxName)], "vector")
}

// expand puts the home folder in place of a ~ at the beginning of a path.
func (e *Engine) expand(path string) string {
	home := e.options.Getenv("HOME")
	if rest, ok := strings.CutPrefix(path, "~/"); ok && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

// Exists says that there is a file already where a vector was to be written.
type Exists struct {
	Gen        int
	Name, Path string
}

// Exported says that a vector was written.
type Exported struct {
	Gen   int
	Model string // reference of the model beside which it was judged
	Info  VectorInfo
	Path  string
}

// ExportVector writes the vector of a name to a file, in the format that the
// file's ending asks for. A file that is there stays, and the answer is an
// [Exists], unless it may be replaced. A vector that was in no file is from
// then on that of the file.
func (e *Engine) ExportVector(gen int, name, path string, replace bool) tea.Cmd {
	return e.do(gen, "writing "+path, func(context.Context) (tea.Msg, error) {
		target := e.expand(path)
		if info, err := os.Stat(target); err == nil && info.Mode().IsRegular() && !replace {
			return Exists{Gen: gen, Name: name, Path: path}, nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot write the vector: %w", err)
		}
		v, err := e.vector(name)
		if err != nil {
			return nil, err
		}
		if err := vectorfile.Write(target, v); err != nil {
			return nil, err
		}
		e.mu.Lock()
		if e.sources[name] == derivedHere {
			e.sources[name] = target
			delete(e.derived, name)
		}
		e.mu.Unlock()
		ref, o := e.judge()
		return Exported{Gen: gen, Model: ref, Info: e.vectorInfo(name, o), Path: path}, nil
	})
}

// vector returns the vector of a name, reading it if need be.
func (e *Engine) vector(name string) (*steering.Vector, error) {
	all, err := e.named([]string{name})
	if err != nil {
		return nil, err
	}
	if all[name] == nil {
		return nil, fmt.Errorf("there is no vector %q", name)
	}
	return all[name], nil
}

// Paths are ways to go on with a path that was begun.
type Paths struct {
	Gen     int
	Begun   string
	Matches []string // whole paths, folders with a slash at their end; untrusted
}

// maxPaths bounds how many ways to go on are told.
const maxPaths = 200

// CompletePath looks for folders, and files with one of these endings, whose
// paths begin as one does.
func (e *Engine) CompletePath(gen int, begun string, endings []string) tea.Cmd {
	return e.do(gen, "looking at a folder", func(context.Context) (tea.Msg, error) {
		msg := Paths{Gen: gen, Begun: begun}
		if begun == "~" {
			msg.Matches = []string{"~/"}
			return msg, nil
		}
		folder, prefix := filepath.Split(begun)
		entries, err := os.ReadDir(firstOf(e.expand(folder), "."))
		if err != nil {
			return msg, nil // a folder that can't be read has no ways to go on
		}
		for _, entry := range entries {
			name := entry.Name()
			if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, ".") && prefix == "" || len(msg.Matches) == maxPaths {
				continue
			}
			if info, err := os.Stat(filepath.Join(e.expand(folder), name)); err == nil && info.IsDir() {
				msg.Matches = append(msg.Matches, folder+name+"/")
			} else if slices.Contains(endings, strings.ToLower(filepath.Ext(name))) {
				msg.Matches = append(msg.Matches, folder+name)
			}
		}
		return msg, nil
	})
}

// Nearest are the tokens that a direction speaks for and against.
type Nearest struct {
	Gen       int
	Name      string
	Layer     int
	High, Low []Spoken // the highest logits first, the lowest first
}

// Spoken is a token with its logit. Its piece is untrusted.
type Spoken struct {
	ID    int
	Piece string
	Logit float64
}

// NearestTokens puts the direction that a vector has at a layer through the
// model's final norm and unembedding, as if it were a row of the stream by
// itself, and tells the n highest and lowest logits. The norm rescales it, so
// its length does not count.
func (e *Engine) NearestTokens(gen int, name string, layer, n int) tea.Cmd {
	return e.do(gen, "finding tokens", func(ctx context.Context) (tea.Msg, error) {
		o, err := e.open(ctx, "")
		if err != nil {
			return nil, err
		}
		v, err := e.vector(name)
		if err != nil {
			return nil, err
		}
		direction := directionAt(v, layer)
		if len(direction) != o.model.Config().DModel {
			return nil, fmt.Errorf("%s has no direction of the model's width at layer %d", name, layer)
		}
		logits, err := o.model.Unembed(ctx, direction)
		if err != nil {
			return nil, err
		}
		logits = logits[:min(len(logits), o.tokenizer.Size())]
		ids := make([]int, len(logits))
		for i := range ids {
			ids[i] = i
		}
		slices.SortStableFunc(ids, func(a, b int) int {
			switch {
			case logits[a] > logits[b]:
				return -1
			case logits[a] < logits[b]:
				return 1
			}
			return 0
		})
		msg := Nearest{Gen: gen, Name: name, Layer: layer}
		for i := range min(n, len(ids)) {
			high, low := ids[i], ids[len(ids)-1-i]
			msg.High = append(msg.High, Spoken{high, o.tokenizer.Piece(high), float64(logits[high])})
			msg.Low = append(msg.Low, Spoken{low, o.tokenizer.Piece(low), float64(logits[low])})
		}
		return msg, nil
	})
}

// directionAt is what a vector applies at a layer: its own direction there or,
// if it has one only, that; nil if it has none.
func directionAt(v *steering.Vector, layer int) []float32 {
	if len(v.Directions) == 1 {
		layer = v.Layers()[0]
	}
	return v.Directions[layer]
}

// Cosines are those between vectors at one layer.
type Cosines struct {
	Gen    int
	Names  []string
	Layer  int
	Values [][]*float64 // nil where one of the two has no direction there
}

// CompareVectors asks for the cosines between the directions that vectors have
// at a layer.
func (e *Engine) CompareVectors(gen int, names []string, layer int) tea.Cmd {
	return e.do(gen, "comparing vectors", func(context.Context) (tea.Msg, error) {
		all, err := e.named(names)
		if err != nil {
			return nil, err
		}
		msg := Cosines{Gen: gen, Names: names, Layer: layer}
		for _, a := range names {
			row := make([]*float64, len(names))
			for j, b := range names {
				if all[a] != nil && all[b] != nil {
					row[j] = cosine(directionAt(all[a], layer), directionAt(all[b], layer))
				}
			}
			msg.Values = append(msg.Values, row)
		}
		return msg, nil
	})
}

// cosine is nil for directions of other widths, of no width, and of zeros.
func cosine(a, b []float32) *float64 {
	if len(a) != len(b) {
		return nil
	}
	ab, aa, bb := 0.0, 0.0, 0.0
	for i, x := range a {
		ab += float64(x) * float64(b[i])
		aa += float64(x) * float64(x)
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return nil
	}
	c := ab / math.Sqrt(aa) / math.Sqrt(bb)
	return &c
}
