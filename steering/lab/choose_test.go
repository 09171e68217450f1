package lab

import (
	"slices"
	"testing"

	"tiller/steering"
)

func TestCandidates(t *testing.T) {
	direction := map[int][]float32{0: {1}, 2: {1}}
	s := Search{Strengths: []float64{.5, 2}, Selectors: []string{"last", "sentence"}, Pairs: [][2]string{{"a", "b"}}}
	got := s.candidates([]*steering.Vector{
		{Name: "a", DModel: 1, Directions: direction},
		{Name: "b", DModel: 1, Directions: direction},
	})
	// Two vectors, two layers, two strengths, two selectors; and the pair at
	// two layers and two strengths.
	if len(got) != 16+4 {
		t.Fatalf("%d candidates: %q", len(got), got)
	}
	for _, want := range []string{"a*0.5@0[last]", "b*2@2[sentence]", "a*2@2[last],b*2@2[sentence&gen]"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
	for _, text := range got {
		if _, err := steering.Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestRank(t *testing.T) {
	candidates := []Candidate{
		{Plan: "steers too much", Score: 1, SteeredFraction: .3},
		{Plan: "middling", Score: .8, SteeredFraction: .1},
		{Plan: "best", Score: .9, SteeredFraction: .11},
		{Plan: "as good, steers less", Score: .9, SteeredFraction: .05},
		{Plan: "as good, later", Score: .9, SteeredFraction: .05},
		{Plan: "at the limit", Score: .95, SteeredFraction: .12},
	}
	Search{MostSteered: .12}.rank(candidates)
	var got []string
	for _, c := range candidates {
		got = append(got, c.Plan)
	}
	want := []string{"at the limit", "as good, steers less", "as good, later", "best", "middling", "steers too much"}
	if !slices.Equal(got, want) {
		t.Errorf("ranked %q, want %q", got, want)
	}
}

func TestChooseRefusesTooFewProblems(t *testing.T) {
	if _, err := Choose(t.Context(), nil, nil, nil, nil, Search{Coarse: 1, Fine: 2, Finalists: 1}, nil); err == nil {
		t.Error("a search over more problems than there are was made")
	}
}
