package model

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkStep generates one token in each of several lanes of a tiny model,
// where what the steps cost beside the arithmetic shows.
func BenchmarkStep(b *testing.B) {
	m := open(b, filepath.Join("testdata", "llama-gqa"), 1)
	for _, lanes := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			inputs := make([]Input, lanes)
			for i := range inputs {
				inputs[i] = Input{Lane: m.NewLane(), Tokens: []int{1}}
			}
			b.ReportAllocs()
			for b.Loop() {
				if inputs[0].Lane.Len() == 40 {
					for i := range inputs {
						inputs[i].Lane.Truncate(0)
					}
				}
				if _, err := m.Step(context.Background(), inputs, StepOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
