package generate

import (
	"slices"
	"strings"
	"testing"
)

// TestForced goes on after tokens that were chosen, as if the model had drawn
// them.
func TestForced(t *testing.T) {
	m := open(t, "llama-gqa")
	p := prompt(1, 5, 9, 13, 2)
	steering := push{layer: 0, at: from(5), by: 1}
	free := run(t, m, []Request{{Prompt: p, MaxTokens: 16, Steering: steering}}, Options{}).Result(0)
	other := (free.IDs[3] + 1) % m.Config().Vocab
	fork := append(slices.Clone(free.IDs[:3]), other)

	s := run(t, m, []Request{
		{Prompt: p, MaxTokens: 16, Steering: steering, Forced: free.IDs[:7]},
		{Prompt: p, MaxTokens: 16, Steering: steering, Forced: fork},
		{Prompt: prompt(append(p.IDs(), fork...)...), MaxTokens: 12, Steering: push{layer: 0, at: from(5), by: 1}},
	}, Options{})
	same, forked, typed := s.Result(0), s.Result(1), s.Result(2)
	if !slices.Equal(same.IDs, free.IDs) || !slices.Equal(same.LogProbs, free.LogProbs) || !slices.Equal(same.Steered, free.Steered) {
		t.Errorf("forcing what the model draws changes the lane:\n%v\n%v", same, free)
	}
	if !slices.Equal(forked.IDs[:4], fork) {
		t.Errorf("the fork begins with %v, want %v", forked.IDs[:4], fork)
	}
	if !slices.Equal(forked.IDs[4:], typed.IDs) || !slices.Equal(forked.LogProbs[4:], typed.LogProbs) {
		t.Errorf("after forced tokens come %v, after the same tokens in the prompt %v", forked.IDs[4:], typed.IDs)
	}
}

func TestForcedOutsideTheVocabulary(t *testing.T) {
	m := open(t, "llama-gqa")
	_, err := NewSession(t.Context(), m, nil, []Request{{Prompt: prompt(1, 2), MaxTokens: 4, Forced: []int{3, 1 << 20}}}, Options{})
	if err == nil || !strings.Contains(err.Error(), "forced token 1 is id 1048576") {
		t.Errorf("got %v", err)
	}
}
