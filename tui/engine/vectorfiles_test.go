package engine

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/vectorfile"
)

// ask runs a command that gives one answer of a kind.
func ask[M any](t *testing.T, cmd tea.Cmd) M {
	t.Helper()
	msg := cmd()
	answer, ok := msg.(M)
	if !ok {
		t.Fatalf("got %#v", msg)
	}
	return answer
}

// writeVector writes a vector with ones at some layers.
func writeVector(t *testing.T, path string, width int, layers ...int) string {
	t.Helper()
	v := &steering.Vector{Name: "v", DModel: width, Directions: map[int][]float32{}}
	for _, l := range layers {
		v.Directions[l] = slices.Repeat([]float32{1}, width)
	}
	if err := vectorfile.Write(path, v); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	e := newEngine(t)
	model := openEmbedded(t, e).Model
	folder := t.TempDir()
	for _, c := range []struct{ file, name, err string }{
		{writeVector(t, filepath.Join(folder, "good.safetensors"), model.DModel, 0, 2), "good", ""},
		{writeVector(t, filepath.Join(folder, "odd näme!.gguf"), model.DModel, 1), "odd-n-me", ""},
		{writeVector(t, filepath.Join(folder, "wide.gguf"), 2*model.DModel, 1), "wide", "wide, the model's stream"},
		{writeVector(t, filepath.Join(folder, "deep.gguf"), model.DModel, 1, 9), "deep", "layer 9"},
	} {
		info := ask[VectorRead](t, e.ImportVector(1, c.file)).Info
		if info.Name != c.name || (c.err == "") != (info.Err == "") || !strings.Contains(info.Err, c.err) || !info.Read {
			t.Errorf("%s is %+v", c.file, info)
		}
	}
	again := ask[VectorRead](t, e.ImportVector(1, filepath.Join(folder, "..", filepath.Base(folder), "good.safetensors")))
	if again.Info.Name != "good" || again.Model != "embedded:base" {
		t.Errorf("the same file by another path is %+v", again)
	}
	other := t.TempDir()
	for _, name := range []string{"good.gguf", "begin.gguf", "none.gguf"} {
		path := filepath.Join(other, name)
		if name != "none.gguf" {
			writeVector(t, path, model.DModel, 1)
		}
		ask[Failed](t, e.ImportVector(1, path))
	}
}

func TestNameOf(t *testing.T) {
	for reference, want := range map[string]string{
		"a/happy.gguf": "happy", "params.npz#layer=20,feature=123": "params-layer-20-feature-123", "sae/": "sae",
		"/": "vector", "日本.pt": "vector", strings.Repeat("x", 99) + ".pt": strings.Repeat("x", maxName), "embedded:begin": "begin",
	} {
		if got := nameOf(reference); got != want {
			t.Errorf("%q is called %q, want %q", reference, got, want)
		}
	}
}

func TestExport(t *testing.T) {
	e := newEngine(t)
	openEmbedded(t, e)
	path := filepath.Join(t.TempDir(), "copy.safetensors")
	done := ask[Exported](t, e.ExportVector(1, "begin", path, false))
	if done.Info.Source != "embedded:begin" || done.Path != path {
		t.Errorf("written: %+v", done)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if there := ask[Exists](t, e.ExportVector(2, "decide", path, false)); there.Path != path || there.Name != "decide" {
		t.Errorf("there is %+v", there)
	}
	if after, err := os.Stat(path); err != nil || after.ModTime() != before.ModTime() || after.Size() != before.Size() {
		t.Error("a file that is there was touched")
	}
	ask[Exported](t, e.ExportVector(3, "decide", path, true))
	for _, bad := range []string{filepath.Join(t.TempDir(), "x.txt"), filepath.Join(t.TempDir(), "none", "x.gguf"), t.TempDir()} {
		ask[Failed](t, e.ExportVector(4, "begin", bad, false))
	}
	ask[Failed](t, e.ExportVector(5, "nosuch", filepath.Join(t.TempDir(), "x.gguf"), false))
}

func TestCompletePath(t *testing.T) {
	e := newEngine(t)
	folder := t.TempDir()
	for _, name := range []string{"happy.gguf", "hapless.GGUF", "hap.txt", ".hidden.gguf"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "hall"), 0o700); err != nil {
		t.Fatal(err)
	}
	for begun, want := range map[string][]string{
		"/hap": {"/hapless.GGUF", "/happy.gguf"}, "/ha": {"/hall/", "/hapless.GGUF", "/happy.gguf"},
		"/": {"/hall/", "/hapless.GGUF", "/happy.gguf"}, "/.": {"/.hidden.gguf"}, "/x": nil, "/none/": nil,
	} {
		var got []string
		for _, m := range ask[Paths](t, e.CompletePath(1, folder+begun, []string{".gguf"})).Matches {
			got = append(got, strings.TrimPrefix(m, folder))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q goes on to %q, want %q", begun, got, want)
		}
	}
	e.options.Getenv = func(string) string { return folder }
	if got := ask[Paths](t, e.CompletePath(1, "~/happ", []string{".gguf"})).Matches; !slices.Equal(got, []string{"~/happy.gguf"}) {
		t.Errorf("at home there is %q", got)
	}
}

func TestNearestTokens(t *testing.T) {
	e := newEngine(t)
	openEmbedded(t, e)
	near := ask[Nearest](t, e.NearestTokens(1, "begin", 2, 10))
	logits := func(tokens []Spoken) []float64 {
		var out []float64
		for _, s := range tokens {
			out = append(out, s.Logit)
		}
		return out
	}
	high, low := logits(near.High), logits(near.Low)
	slices.Reverse(high)
	if len(high) != 10 || len(low) != 10 || !slices.IsSorted(high) || !slices.IsSorted(low) || high[0] < low[9] {
		t.Errorf("high %v, low %v", high, low)
	}
	if near.High[0].Piece == "" {
		t.Errorf("the token spoken for most is %+v", near.High[0])
	}
	ask[Failed](t, e.NearestTokens(1, "begin", 7, 10))
}

func TestCompareVectors(t *testing.T) {
	e := newEngine(t)
	model := openEmbedded(t, e).Model
	one := writeVector(t, filepath.Join(t.TempDir(), "one.gguf"), model.DModel, 1)
	ask[VectorRead](t, e.ImportVector(1, one))
	c := ask[Cosines](t, e.CompareVectors(1, []string{"begin", "decide", "one", "nosuch"}, 3))
	for i := range 3 {
		if got := c.Values[i][i]; got == nil || math.Abs(*got-1) > 1e-9 {
			t.Errorf("the cosine of %s with itself is %v", c.Names[i], got)
		}
		if c.Values[3][i] != nil {
			t.Error("a vector that is not there has a cosine")
		}
	}
	if a, b := c.Values[0][1], c.Values[1][0]; a == nil || b == nil || *a != *b {
		t.Errorf("cosines %v and %v", a, b)
	}
	if c := ask[Cosines](t, e.CompareVectors(1, []string{"begin", "decide"}, 9)); c.Values[0][1] != nil {
		t.Error("there is a cosine at a layer that neither has")
	}
}
