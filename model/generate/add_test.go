package generate

import (
	"slices"
	"testing"
)

// TestAdd adds lanes while others go on and releases those that ended: each
// says what it says alone.
func TestAdd(t *testing.T) {
	m := open(t, "llama-gqa")
	ids := []int{1, 5, 9, 13, 2, 7, 30, 31, 3, 4}
	var names []string
	var requests []Request
	for name, plan := range plans(m) {
		r := Request{Name: name, Prompt: prompt(ids[:4+len(names)%3]...), MaxTokens: 3 + 2*len(names)}
		if plan != nil {
			r.Steering = *plan
		}
		names, requests = append(names, name), append(requests, r)
	}
	s, err := NewSession(t.Context(), m, nil, requests[:2], Options{})
	if err != nil {
		t.Fatal(err)
	}
	results := make([]Result, len(requests))
	for added := 2; !s.Done() || added < len(requests); {
		tokens, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if token.Stop != "" {
				results[token.Lane] = s.Result(token.Lane)
				s.Release(token.Lane)
				s.Release(token.Lane) // twice does no harm
			}
		}
		if added < len(requests) {
			if err := s.Add(t.Context(), requests[added:added+1]); err != nil {
				t.Fatal(err)
			}
			added++
		}
	}
	for i, r := range requests {
		want := run(t, m, []Request{r}, Options{}).Result(0)
		if got := results[i]; !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.LogProbs, want.LogProbs) || !slices.Equal(got.Steered, want.Steered) {
			t.Errorf("%s: added it says %v, alone %v", names[i], got, want)
		}
	}
}

// TestAddRefused leaves the session as it was.
func TestAddRefused(t *testing.T) {
	m := open(t, "llama-gqa")
	s, err := NewSession(t.Context(), m, nil, []Request{{Prompt: prompt(1, 2), MaxTokens: 4}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), []Request{{Prompt: prompt(3), MaxTokens: 2}, {}}); err == nil {
		t.Fatal("a request without a prompt was added")
	}
	s.Release(0) // it goes on, and so stays
	for !s.Done() {
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r := s.Result(0); len(r.IDs) != 4 || r.Stop != StopLength {
		t.Errorf("the lane has %d tokens and stop %q", len(r.IDs), r.Stop)
	}
}
