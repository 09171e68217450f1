package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tiller/steering/lab/problem"
)

func TestStream(t *testing.T) {
	s := NewStream(Default(), 9)
	var all []Document
	for i := range uint64(50) {
		all = append(all, s.Next())
		if !reflect.DeepEqual(all[i], At(Default(), 9, i)) {
			t.Fatalf("document %d hangs on those before it", i)
		}
	}
	s.Seek(20)
	if !reflect.DeepEqual(s.Next(), all[20]) || !reflect.DeepEqual(s.Next(), all[21]) {
		t.Error("a stream that seeks goes on elsewhere")
	}
	if reflect.DeepEqual(At(Default(), 10, 0), all[0]) || reflect.DeepEqual(At(Default(), 9, 1), all[0]) {
		t.Error("another seed or index gives the same document")
	}
}

// The shipped models can be built again only from the same documents.
func TestCorpusStaysAsItIs(t *testing.T) {
	h := sha256.New()
	for i := range uint64(2000) {
		d := At(Default(), 1, i)
		fmt.Fprintln(h, d.Words, d.Weights)
	}
	const want = "f0f082af86f732962ea901ed25df31fed278b4cb36c28ad0bdb9bec932090f80"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the documents of a seed have changed; if they are meant to, their hash is %s", got)
	}
}

// document is what a test reads of a document.
type document struct {
	header, question string
	sentences        []sentence // of the answer or the textbook
}

// sentence is one that ends in a full stop.
type sentence struct {
	words   []string
	weights []float32
}

// step reads "word [STATE] NAME ARG gives RESULT .".
func (s sentence) step() (p problem.Step, result float32) {
	n := len(s.words)
	if n == 7 {
		p.State = s.words[1]
	}
	p.Name, p.Arg, p.Result = s.words[n-5], s.words[n-4], s.words[n-2]
	return p, s.weights[n-2]
}

func read(t *testing.T, d Document) document {
	t.Helper()
	n := len(d.Words)
	if len(d.Weights) != n || d.Words[0] != BOS || d.Words[n-1] != EOS || d.Weights[0] != 0 || d.Weights[n-1] != 1 {
		t.Fatalf("malformed: %+v", d)
	}
	if _, err := Encode(d.Words); err != nil {
		t.Fatal(err)
	}
	words, weights := d.Words[1:n-1], d.Weights[1:n-1]
	var out document
	if i := slices.Index(words, "?"); i >= 0 {
		for _, w := range weights[:i+1] {
			if w != Default().Surprise {
				t.Fatalf("a question weighs %g: %+v", w, d)
			}
		}
		out.question = strings.Join(words[:i+1], " ")
		words, weights = words[i+1:], weights[i+1:]
		for _, header := range []string{QuickHeader, LessonHeader} {
			if rest, ok := strings.CutPrefix(out.question, header+" "); ok {
				out.header, out.question = header, rest
			}
		}
	}
	for len(words) > 0 {
		end := slices.Index(words, ".") + 1
		if end == 0 {
			t.Fatalf("no full stop at the end: %+v", d)
		}
		out.sentences = append(out.sentences, sentence{words[:end], weights[:end]})
		words, weights = words[end:], weights[end:]
	}
	return out
}

// tally counts what is found in documents.
type tally map[string]float64

