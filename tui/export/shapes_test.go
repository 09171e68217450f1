package export

import (
	"fmt"
	"slices"
	"testing"
)

// TestBoxesJoin checks, in fonts of many sizes, that arms of a weight leave
// their cells where the arms of the next cells begin.
func TestBoxesJoin(t *testing.T) {
	if len(boxArms) != 5*128 {
		t.Fatalf("there are %d arms", len(boxArms)/5)
	}
	for size := 10.0; size < 60; size += 3.7 {
		l := (&reel{width: 1, height: 1}).layout(Options{FontSize: size}, 1)
		g, err := newGlyphs(l)
		if err != nil {
			t.Fatal(err)
		}
		ends := map[string][]int{} // by direction and weight: which pixels of the border
		for r := rune(0x2500); r < 0x2580; r++ {
			code := boxArms[(r-0x2500)*5:][:4]
			if code[0] == '.' {
				continue
			}
			drawn, err := g.of(Cell{Text: string(r), Width: 1})
			if err != nil {
				t.Fatal(err)
			}
			w, h := l.cellW, l.cellH
			at := func(x, y int) bool { return drawn.cover[y*w+x] == 255 }
			var borders [4][]int
			for y := range h {
				if at(0, y) {
					borders[0] = append(borders[0], y)
				}
				if at(w-1, y) {
					borders[2] = append(borders[2], y)
				}
			}
			for x := range w {
				if at(x, 0) {
					borders[1] = append(borders[1], x)
				}
				if at(x, h-1) {
					borders[3] = append(borders[3], x)
				}
			}
			for i, weight := range code {
				key := fmt.Sprintf("%d %c", i%2, weight)
				if known, ok := ends[key]; ok && !slices.Equal(known, borders[i]) {
					t.Errorf("size %v: %c leaves its cell in direction %d at %v, others at %v", size, r, i, borders[i], known)
				}
				ends[key] = borders[i]
			}
		}
	}
}

// TestShapes looks at areas that shapes cover.
func TestShapes(t *testing.T) {
	l := layout{cellW: 8, cellH: 16, stroke: 1}
	for _, test := range []struct {
		text string
		want []rect
	}{
		{"█", []rect{{0, 0, 8, 16}}},
		{"▄", []rect{{0, 8, 8, 16}}},
		{"▁", []rect{{0, 14, 8, 16}}},
		{"▏", []rect{{0, 0, 1, 16}}},
		{"▊", []rect{{0, 0, 6, 16}}},
		{"▐", []rect{{4, 0, 8, 16}}},
		{"▔", []rect{{0, 0, 8, 2}}},
		{"▕", []rect{{7, 0, 8, 16}}},
		{"▞", []rect{{4, 0, 8, 8}, {0, 8, 4, 16}}},
		{"⡀", []rect{{1, 13, 3, 15}}},
		{"⠀", nil},
	} {
		if s, ok := l.shapeOf(test.text); !ok || !slices.Equal(s.rects, test.want) {
			t.Errorf("%s is %v, want %v", test.text, s.rects, test.want)
		}
	}
	for text, share := range map[string]uint8{"░": 64, "▒": 128, "▓": 192, "█": 255} {
		if s, _ := l.shapeOf(text); s.share != share {
			t.Errorf("%s covers %d of 255, want %d", text, s.share, share)
		}
	}
	for _, text := range []string{"a", "▲", "", "──"} {
		if _, ok := l.shapeOf(text); ok {
			t.Errorf("%q has a shape", text)
		}
	}
}
