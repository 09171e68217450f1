package cells

import (
	"fmt"
	"testing"
)

// answer makes n tokens of a text with words, line ends and a few wide
// characters, every eighth of them marked.
func answer(n int) []Token {
	words := []string{" the", " answer", " is", " 7", ".", "\n", " then", " ann", " gives", "東京", " é", " so", "\n\n"}
	tokens := make([]Token, n)
	for i := range tokens {
		tokens[i].Text = words[i*7%len(words)]
		if i%8 == 0 {
			tokens[i].Mark = "▲"
		}
	}
	return tokens
}

const thousands = 4000

func BenchmarkAppend(b *testing.B) {
	tokens := answer(thousands)
	f := New(56)
	b.ReportAllocs()
	for b.Loop() {
		f.Reset()
		for _, t := range tokens {
			f.Append(t)
			f.Height()
		}
	}
}

// BenchmarkAppendOne shows that a token takes the same time at the end of a long
// text as at the end of a short one.
func BenchmarkAppendOne(b *testing.B) {
	for _, n := range []int{100, thousands, 10 * thousands} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := New(56)
			f.Append(answer(n)...)
			f.Height()
			for b.Loop() {
				if f.Len() > 2*n {
					f.Reset()
					f.Append(answer(n)...)
				}
				f.Append(Token{Text: " seven"})
				f.Height()
			}
		})
	}
}

func BenchmarkSetWidth(b *testing.B) {
	f := New(56)
	f.Append(answer(thousands)...)
	for i := 0; b.Loop(); i++ {
		f.SetWidth(40 + i%2)
		f.Height()
	}
}

func BenchmarkSetMark(b *testing.B) {
	f := New(56)
	f.Append(answer(thousands)...)
	for i := 0; b.Loop(); i++ {
		f.SetMark(thousands/2, []string{"◆", ""}[i%2])
		f.Height()
	}
}

func BenchmarkScroll(b *testing.B) {
	f := New(56)
	f.Append(answer(thousands)...)
	cells := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		top, _ := f.Where(i * 997 % thousands)
		for line := range 50 {
			cells += len(f.Line(top + line))
		}
	}
}

func BenchmarkFind(b *testing.B) {
	f := New(56)
	f.Append(answer(thousands)...)
	for i := 0; b.Loop(); i++ {
		f.Find("ann gives", i%thousands, false)
	}
}
