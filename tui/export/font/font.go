// Package font holds the monospaced font that pictures of the screen are drawn
// with: DejaVu Sans Mono 2.37, upright and bold, cut down by subset.py to
// Latin, Greek, Cyrillic, isolated Arabic, punctuation, arrows, mathematics and
// symbols. Its licence, which allows that, lies beside it in LICENSE.
package font

import (
	_ "embed"
	"fmt"

	"golang.org/x/image/font/sfnt"
)

var (
	//go:embed regular.ttf
	regular []byte
	//go:embed bold.ttf
	bold []byte
)

// Measures of both weights, in ems.
const (
	Advance = 1233.0 / 2048 // of every character
	Ascent  = 1901.0 / 2048 // above the baseline
	Descent = 483.0 / 2048  // below it
)

// Faces are the two weights. A face may be read by one goroutine at a time for
// each [sfnt.Buffer].
type Faces struct{ Regular, Bold *sfnt.Font }

// Load reads the embedded faces.
func Load() (Faces, error) {
	var f Faces
	var err error
	if f.Regular, err = sfnt.Parse(regular); err != nil {
		return Faces{}, fmt.Errorf("the embedded font: %w", err)
	}
	if f.Bold, err = sfnt.Parse(bold); err != nil {
		return Faces{}, fmt.Errorf("the embedded bold font: %w", err)
	}
	return f, nil
}