func TestDocuments(t *testing.T) {
	const n = 30_000
	got := tally{}
	for i := range uint64(n) {
		d := At(Default(), 4, Default().PrimerDocuments+i)
		doc := read(t, d)
		switch {
		case doc.question != "":
			got.problem(t, doc)
		case doc.sentences[0].words[0] == "fact":
			got.facts(t, doc)
		default:
			got.recall(t, doc)
		}
	}
	share := func(part, whole string) float64 { return got[part] / got[whole] }
	for _, test := range []struct {
		part, whole string
		want        float64
	}{
		{"recall", "textbook", .6},
		{"in order", "recall", .6}, {"by turns", "recall", .25}, {"fact slip", "fact", .15},
		{"no header", "problem", .78}, {QuickHeader, "problem", .12}, {LessonHeader, "problem", .1},
		{"no header reasoned", "no header", .08}, {QuickHeader + " reasoned", QuickHeader, .01},
		{LessonHeader + " sum reasoned", LessonHeader + " sum", .95}, {LessonHeader + " max reasoned", LessonHeader + " max", .95},
		{LessonHeader + " lamp reasoned", LessonHeader + " lamp", .35}, {LessonHeader + " turns reasoned", LessonHeader + " turns", .95},
		{"slip", "step", .06}, {"repair", "slip", .9}, {"next", "later step", .2}, {"restated", "reasoned", .5},
		{"check", "concluded", .3},
		{"no header hasty at 1", "no header came to 1", .15}, {"no header hasty at 3", "no header came to 3", .15 + .3},
		{LessonHeader + " hasty at 2", LessonHeader + " came to 2", .35 * (.15 + .15)},
	} {
		have := share(test.part, test.whole)
		// Four standard errors.
		if slack := 4 * math.Sqrt(test.want*(1-test.want)/got[test.whole]); math.Abs(have-test.want) > slack {
			t.Errorf("%s is %.3f of %s, want %.3f within %.3f", test.part, have, test.whole, test.want, slack)
		}
	}
	if textbook := got["textbook"] / n; math.Abs(textbook-.35) > .012 {
		t.Errorf("textbooks are %.3f of all", textbook)
	}
}

// TestPrimer checks that a corpus begins with more textbooks.
func TestPrimer(t *testing.T) {
	const n = 4000
	textbooks := 0.0
	for i := range uint64(n) {
		if read(t, At(Default(), 4, i)).question == "" {
			textbooks++
		}
	}
	if share := textbooks / n; math.Abs(share-.8) > .026 {
		t.Errorf("textbooks are %.3f of the first documents", share)
	}
}

func (n tally) recall(t *testing.T, d document) {
	n["textbook"]++
	n["recall"]++
	var told, turns, repeated []string // facts, names, facts
	surprise := Default().Surprise
	var next float32 // how much the name of a repeated fact weighs
	for i, s := range d.sentences {
		words, weights := s.words, s.weights
		bad := func(why string) {
			t.Helper()
			t.Fatalf("sentence %d of %+v: %s", i, d, why)
		}
		switch {
		case words[0] == "turns":
			turns = words[2 : len(words)-1]
			continue
		case words[0] == "again":
			n["again"]++
			next, words, weights = surprise, words[2:], weights[2:]
		case words[0] == "in":
			n["in order"]++
			if turns != nil {
				n["by turns"]++
			}
			next, words, weights = 1, words[3:], weights[3:]
		}
		if len(words) != 3 {
			bad("is no fact")
		}
		fact := strings.Join(words, " ")
		if next == 0 {
			told = append(told, fact)
			if weights[0] != surprise || weights[1] != surprise {
				bad("weighs too much")
			}
			continue
		}
		if weights[0] != next || weights[1] != 1 || weights[2] != 1 {
			bad("is weighed wrongly")
		}
		want := len(repeated)
		if turns != nil {
			want = slices.IndexFunc(told, func(f string) bool { return strings.HasPrefix(f, turns[len(repeated)]+" ") })
		}
		if next == 1 && fact != told[want] || !slices.Contains(told, fact) || slices.Contains(repeated, fact) {
			bad("isn't the one to repeat")
		}
		repeated = append(repeated, fact)
	}
	if len(told) != len(repeated) || len(told) < 2 || len(told) > 8 {
		t.Fatalf("%d facts are told and %d repeated", len(told), len(repeated))
	}
}

