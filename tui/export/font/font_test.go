package font

import (
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestFaces checks that both weights have what the screens show, each character
// as wide as the next.
func TestFaces(t *testing.T) {
	faces, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	const size = 2048 // one pixel is one unit of the font
	for name, face := range map[string]*sfnt.Font{"regular": faces.Regular, "bold": faces.Bold} {
		var buf sfnt.Buffer
		for _, r := range "Aé~ŁπЖب…“”′‖Δ∂∈≤≥≠∞√·¬×÷⟨⟩←↑→↓↵◆▲▵△▸▾○●◌◑✓✗²₂⅓␣�" {
			glyph, err := face.GlyphIndex(&buf, r)
			if err != nil || glyph == 0 {
				t.Errorf("%s lacks %q (%v)", name, r, err)
				continue
			}
			advance, err := face.GlyphAdvance(&buf, glyph, fixed.I(size), font.HintingNone)
			if err != nil || advance != fixed.I(Advance*size) {
				t.Errorf("%s: %q is %v wide (%v), want %v", name, r, advance, err, Advance*size)
			}
		}
	}
}
