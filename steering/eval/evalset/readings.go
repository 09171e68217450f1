package evalset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// reading is a way to understand the answer to a multiple choice.
type reading int

const (
	byLabel  reading = iota // it is one of the labels that the file gives the choices
	byText                  // it is one of the choices
	byLetter                // "B", "(b)" or "B."
	byIndex                 // it counts from 0
	byPlace                 // it counts from 1
	nReadings
)

// readingNames complete "the answers are taken for".
var readingNames = [nReadings]string{"labels of the choices", "the choices' own texts", "letters", "numbers from 0", "numbers from 1"}

// Which of several readings counts: a number in JSON is hardly ever a choice's
// text, and a text hardly ever a number.
var (
	textOrder   = [nReadings]reading{byLabel, byText, byLetter, byIndex, byPlace}
	numberOrder = [nReadings]reading{byLabel, byIndex, byText, byPlace, byLetter}
)

// chosen are the indices that an answer may mean, by reading; -1 is none.
type chosen struct {
	answer value
	index  [nReadings]int16
}

// choose finds what an answer may mean among the problem's choices, which have
// these labels, or none.
func (d *draft) choose(answer value, labels []string) error {
	d.chosen = &chosen{answer: answer}
	said := strings.TrimSpace(answer.text)
	for r := range d.chosen.index {
		d.chosen.index[r] = -1
	}
	set := func(r reading, at int) {
		if at >= 0 && at < len(d.Choices) {
			d.chosen.index[r] = int16(at)
		}
	}
	if len(labels) == len(d.Choices) {
		set(byLabel, slices.IndexFunc(labels, func(l string) bool { return strings.TrimSpace(l) == said }))
	}
	set(byText, slices.IndexFunc(d.Choices, func(c string) bool { return strings.TrimSpace(c) == said }))
	if letter := strings.Trim(said, "()."); len(letter) == 1 {
		set(byLetter, int(letter[0]|0x20)-'a')
	}
	if n, err := strconv.Atoi(said); err == nil {
		set(byIndex, n)
		set(byPlace, n-1)
	}
	if d.chosen.index == [nReadings]int16{-1, -1, -1, -1, -1} {
		return fmt.Errorf("the answer %s is none of the %d choices, nor the letter or number of one", badfile.Quote(answer.text), len(d.Choices))
	}
	return nil
}

// readings are those under which all answers of a file make sense: one answer
// alone, such as 1, often may mean several things.
type readings struct {
	n        int
	order    [nReadings]reading // by the first answer
	excluded [nReadings]bool
	// differ says of two readings whether they ever meant two choices.
	differ [nReadings][nReadings]bool
}

// add takes an answer in, or refuses one that fits no reading of those before.
func (r *readings) add(c chosen) error {
	left := r.excluded
	fits := false
	for i, index := range c.index {
		left[i] = left[i] || index < 0
		fits = fits || !left[i]
	}
	if !fits {
		return fmt.Errorf("the answer %s makes no sense beside those before it, which are %s", badfile.Quote(c.answer.text), readingNames[r.best()])
	}
	if r.n++; r.n == 1 {
		r.order = textOrder
		if c.answer.kind == number {
			r.order = numberOrder
		}
	}
	r.excluded = left
	for i, a := range c.index {
		for j, b := range c.index {
			r.differ[i][j] = r.differ[i][j] || a != b
		}
	}
	return nil
}

// best is the reading that counts.
func (r *readings) best() reading {
	for _, one := range r.order {
		if !r.excluded[one] {
			return one
		}
	}
	return byLabel
}

// doubt is a warning if another reading would give other answers; "" if none.
func (r *readings) doubt() string {
	if r.n == 0 {
		return ""
	}
	best := r.best()
	for _, one := range r.order {
		// Letters that are labels or texts too are meant as these.
		if one != best && best != byLabel && !r.excluded[one] && r.differ[best][one] {
			return fmt.Sprintf("the answers are taken for %s, but may be %s as well: see whether the right ones are marked", readingNames[best], readingNames[one])
		}
	}
	return ""
}