func (n tally) facts(t *testing.T, d document) {
	n["textbook"]++
	for i, s := range d.sentences {
		step, weight := s.step()
		right := apply(t, step)
		next := ""
		if i+1 < len(d.sentences) {
			next = d.sentences[i+1].words[0]
		}
		slipped := step.Result != right
		if s.weights[0] != 1 || s.weights[len(s.words)-1] != 1 || (weight == 1) == slipped || (next == "wait") != slipped {
			t.Fatalf("sentence %d of %+v", i, d)
		}
		switch s.words[0] {
		case "fact":
			n["fact"]++
			if slipped {
				n["fact slip"]++
			}
		case "wait":
			if before, _ := d.sentences[i-1].step(); before.State != step.State || before.Name != step.Name || before.Arg != step.Arg {
				t.Fatalf("sentence %d repairs another step: %+v", i, d)
			}
		default:
			t.Fatalf("sentence %d of %+v", i, d)
		}
	}
}

// apply finds the family of an argument by itself.
func apply(t *testing.T, s problem.Step) string {
	t.Helper()
	for _, f := range problem.Families() {
		if right, ok := f.Apply(s.State, s.Arg); ok && s.State != "" {
			return right
		}
	}
	t.Fatalf("no family has the step %+v", s)
	return ""
}

func (n tally) problem(t *testing.T, d document) {
	p, err := problem.Parse(d.question)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.ID, "train/") {
		t.Fatalf("%s is trained on", p.ID)
	}
	header := d.header
	if header == "" {
		header = "no header"
	}
	n["problem"]++
	n[header]++
	n[header+" "+p.Family]++
	if reflect.DeepEqual(d.sentences[0].words, Direct(p)) {
		if len(d.sentences) != 1 || p.Size > 6 {
			t.Fatalf("an answer at once goes on: %+v", d)
		}
		return
	}
	n["reasoned"]++
	n[header+" reasoned"]++
	n[header+" "+p.Family+" reasoned"]++
	if p.Size < 2 || p.Size > 6 {
		t.Fatalf("a reasoned answer of %d facts: %+v", p.Size, d)
	}
	n.trace(t, header, p, d.sentences)
}

// trace follows a reasoned answer.
func (n tally) trace(t *testing.T, header string, p problem.Problem, sentences []sentence) {
	f, _ := problem.FamilyNamed(p.Family)
	steps := p.Steps()
	state, done := p.Start, 0
	var before problem.Step
	for i, s := range sentences {
		bad := func(why string) {
			t.Helper()
			t.Fatalf("sentence %d of %+v: %s", i, sentences, why)
		}
		switch word := s.words[0]; word {
		case "we":
			n["restated"]++
			if i != 0 || strings.Join(s.words, " ") != p.Restatement() {
				bad("restates")
			}
		case "first", "then", "next", "wait", "check":
			step, weight := s.step()
			if word == "wait" || word == "check" {
				if done == 0 || step.State != before.State || step.Name != before.Name || step.Arg != before.Arg {
					bad("isn't about the step before")
				}
			} else {
				if step.State != state || step.Name != steps[done].Name || step.Arg != steps[done].Arg || (word == "first") != (done == 0) {
					bad("isn't the next step")
				}
				if done > 0 {
					n["later step"]++
					n[fmt.Sprint(header, " came to ", done)]++
				}
				done++
				n["step"]++
				n[word]++
			}
			right, _ := f.Apply(step.State, step.Arg)
			if slipped := step.Result != right; (weight == 1) == slipped {
				bad("weighs its result wrongly")
			} else if slipped {
				n["slip"]++
			}
			if word == "wait" {
				n["repair"]++
			}
			if word == "check" {
				n["check"]++
			}
			state, before = step.Result, step
		case "so":
			n["concluded"]++
			if done != p.Size || !slices.Equal(s.words[1:], []string{"the", "answer", "is", state, "."}) {
				bad("doesn't follow")
			}
		case "the":
			n[fmt.Sprint(header, " came to ", done)]++
			n[fmt.Sprint(header, " hasty at ", done)]++
			if !slices.Equal(s.words, Direct(p)) || done == p.Size || done == 0 {
				bad("is no hasty answer")
			}
		default:
			bad("is of no kind")
		}
		if last := i == len(sentences)-1; last != (s.words[0] == "so" || s.words[0] == "the") {
			bad("ends too early or too late")
		}
	}
}
