package drive_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/drive/drivetest"
	"tiller/tui/engine"
)

// tour goes through what can be done with any model that has a plan of one
// term, and leaves everything as it was.
func tour(t *testing.T, s *drivetest.Screen) {
	t.Helper()
	steps := []struct {
		what string
		keys []string
		then []string // texts on the screen
	}{
		{"begin", nil, []string{"── base ", "▸ steered"}},
		{"stronger and weaker", []string{"+", "+", "-", "-"}, nil},
		{"neutral", []string{"0"}, []string{"base and steered say the same"}},
		{"undo", []string{"u"}, nil},
		{"up a layer and down", []string{">", "<"}, nil},
		{"another selector", []string{"S"}, nil},
		{"and back", []string{"u"}, nil},
		{"select a position", []string{"tab", "l", "space"}, []string{"▸ "}},
		{"and a range", []string{"v", "l", "space"}, nil},
		{"undo both", []string{"u", "u"}, nil},
		{"back to the lane", []string{"shift+tab"}, []string{"▸ steered"}},
		{"move", []string{"l", "e", "j", "G", "g", "g", "ctrl+d", "ctrl+u"}, nil},
		{"the parting", []string{"."}, []string{"they part at token"}},
		{"all that colours tell", times(6, "c"), nil},
		{"one lane", []string{"z"}, nil},
		{"and all", []string{"z"}, []string{"── base "}},
		{"duplicate and pin", []string{"d", "P", "+", "u"}, []string{"▸ steered 2"}},
		{"close", []string{"P", "x"}, nil},
		{"fork", []string{"l", "f"}, []string{"▸ steered 2"}},
		{"close it", []string{"x"}, nil},
		{"every view", []string{"g", "t", "g", "l", "g", "v", "g", "p", "g", "s", "g", "c"}, []string{"── base "}},
		{"generate", []string{"enter"}, nil},
	}
	for _, step := range steps {
		s.Press(step.keys...).WaitIdle()
		s.Expect(step.then...)
		lines := strings.Split(s.Screen(), "\n")
		if last := lines[len(lines)-1]; strings.Contains(last, "✗") {
			t.Fatalf("%s: %s", step.what, last)
		}
	}
	for _, size := range [][2]int{{60, 16}, {80, 24}, {200, 50}} {
		s.Resize(size[0], size[1]).WaitIdle().Expect("steered")
	}
	s.Press("q").WaitEnd()
}

func TestTour(t *testing.T) {
	t.Parallel()
	tour(t, open(t, 100, 31))
}

// TestTourElsewhere takes the tour with a model that was not made for it, and
// with a vector that was drawn this minute.
func TestTourElsewhere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "shared", "models", "stories260K")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no ../shared: the real models are not there")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, file := range []string{"hf", "stories260K-f16.gguf"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			noise := filepath.Join(t.TempDir(), "noise.safetensors")
			if err := vectorfile.Write(noise, randomVector(seed, 64, 5)); err != nil {
				t.Fatal(err)
			}
			s := drivetest.Open(t, drive.Sitting{
				Library: library.New(assets.FS),
				Engine:  engine.Options{Threads: 1, Vectors: map[string]string{"noise": noise}},
				App:     tui.Options{Model: filepath.Join(folder, file), Plans: []string{"noise*12@2[content]"}},
			}, drive.Options{Width: 100, Height: 31})
			s.WaitIdle().Expect("Once upon a time", "noise  |d|")
			tour(t, s)
		})
	}
}

// randomVector has a direction of length about 1 at each of so many layers.
func randomVector(seed uint64, width, layers int) *steering.Vector {
	r := rand.New(rand.NewPCG(seed, 0))
	v := &steering.Vector{DModel: width, Directions: map[int][]float32{}, Meta: map[string]string{"method": fmt.Sprintf("noise of seed %d", seed)}}
	for layer := range layers {
		d := make([]float32, width)
		for i := range d {
			d[i] = float32(r.NormFloat64()) / 8
		}
		v.Directions[layer] = d
	}
	return v
}
