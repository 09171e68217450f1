package vectorfile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// expectations are what testdata/make.py says of the files it made with the real libraries.
type expectations struct {
	Read []struct {
		Ref    string
		Format string
		Layers map[string][]float32
	}
	Refused []struct {
		Ref   string
		Parts []string
	}
}

func expected(t testing.TB) expectations {
	t.Helper()
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expectations
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Read) < 40 || len(e.Refused) < 40 {
		t.Fatalf("only %d and %d files are expected", len(e.Read), len(e.Refused))
	}
	return e
}

func TestReadWhatToolsWrite(t *testing.T) {
	for _, want := range expected(t).Read {
		t.Run(want.Ref, func(t *testing.T) {
			ref := filepath.Join("testdata", want.Ref)
			v, info, err := Read(ref)
			if err != nil {
				t.Fatal(err)
			}
			if info.Format != want.Format || info.Convention == "" || v.Source != ref {
				t.Errorf("format %q, want %q; convention %q, source %q", info.Format, want.Format, info.Convention, v.Source)
			}
			if len(v.Directions) != len(want.Layers) {
				t.Errorf("layers are %v", v.Layers())
			}
			for layer, direction := range want.Layers {
				n, err := strconv.Atoi(layer)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(v.Directions[n], direction) {
					t.Errorf("layer %d is %v, want %v", n, v.Directions[n], direction)
				}
			}
		})
	}
}

func TestReadRefusesWhatToolsWrite(t *testing.T) {
	for _, want := range expected(t).Refused {
		t.Run(want.Ref, func(t *testing.T) {
			_, _, err := Read(filepath.Join("testdata", want.Ref))
			if err == nil {
				t.Fatal("it was read")
			}
			for _, part := range append(want.Parts, filepath.FromSlash("testdata/"+strings.FieldsFunc(want.Ref, func(r rune) bool { return r == '/' || r == '#' })[0])) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %v, want one with %s", err, part)
				}
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %q is not one line", err)
			}
		})
	}
	if _, err := os.Stat("owned"); err == nil {
		t.Error("a pickle was executed")
	}
}
