package report

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"

	"tiller/steering/eval"
)

// A sample is a problem and what some lanes made of it.
type sample struct {
	Place            int // in the run, from 1
	ID, Family       string
	Tags             []string
	Question, Target string
	Choices          []string
	Answers          []answer
}

// An answer is a lane's first one to a problem.
type answer struct {
	Lane, Tone string
	Verdict    string // "good" or "bad"; "" for scores that are neither 0 nor 1
	Score      string
	Found      bool
	Extracted  string
	Parts      []part
	Note       string
}

// A part of an output, which steered tokens wrote or others; or the place where
// some of it is left out.
type part struct {
	Text    string
	Steered bool
	Cut     bool
}

// Bounds of a sample.
const (
	maxAnswers  = 8    // lanes side by side
	maxChoices  = 26   // of a question
	outputHead  = 1600 // bytes that are shown of a long output's beginning
	outputTail  = 800  // and end
	maxTags     = 12
	maxShown    = 400 // bytes of a target or an extracted answer
	maxQuestion = 3000
)

// choose picks the problems whose samples are shown, as places in r.problems:
// those on which a plan and base differ, taken from the plans in turn and from
// both ways, and some of the rest by a hash of seed and id, which does not
// depend on what else is in the run.
func (r *run) choose(o Options) (flipped, others []int) {
	at := map[string]int{}
	for i, p := range r.problems {
		at[p.ID] = i
	}
	var lists [][]string
	for _, l := range r.plans() {
		if l.Flips != nil {
			lists = append(lists, l.Flips.ToRight, l.Flips.ToWrong)
		}
	}
	taken := map[int]bool{}
	for k := 0; len(flipped) < o.Flips; k++ {
		any := false
		for _, ids := range lists {
			if k >= len(ids) {
				continue
			}
			any = true
			if i, ok := at[ids[k]]; ok && !taken[i] && len(flipped) < o.Flips {
				taken[i] = true
				flipped = append(flipped, i)
			}
		}
		if !any {
			break
		}
	}
	type drawn struct {
		hash  uint64
		place int
	}
	var rest []drawn
	for i, p := range r.problems {
		if !taken[i] {
			rest = append(rest, drawn{hashOf(r.spec.Sampling.Seed, p.ID), i})
		}
	}
	slices.SortFunc(rest, func(a, b drawn) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.place, b.place)) })
	for _, d := range rest[:min(len(rest), o.Samples)] {
		others = append(others, d.place)
	}
	slices.Sort(flipped)
	slices.Sort(others)
	return flipped, others
}

// hashOf is one of a seed and an id, the same everywhere.
func hashOf(seed uint64, id string) uint64 {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(nil, seed))
	h.Write([]byte(id))
	x := h.Sum64() // of which the ends of similar ids differ little
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}

// shownLanes are those whose answers stand side by side: all but the controls,
// and the best of each kind of control as far as there is room.
func (r *run) shownLanes() []lane {
	best := map[string]bool{}
	for _, g := range r.sum.Controls {
		best[g.Best] = true
	}
	out := r.main()
	for _, l := range r.lanes {
		if l.Kind == eval.Control && best[l.Name] {
			out = append(out, l)
		}
	}
	return out[:min(len(out), maxAnswers)]
}

// answersTo collects the first answers of the lanes to some problems, by lane
// and id, from the samples that read hands over.
func answersTo(lanes []lane, ids map[string]bool, read func(func(*eval.Sample)) error) (map[[2]string]*eval.Sample, error) {
	wanted := map[string]bool{}
	for _, l := range lanes {
		wanted[l.Name] = true
	}
	out := map[[2]string]*eval.Sample{}
	err := read(func(s *eval.Sample) {
		if s.Draw == 0 && !s.Guard && wanted[s.Lane] && ids[s.ID] {
			out[[2]string{s.Lane, s.ID}] = s
		}
	})
	return out, err
}

// sample is a problem with the answers that are there.
func (r *run) sample(place int, lanes []lane, answers map[[2]string]*eval.Sample) sample {
	p := r.problems[place]
	s := sample{
		Place: place + 1, ID: name(p.ID), Family: name(p.Family),
		Question: cut(block(p.Question), maxQuestion), Target: cut(line(p.Target), maxShown),
	}
	if s.ID == "" {
		s.ID = fmt.Sprintf("problem %d", place+1)
	}
	for i, c := range p.Choices {
		if i < maxChoices {
			s.Choices = append(s.Choices, cut(line(c), maxShown))
		}
	}
	for _, l := range lanes {
		if a := answers[[2]string{l.Name, p.ID}]; a != nil {
			s.Answers = append(s.Answers, r.answer(l, a))
		}
	}
	if b := answers[[2]string{r.sum.Base, p.ID}]; b != nil && r.scale.share {
		for _, l := range lanes {
			a := answers[[2]string{l.Name, p.ID}]
			if l.Kind != eval.Planned || a == nil || a.Score == b.Score || len(s.Tags) == maxTags {
				continue
			}
			way := "makes it wrong"
			if a.Score == 1 {
				way = "puts it right"
			}
			s.Tags = append(s.Tags, l.label+" "+way)
		}
	}
	return s
}

// answer is one lane's.
func (r *run) answer(l lane, s *eval.Sample) answer {
	a := answer{
		Lane: l.label, Tone: l.class(), Score: fixed(s.Score, 3),
		Found: s.Found, Extracted: cut(line(s.Extracted), maxShown),
		Parts: parts(s.Output, s.Marks),
	}
	if r.scale.share {
		a.Verdict = "bad"
		if s.Score == 1 {
			a.Verdict = "good"
		}
	}
	note := []string{counted(s.Tokens, "token")}
	if s.Steered > 0 || s.PromptEdits > 0 || s.RowEdits > 0 {
		note = append(note, fmt.Sprintf("%s steered, %s, %s", count(s.Steered), counted(s.PromptEdits, "prompt edit"), counted(s.RowEdits, "row edit")))
	}
	if s.Stop != "" {
		note = append(note, "stopped by "+name(string(s.Stop)))
	}
	if s.Error != "" {
		note = append(note, cut(line(s.Error), maxShown))
	}
	a.Note = strings.Join(note, " · ")
	return a
}

// counted is a number and a noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// parts splits an output at the marks, which are byte offsets, and leaves the
// middle of a long one out. Marks that lie outside, overlap or cut a character
// are mended: they come from a file.
func parts(output string, marks [][2]int) []part {
	head, tail := len(output), len(output)
	if len(output) > outputHead+outputTail {
		head, tail = boundary(output, outputHead), boundary(output, len(output)-outputTail)
	}
	var out []part
	add := func(from, to int, steered bool) {
		if from < min(to, head) {
			out = append(out, part{Text: block(output[from:min(to, head)]), Steered: steered})
		}
		if from <= head && head < tail && to > head {
			out = append(out, part{Text: fmt.Sprintf("\n… %s bytes are left out …\n", count(tail-head)), Cut: true})
		}
		if from = max(from, tail); from < to {
			out = append(out, part{Text: block(output[from:to]), Steered: steered})
		}
	}
	at := 0
	for _, m := range marks {
		from, to := max(boundary(output, m[0]), at), forward(output, m[1])
		if from >= to {
			continue
		}
		add(at, from, false)
		add(from, to, true)
		at = to
	}
	add(at, len(output), false)
	return out
}

// forward is at, or the place shortly after it where a character begins.
func forward(s string, at int) int {
	at = min(max(at, 0), len(s))
	for n := 0; at < len(s) && !utf8.RuneStart(s[at]) && n < utf8.UTFMax; n++ {
		at++
	}
	return at
}
