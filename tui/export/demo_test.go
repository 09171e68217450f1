package export

import (
	"fmt"
	"strings"
	"time"
)

// words are what the lanes of a demo say.
var words = strings.Fields("first eve +0 gives 0 . then 0 hal +8 gives 8 . ▲then 8 cat +5 gives 3 . ▲so the answer is 8 . we look at the place of the ball")

// demo is a recording of a screen like the program's own with two lanes that
// stream words, most of a screen over four seconds, at 30 frames a second.
func demo(length time.Duration, width, height int) *Recording {
	r := &Recording{Title: "tiller: a demo", Width: width, Height: height}
	const frame = time.Second / 30
	for i := 0; time.Duration(i)*frame <= length; i++ {
		at := time.Duration(i) * frame
		said := i % 120 * 2 // words of the lanes
		strength := .1 * float64(i/120)
		r.Frames = append(r.Frames, Frame{At: at, Screen: FromANSI(width, height, demoScreen(width, height, said, strength))})
		if i%240 == 0 {
			r.Markers = append(r.Markers, Marker{at, fmt.Sprintf("strength %.1f", strength)})
		}
	}
	return r
}

func demoScreen(width, height, said int, strength float64) string {
	side := (width - 3) / 2
	left, right := demoLane(side, said, 3, 0), demoLane(side, said, 5, 7)
	rule := "\x1b[38;2;92;99;112m" + strings.Repeat("─", width) + "\x1b[m"
	lines := []string{
		fmt.Sprintf(" \x1b[1mtiller\x1b[m  embedded:base \x1b[38;2;139;147;161m· 4 layers · %d tok/s\x1b[m", 1000+said*37%900),
		rule,
	}
	for y := range max(0, height-6) {
		row := [2]string{strings.Repeat(" ", side), strings.Repeat(" ", side)}
		for i, lane := range [][]string{left, right} {
			if y < len(lane) {
				row[i] = lane[y]
			}
		}
		lines = append(lines, row[0]+" \x1b[38;2;92;99;112m│\x1b[m "+row[1])
	}
	share := said * 7 % 100
	return strings.Join(append(lines, rule,
		fmt.Sprintf(" base \x1b[38;2;86;180;233m%s\x1b[m .%02d", strings.Repeat("█", share/4), share),
		fmt.Sprintf(" steered \x1b[38;2;230;160;200m%s\x1b[m .%02d", strings.Repeat("█", (100-share)/4), 99-share),
		fmt.Sprintf(" \x1b[36mstrength\x1b[m %.1f", strength)), "\n")
}

// demoLane is the lines of a lane; some words are coloured.
func demoLane(width, said, every, first int) []string {
	var lines []string
	line, used := "", 0
	end := func() {
		lines = append(lines, line+strings.Repeat(" ", width-used))
		line, used = "", 0
	}
	for i := range said {
		word := words[(i*every/2+first)%len(words)]
		n := len([]rune(word)) + 1
		if used+n > width {
			end()
		}
		if i%every == 0 {
			heat := i * 40 % 200
			line += fmt.Sprintf("\x1b[38;2;%d;120;160m%s\x1b[m ", 55+heat, word)
		} else {
			line += word + " "
		}
		used += n
	}
	end()
	return lines
}
