package lab

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
	"tiller/steering/derive"
)

// Manifest says how the files of a folder were made and what was measured on
// them. Equal builds write it byte for byte alike: it knows no time and no
// machine.
type Manifest struct {
	// Command is what to type to build the same again.
	Command string `json:"command"`
	Identity
	// Demonstration is the id of a problem of the test split.
	Demonstration string `json:"demonstration"`
	// Files are all others of the folder, by their names with slashes.
	Files    map[string]File `json:"files"`
	Headline Headline        `json:"headline"`
	// Training is how the models learnt.
	Training Training `json:"training"`
	// Vectors are reports by vector, a line for each layer.
	Vectors map[string][]derive.LayerReport `json:"vectors"`
	// Candidates are the plans among which that of the demonstration is the
	// first.
	Candidates []Candidate `json:"candidates"`
	// Figures are everything else that was measured.
	Figures *Figures `json:"figures"`
}

// Training is the points of both trainings.
type Training struct {
	Base     []Point `json:"base"`
	Thinking []Point `json:"thinking"`
}

// reports are where the stages' reports go.
func (m *Manifest) reports(headline *headlineReport) map[string]any {
	return map[string]any{
		stageBase:     &m.Training.Base,
		stageThinking: &m.Training.Thinking,
		stageVectors:  &m.Vectors,
		stagePlans:    &m.Candidates,
		stageHeadline: headline,
		stageFigures:  &m.Figures,
	}
}

// File identifies a file's content.
type File struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// maxManifest is far above any manifest.
const maxManifest = 64 << 20

// Manifest reads the folder's manifest.
func (f Folder) Manifest() (*Manifest, error) {
	name := path.Join(f.Name, fileManifest)
	if _, err := fs.Stat(f.FS, path.Join(stateFolder, stateBuild)); err == nil {
		return nil, fmt.Errorf("%s was not built to the end: run the same build again to go on", f.Name)
	}
	if info, err := fs.Stat(f.FS, fileManifest); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name) // opening a pipe would wait
	}
	file, err := f.FS.Open(fileManifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s has no %s, so nothing says what it should hold", f.Name, fileManifest)
	case err != nil:
		return nil, fmt.Errorf("cannot read the manifest: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the manifest: %w", err)
	}
	if len(data) > maxManifest {
		return nil, fmt.Errorf("%s is larger than any manifest", name)
	}
	m, err := ParseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// ParseManifest reads a manifest. It may hold more than is known here.
func ParseManifest(data []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("the manifest can't be read: %s", strictjson.Explain(err))
	}
	if err := strictjson.Unique(data); err != nil {
		return nil, fmt.Errorf("the manifest is ambiguous: %w", err)
	}
	if m.Tool == "" || m.Kernel == "" || len(m.Files) == 0 {
		return nil, errors.New("it is not the manifest of a build: it needs tool, kernel and files")
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if !fs.ValidPath(name) || name == fileManifest {
			return nil, fmt.Errorf("the manifest lists %s, which is no file of its folder", badfile.Quote(name))
		}
	}
	t := m.Headline.Table
	if t == nil || t.N < 1 {
		return nil, errors.New("it is not the manifest of a build: it needs the table of its headline")
	}
	for _, row := range t.Lanes {
		if n := len(m.Headline.Right[row.Name]); n != t.N {
			return nil, fmt.Errorf("the manifest knows how lane %s did on %d problems, not on all %d", badfile.Quote(row.Name), n, t.N)
		}
		if share := m.Headline.Right[row.Name].share(); math.Abs(row.Score-share) > 1e-9 {
			return nil, fmt.Errorf("the manifest contradicts itself: lane %s has a score of %g, and answered %g of the problems right", badfile.Quote(row.Name), row.Score, share)
		}
	}
	if len(m.Headline.Right) != len(t.Lanes) {
		return nil, fmt.Errorf("the manifest contradicts itself: its headline has %d lanes, and says of %d which problems they answered right", len(t.Lanes), len(m.Headline.Right))
	}
	return &m, nil
}

