package lab

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestMeasureKept interrupts two measurements of two models again and again,
// each time after a few answers more.
func TestMeasureKept(t *testing.T) {
	one, two := smallWorld(t), smallWorld(t)
	problems := someProblems(t, 5)
	vectors := one.vectors(3)
	lanes := []Lane{
		{Name: "one", Model: one.model, MaxTokens: 6}, {Name: "two", Model: two.model, Header: "slow lesson :", MaxTokens: 6},
		one.lane(t, "v*1@0", vectors), one.lane(t, "v*2@1[gen]", vectors),
	}
	measure := func(ctx context.Context, batch int, progress func(done, total int)) (all [][]Outcome, err error) {
		for _, n := range []int{5, 3} {
			o, err := Measure(ctx, one.tokenizer, problems[:n], lanes, MeasureOptions{Batch: batch, KeepTexts: n == 3, Progress: progress})
			if err != nil {
				return nil, err
			}
			all = append(all, o)
		}
		return all, nil
	}
	want, err := measure(t.Context(), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{2, 4, 100} {
		b := &builder{options: BuildOptions{Dir: t.TempDir()}, at: "stage"}
		if err := os.Mkdir(b.state(""), 0o777); err != nil {
			t.Fatal(err)
		}
		answers, calls := 0, 0
		for {
			ctx, cancel := context.WithCancel(t.Context())
			got, err := measure(b.keepMeasurements(ctx), batch, func(int, int) {
				if answers++; answers%2 == 0 {
					cancel()
				}
			})
			cancel()
			calls++
			if err == nil {
				if !reflect.DeepEqual(got, want) {
					t.Errorf("batch %d: in %d calls it finds\n%+v, not\n%+v", batch, calls, got, want)
				}
				break
			}
			if !errors.Is(err, context.Canceled) || calls > 100 {
				t.Fatalf("batch %d, call %d: %v", batch, calls, err)
			}
		}
		if calls < 2 {
			t.Errorf("batch %d: nothing was interrupted", batch)
		}
		// Other problems, such as those of another recipe, are not mixed in.
		if _, err := Measure(b.keepMeasurements(t.Context()), one.tokenizer, problems[1:], lanes, MeasureOptions{}); err == nil || !strings.Contains(err.Error(), "is of another") {
			t.Errorf("got %v", err)
		}
	}
}
