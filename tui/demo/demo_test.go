package demo

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui/export"
	"tiller/tui/script"
)

var update = flag.Bool("update", false, "write the stills")

// shoot films one of the demonstrations.
func shoot(t testing.TB, name string) *Film {
	t.Helper()
	data, err := fs.ReadFile(assets.FS, "demos/"+name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := script.Parse(name, string(data))
	if err != nil {
		t.Fatal(err)
	}
	on := s.Beginning().Sit(library.New(assets.FS))
	defer on.Close()
	film, err := Shoot(t.Context(), s, on)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

// TestDemonstrations plays every script of assets/demos and compares what the
// screen showed at its bookmarks.
func TestDemonstrations(t *testing.T) {
	names, err := fs.Glob(assets.FS, "demos/*.demo")
	if err != nil || len(names) < 6 {
		t.Fatalf("there are %d demonstrations (%v)", len(names), err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			film := shoot(t, name)
			if len(film.Stills) == 0 || len(film.Frames) < 2 {
				t.Fatalf("the film has %d stills and %d frames", len(film.Stills), len(film.Frames))
			}
			var b strings.Builder
			for _, s := range film.Stills {
				fmt.Fprintf(&b, "== %s\n%s\n", s.Label, strings.TrimRight(s.Screen, "\n"))
			}
			file := filepath.Join("testdata", strings.TrimSuffix(name, ".demo")+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("%s is not what is shown now (-update writes it anew):\n%s", file, b.String())
			}
		})
	}
}

// TestSameFilm films twice and wants the same frames at the same times.
func TestSameFilm(t *testing.T) {
	t.Parallel()
	a, b := shoot(t, "cliff.demo"), shoot(t, "cliff.demo")
	if len(a.Frames) != len(b.Frames) {
		t.Fatalf("%d frames, then %d", len(a.Frames), len(b.Frames))
	}
	for i := range a.Frames {
		if a.Frames[i].At != b.Frames[i].At || !same(&a.Frames[i], &b.Frames[i]) {
			t.Fatalf("frame %d differs, at %v and %v", i, a.Frames[i].At, b.Frames[i].At)
		}
	}
	format, err := export.Named("cast")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := format.Write(t.Context(), &out, a.Recording, export.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "{\"version\":2") && !strings.HasPrefix(out.String(), "{\"version\": 2") {
		t.Errorf("the cast begins with %.60s", out.String())
	}
}

// TestPictures wants the documents' pictures to be what the scripts make.
func TestPictures(t *testing.T) {
	t.Parallel()
	for file, name := range map[string]string{"../../docs/pictures/cliff.svg": "cliff.demo"} {
		format, err := export.For(file)
		if err != nil {
			t.Fatal(err)
		}
		var drawn strings.Builder
		film := shoot(t, name)
		film.Title = "tiller"
		if err := format.Write(t.Context(), &drawn, film.Recording, export.Options{}); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, []byte(drawn.String()), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(kept) != drawn.String() {
			t.Errorf("%s is not what %s shows now (-update draws it anew)", file, name)
		}
	}
}
