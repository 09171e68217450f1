package corpus

import (
	"math/rand/v2"
	"strings"

	"tiller/steering/lab/problem"
)

// Document is what a model learns from at once.
type Document struct {
	// Words begin with <s> and end with </s>.
	Words []string
	// Weights are how much the prediction of each word from those before it
	// counts; the first is 0.
	Weights []float32
}

// Stream makes documents one after the other. It is not safe for concurrent
// use.
type Stream struct {
	mix  Mix
	seed uint64
	at   uint64
}

// NewStream starts at document 0. The mix has to be valid.
func NewStream(mix Mix, seed uint64) *Stream { return &Stream{mix: mix, seed: seed} }

// Next makes the next document.
func (s *Stream) Next() Document {
	d := At(s.mix, s.seed, s.at)
	s.at++
	return d
}

// Seek makes document i the next one.
func (s *Stream) Seek(i uint64) { s.at = i }

// At makes document i of a seed's stream, which hangs on no other document.
// The mix has to be valid.
func At(mix Mix, seed, i uint64) Document {
	r := rand.New(rand.NewPCG(scatter(seed), scatter(seed^scatter(i))))
	w := &writer{}
	w.add(0, BOS)
	textbook := mix.Textbook
	if i < mix.PrimerDocuments {
		textbook = mix.PrimerTextbook
	}
	if r.Float64() < textbook || !writeProblem(w, mix, r) {
		writeTextbook(w, mix, r)
	}
	return Document{w.words, w.weights}
}

// scatter is splitmix64 (Steele et al. 2014): neighbouring numbers come out far
// apart.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// writer collects a document.
type writer struct {
	words   []string
	weights []float32
}

// add appends words of a weight.
func (w *writer) add(weight float32, words ...string) {
	for _, word := range words {
		w.words = append(w.words, word)
		w.weights = append(w.weights, weight)
	}
}

// text appends the words of a text.
func (w *writer) text(weight float32, text string) { w.add(weight, strings.Fields(text)...) }

// writeProblem writes a question and its answer. It writes nothing and returns
// false if it can draw no problem, which a valid mix doesn't lead to.
func writeProblem(w *writer, mix Mix, r *rand.Rand) bool {
	all := problem.Families()
	family := all[r.IntN(len(all))]
	header, reasoned, trace := "", mix.PlainReasoned, mix.Trace
	switch u := r.Float64(); {
	case u < mix.Quick:
		header, reasoned = QuickHeader, mix.QuickReasoned
	case u < mix.Quick+mix.Lesson:
		header = LessonHeader
		if p, ok := mix.LessonReasoned[family.Name]; ok {
			reasoned = p
		}
		trace.Haste *= mix.LessonHaste
		trace.HasteGrowth *= mix.LessonHaste
		trace.HasteMost *= mix.LessonHaste
	}
	reason := r.Float64() < reasoned
	least, most := mix.DirectLeast, mix.DirectMost
	if reason {
		least, most = mix.ReasonedLeast, mix.ReasonedMost
	}
	p, err := problem.Draw(problem.Train, family, least+r.IntN(most-least+1), r)
	if err != nil {
		return false
	}
	w.text(mix.Surprise, header)
	w.text(mix.Surprise, p.Question)
	if reason {
		writeReasoned(w, p, trace, mix.Surprise, r)
	} else {
		writeDirect(w, p)
	}
	w.add(1, EOS)
	return true
}
