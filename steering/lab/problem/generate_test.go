package problem

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var splits = []Split{Train, Tune, Test, Hard}

// Nothing of a split is in another: no question, and no start and arguments in
// order, whoever they belong to and whatever they are asked for.
func TestSplitsShareNothing(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 6_000
	}
	questions, sequences, ids := map[string]Split{}, map[string]Split{}, map[string]bool{}
	for _, split := range splits {
		problems, err := Generate(split, nil, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if other, ok := questions[p.Question]; ok {
				t.Fatalf("%q is in %s and again in %s", p.Question, other, split)
			}
			questions[p.Question] = split
			start, args := p.operands()
			sequence := start + " " + strings.Join(args, " ")
			if other, ok := sequences[sequence]; ok && other != split {
				t.Fatalf("%q is in %s and in %s", sequence, other, split)
			}
			sequences[sequence] = split
			if ids[p.ID] {
				t.Fatalf("the ID %s is there twice", p.ID)
			}
			ids[p.ID] = true
		}
	}
}

func TestGenerate(t *testing.T) {
	const n = 1200
	for _, split := range splits {
		problems, err := Generate(split, nil, n, 7)
		if err != nil {
			t.Fatal(err)
		}
		families, sizes := map[string]int{}, map[int]bool{}
		least, most := split.Sizes()
		for _, p := range problems {
			families[p.Family]++
			sizes[p.Size] = true
			read, err := Parse(p.Question)
			if err != nil || !reflect.DeepEqual(read, p) {
				t.Fatalf("%+v is read as %+v: %v", p, read, err)
			}
			if p.Size < least || p.Size > most || p.Size != len(p.Facts) || !strings.HasPrefix(p.ID, string(split)+"/"+p.Family+"/") {
				t.Fatalf("%s has %+v", split, p)
			}
		}
		for f, got := range families {
			if got != n/len(Families()) {
				t.Errorf("%s has %d of the family %s", split, got, f)
			}
		}
		if len(sizes) != most-least+1 {
			t.Errorf("%s has the sizes %v", split, sizes)
		}
		again, _ := Generate(split, nil, n, 7)
		if !reflect.DeepEqual(again, problems) {
			t.Errorf("%s: the same seed gives other problems", split)
		}
		other, _ := Generate(split, nil, n, 8)
		same := 0
		for i := range other {
			if other[i].Question == problems[i].Question {
				same++
			}
		}
		if same > n/100 {
			t.Errorf("%s: another seed gives %d of the same problems", split, same)
		}
	}
}

// Models that were trained on one side of a split know nothing of a version
// that splits otherwise.
func TestSplitsStayAsTheyAre(t *testing.T) {
	h := sha256.New()
	for _, split := range splits {
		problems, err := Generate(split, nil, 600, 11)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			fmt.Fprintln(h, p.ID, p.Question, p.Answer)
		}
	}
	const want = "5c51855c79820e0ad5b41340a55e9b6b67f829767d021c57bde3e7e3e0a9c77c"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the problems of a seed have changed: their hash is %s", got)
	}
}

// No rule of thumb answers much more often than its share.
func TestRulesOfThumb(t *testing.T) {
	const n, slack = 5000, 0.09
	digit := func(arg string) string { return strings.TrimLeft(arg, "+-=") }
	for _, f := range Families() {
		for _, split := range []Split{Tune, Test, Hard} {
			problems, err := Generate(split, []Family{f}, n, 5)
			if err != nil {
				t.Fatal(err)
			}
			right := map[string]float64{}
			cells := map[string]bool{}
			share := 1 / float64(len(f.answers))
			for _, p := range problems {
				steps := p.Steps()
				cells[fmt.Sprint(p.Size, p.Answer)] = true
				right["always "+p.Answer] += 1. / n
				for rule, guess := range map[string]string{
					"the start": p.Start, "the first result": steps[0].Result,
					"the first argument": digit(p.Facts[0].Arg), "the last argument": digit(p.Facts[p.Size-1].Arg),
					"the argument of the last turn": digit(steps[p.Size-1].Arg),
				} {
					if guess == p.Answer {
						right[rule] += 1. / n
					}
				}
			}
			for rule, rate := range right {
				bound := share + slack
				if f.Name == "max" && strings.Contains(rule, " last ") {
					bound = 1./3 + slack // somebody has the biggest
				}
				if rate > bound {
					t.Errorf("%s/%s: %s is right at %.3f, more than %.3f", split, f.Name, rule, rate, bound)
				}
			}
			least, most := split.Sizes()
			if want := (most - least + 1) * len(f.answers); len(cells) != want {
				t.Errorf("%s/%s has %d of %d pairs of size and answer", split, f.Name, len(cells), want)
			}
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, test := range []struct {
		split Split
		size  int
		want  string
	}{
		{Test, 2, "the split test has problems of 3 to 6 facts, none of 2"},
		{Train, 7, "the split train has problems of 1 to 6 facts, none of 7"},
		{Hard, 10, "the split hard has problems of 7 to 9 facts, none of 10"},
		{Train, 0, "none of 0"},
	} {
		if _, err := Draw(test.split, sum(), test.size, r); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s of %d: %v", test.split, test.size, err)
		}
		if err := NewSource(test.split, nil, 1).OfSize(test.size); err == nil || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s of %d: %v", test.split, test.size, err)
		}
	}
}

func TestOfSize(t *testing.T) {
	s := NewSource(Hard, []Family{cups(), turns()}, 1)
	if err := s.OfSize(8); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"cups", "turns", "cups"} {
		if p, err := s.Next(); err != nil || p.Size != 8 || p.Family != want {
			t.Error(p, err)
		}
	}
}

// A space that is used up gives problems again rather than none.
func TestRepeats(t *testing.T) {
	s := NewSource(Train, []Family{sum()}, 1)
	if err := s.OfSize(1); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 110 {
		p, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		seen[p.Question] = true
	}
	if len(seen) < 99 {
		t.Errorf("%d of 100 questions before one came again", len(seen))
	}
}

func TestMakeBringsSizesIntoRange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for size, want := range map[int]int{-1: 1, 0: 1, 9: 9, 1000: 9} {
		if p := sum().Make(size, r); p.Size != want || p.Answer == "" || !slices.IsSorted(p.Order) {
			t.Errorf("size %d: %+v", size, p)
		}
	}
}
