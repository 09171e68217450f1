package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// sweepFile of a folder holds a grid of layers and strengths that was tried:
//
//	{"layers":[0,1],"strengths":[0.5,1],"cells":[[{"score":0.3,"n":100},{…}],[…]]}
//
// with a row of cells a layer. A cell that was not tried has n = 0.
const sweepFile = "sweep.json"

// A sweep is what sweep.json holds.
type sweep struct {
	Layers    []int         `json:"layers"` // -1 is before the first block
	Strengths []float64     `json:"strengths"`
	Cells     [][]sweepCell `json:"cells"`
}

type sweepCell struct {
	Score float64 `json:"score"`
	N     int     `json:"n"`
}

// Bounds of a sweep that can be drawn.
const (
	maxSweepBytes = 16 << 20
	maxSide       = 200 // layers, or strengths
)

// readSweep reads the sweep of a folder, nil if it has none.
func readSweep(folder string) (*sweep, error) {
	file := filepath.Join(folder, sweepFile)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the folder's sweep: %w", err)
	case info.Size() > maxSweepBytes:
		return nil, fmt.Errorf("%s has %d bytes, and a sweep has at most %d", file, info.Size(), maxSweepBytes)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the folder's sweep: %w", err)
	}
	s := new(sweep)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", file, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func (s *sweep) check() error {
	switch {
	case len(s.Layers) == 0 || len(s.Strengths) == 0:
		return errors.New("the sweep has no layers or no strengths")
	case len(s.Layers) > maxSide || len(s.Strengths) > maxSide:
		return fmt.Errorf("a sweep of %d layers and %d strengths is too large to draw: at most %d of each", len(s.Layers), len(s.Strengths), maxSide)
	case len(s.Cells) != len(s.Layers):
		return fmt.Errorf("the sweep has %d layers, but %d rows of cells", len(s.Layers), len(s.Cells))
	}
	for i, row := range s.Cells {
		if len(row) != len(s.Strengths) {
			return fmt.Errorf("the sweep has %d strengths, but %d cells for layer %d", len(s.Strengths), len(row), s.Layers[i])
		}
	}
	return nil
}

// values are the scores, NaN where nothing was tried.
func (s *sweep) values() [][]float64 {
	out := make([][]float64, len(s.Cells))
	for i, row := range s.Cells {
		for _, c := range row {
			v := c.Score
			if c.N == 0 {
				v = math.NaN()
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}