// check compares a folder's files with the manifest and returns a phrase about
// each that differs, such as "plans/demo.json was changed".
func (m *Manifest) check(ctx context.Context, f Folder) ([]string, error) {
	there, err := filesOf(ctx, f.FS, "", m.Files)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", f.Name, err)
	}
	maps.DeleteFunc(there, func(name string, _ File) bool { return notBuilt(name) })
	return differences(m.Files, there), nil
}

// notBuilt reports whether a file may stand in a folder of assets without
// being made by a build.
func notBuilt(name string) bool {
	return name == fileManifest || name == "seeds.json" || path.Base(name) == "README.md" || strings.HasPrefix(name, "contrast/") || strings.HasPrefix(name, "demos/") || strings.HasPrefix(name, stateFolder+"/")
}

// differences are phrases about what is not as it should be, in the order of
// the files' names.
func differences(want, got map[string]File) []string {
	names := maps.Clone(want)
	if names == nil {
		names = map[string]File{}
	}
	maps.Copy(names, got)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, wanted := want[name]
		g, there := got[name]
		switch {
		case !wanted:
			out = append(out, name+" was added")
		case !there:
			out = append(out, name+" is missing")
		case w != g:
			out = append(out, name+" was changed")
		}
	}
	return out
}

// filesOf identifies all files below the root of fsys; their names get folder
// before them. It reads only regular files that are expected, and with the
// expected size; others have no hash. Without expectations it reads all.
func filesOf(ctx context.Context, fsys fs.FS, folder string, expected map[string]File) (map[string]File, error) {
	files := map[string]File{}
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		full := path.Join(folder, name)
		if want, ok := expected[full]; !info.Mode().IsRegular() || expected != nil && (!ok || want.Size != info.Size()) {
			files[full] = File{Size: info.Size()}
			return nil
		}
		files[full], err = identify(fsys, name)
		return err
	})
	return files, err
}

func identify(fsys fs.FS, name string) (File, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	return File{hex.EncodeToString(h.Sum(nil)), size}, err
}

// Verdicts say of one problem after the other whether it was answered right.
// As text they are a 1 for each that was and a 0 for each that was not.
type Verdicts []bool

// share is that of the problems that were answered right.
func (v Verdicts) share() float64 {
	n := 0
	for _, right := range v {
		if right {
			n++
		}
	}
	return float64(n) / float64(len(v))
}

// MarshalText implements encoding.TextMarshaler.
func (v Verdicts) MarshalText() ([]byte, error) {
	text := make([]byte, len(v))
	for i, right := range v {
		text[i] = '0'
		if right {
			text[i] = '1'
		}
	}
	return text, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Verdicts) UnmarshalText(text []byte) error {
	out := make(Verdicts, len(text))
	for i, c := range text {
		if c != '0' && c != '1' {
			return fmt.Errorf("verdicts are written in 0 and 1, but character %d is %q", i, c)
		}
		out[i] = c == '1'
	}
	*v = out
	return nil
}

// generic is v as encoding/json would see it without knowing its type.
func generic(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out any
	return out, d.Decode(&out)
}

// firstDifference finds the first field in which two generic values differ,
// and its values as JSON, quoted. Fields go in the order of their names, but
// objects last. Name is empty if there is none.
func firstDifference(field string, a, b any) (name, was, is string) {
	x, ok := a.(map[string]any)
	y, okay := b.(map[string]any)
	if ok && okay {
		names := maps.Clone(x)
		maps.Copy(names, y)
		keys := slices.SortedFunc(maps.Keys(names), func(p, q string) int {
			return cmp.Or(cmp.Compare(depth(names[p]), depth(names[q])), cmp.Compare(p, q))
		})
		for _, key := range keys {
			if name, was, is := firstDifference(strings.TrimPrefix(field+"."+key, "."), x[key], y[key]); name != "" {
				return name, was, is
			}
		}
		return "", "", ""
	}
	was, is = shown(a), shown(b)
	if was == is {
		return "", "", ""
	}
	return field, badfile.Quote(was), badfile.Quote(is)
}

// depth is 1 for an object and 0 for all else.
func depth(v any) int {
	if _, ok := v.(map[string]any); ok {
		return 1
	}
	return 0
}

func shown(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return strings.Trim(string(data), `"`)
}
