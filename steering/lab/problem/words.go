package problem

import (
	"slices"
	"strings"
)

// Words is the lab's whole vocabulary without special tokens, in a fixed order
// in which no word comes twice.
func Words() []string {
	words := slices.Concat(
		strings.Fields(". ? :"),
		digits(""), digits("+"), digits("-")[1:], digits("="),
		names,
		// What a sentence of an answer begins with, and what holds it together.
		strings.Fields("the we first then next wait check so answer is gives want"),
		// Textbooks and headers.
		strings.Fields("fact again in order quick slow quiz lesson"),
	)
	for _, f := range families {
		words = append(words, f.states...)
		words = append(words, f.args...)
		words = append(words, strings.Fields(f.start+" "+f.asked+" "+f.wanted)...)
	}
	words = append(words, "turns")
	known := map[string]bool{}
	return slices.DeleteFunc(words, func(w string) bool {
		again := known[w]
		known[w] = true
		return again
	})
}
