package export

import (
	"cmp"
	"image/color"
	"slices"
)

// A GIF has one palette of at most 256 colours. It is chosen from all that a
// recording uses.

// levels is how many steps lead from paper to ink in a GIF, both included.
const levels = 8

// level is the step of a pixel that is covered so much.
func level(cover uint8) int { return int(cover) * levels / 256 }

// step is the colour of a level.
func (d duo) step(level int) color.RGBA {
	return mix(d.paper, d.ink, uint8(level*255/(levels-1)))
}

// maxColours is how many colours a GIF may have: one of its 256 is transparent.
const maxColours = 255

// A usage counts the cells that have two colours.
type usage map[duo]int

// A weighted colour is one and how much it is seen.
type weighted struct {
	color.RGBA
	weight int
}

// palette chooses the colours of a picture. If they are all that is used they
// are exact. Else inks and papers come first, those seen most exactly, and the
// steps between them share what is left.
func (u usage) palette() []color.RGBA {
	pure, steps := map[color.RGBA]int{}, map[color.RGBA]int{}
	for d, n := range u {
		pure[d.paper] += 4 * n
		pure[d.ink] += n
		for i := 1; i < levels-1; i++ {
			steps[d.step(i)] += n
		}
	}
	for c := range pure {
		delete(steps, c)
	}
	exact, blends := sorted(pure), sorted(steps)
	if len(exact)+len(blends) > maxColours {
		const most = maxColours * 3 / 5
		if len(exact) > most {
			exact, blends = exact[:most], sorted(merged(steps, exact[most:]))
		}
		blends = reduced(blends, maxColours-len(exact))
	}
	var out []color.RGBA
	for _, c := range append(exact, blends...) {
		out = append(out, c.RGBA)
	}
	return out
}

func merged(into map[color.RGBA]int, more []weighted) map[color.RGBA]int {
	for _, c := range more {
		into[c.RGBA] += c.weight
	}
	return into
}

// sorted is colours by how much they are seen.
func sorted(colours map[color.RGBA]int) []weighted {
	var out []weighted
	for c, n := range colours {
		out = append(out, weighted{c, n})
	}
	slices.SortFunc(out, func(a, b weighted) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(number(a.RGBA), number(b.RGBA)))
	})
	return out
}

func number(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

// reduced is at most n colours in place of more: the median cut, which halves
// the box of colours that is widest for its weight until there are enough.
func reduced(colours []weighted, n int) []weighted {
	if len(colours) <= n {
		return colours
	}
	boxes := [][]weighted{colours}
	for len(boxes) < n {
		widest, by := -1, 0
		var along func(color.RGBA) uint8
		for i, b := range boxes {
			channel, span := longest(b)
			if size := span * span * len(b); size > by {
				widest, by, along = i, size, channel
			}
		}
		if widest < 0 {
			break
		}
		b := boxes[widest]
		slices.SortStableFunc(b, func(a, b weighted) int { return cmp.Compare(along(a.RGBA), along(b.RGBA)) })
		cut := median(b)
		boxes[widest] = b[:cut]
		boxes = append(boxes, b[cut:])
	}
	var out []weighted
	for _, b := range boxes {
		out = append(out, mean(b))
	}
	return out
}

// longest is the channel in which colours differ most, and by how much.
func longest(colours []weighted) (channel func(color.RGBA) uint8, span int) {
	for _, c := range []func(color.RGBA) uint8{
		func(c color.RGBA) uint8 { return c.G },
		func(c color.RGBA) uint8 { return c.R },
		func(c color.RGBA) uint8 { return c.B },
	} {
		low, high := uint8(255), uint8(0)
		for _, w := range colours {
			low, high = min(low, c(w.RGBA)), max(high, c(w.RGBA))
		}
		if s := int(high) - int(low); channel == nil || s > span {
			channel, span = c, s
		}
	}
	return channel, span
}

// median is where half of the weight lies before; both halves have something.
func median(colours []weighted) int {
	total := 0
	for _, c := range colours {
		total += c.weight
	}
	sum := 0
	for i, c := range colours[:len(colours)-1] {
		if sum += c.weight; 2*sum >= total {
			return i + 1
		}
	}
	return len(colours) - 1
}

func mean(colours []weighted) weighted {
	var r, g, b, n int
	for _, c := range colours {
		r, g, b, n = r+int(c.R)*c.weight, g+int(c.G)*c.weight, b+int(c.B)*c.weight, n+c.weight
	}
	return weighted{color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff}, n}
}

// nearest is the index of the colour most like c.
func nearest(palette []color.RGBA, c color.RGBA) uint8 {
	best, least := 0, 1<<30
	for i, p := range palette {
		dr, dg, db := int(p.R)-int(c.R), int(p.G)-int(c.G), int(p.B)-int(c.B)
		if d := 3*dr*dr + 6*dg*dg + db*db; d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}
