package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/steering"
	"tiller/steering/vectorfile"
)

// reference is what transformers computes on a tiny checkpoint; see the README
// in package model's testdata.
type reference struct {
	PromptIDs []int       `json:"prompt_ids"`
	Logits    [][]float64 `json:"logits"`
	Greedy    struct {
		IDs []int `json:"ids"`
	} `json:"greedy"`
	Vector struct {
		Values []float32 `json:"values"`
	} `json:"vector"`
	Steered []struct {
		Plan       string    `json:"plan"`
		Layer      int       `json:"layer"`
		LastLogits []float64 `json:"last_logits"`
		Greedy     struct {
			IDs []int `json:"ids"`
		} `json:"greedy"`
	} `json:"steered"`
}

// TestCommandLineReproducesReferences holds `run` and `logits`, with and
// without a vector from a file, to the reference numbers.
func TestCommandLineReproducesReferences(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join("..", "..", "model", "testdata", "*", "reference.json"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no references: %v", err)
	}
	for _, file := range folders {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want reference
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			ids := strings.Trim(strings.ReplaceAll(fmt.Sprint(want.PromptIDs), " ", ","), "[]")
			args := []string{"--model", folder, "--ids", ids, "--json"}
			compareRun(t, args, want)
			for _, s := range want.Steered {
				vector := filepath.Join(t.TempDir(), "sine.safetensors")
				v := &steering.Vector{Name: "sine", DModel: len(want.Vector.Values), Directions: map[int][]float32{s.Layer: want.Vector.Values}}
				if err := vectorfile.Write(vector, v); err != nil {
					t.Fatal(err)
				}
				steered := append(slices.Clone(args), "--vector", "sine="+vector, "--plan", s.Plan)
				compareIDs(t, append(steered, "--ignore-eos", "--max-tokens", "16"), s.Plan, s.Greedy.IDs)
				compareLogits(t, steered, s.LastLogits)
			}
		})
	}
}

func compareRun(t *testing.T, args []string, want reference) {
	t.Helper()
	compareIDs(t, append(slices.Clone(args), "--ignore-eos", "--max-tokens", "16"), "", want.Greedy.IDs)
	compareLogits(t, args, want.Logits[len(want.Logits)-1])
}

// compareIDs runs a prompt and compares the ids of the lane with this plan.
func compareIDs(t *testing.T, args []string, plan string, want []int) {
	t.Helper()
	var got runReport
	output(t, &got, append([]string{"run"}, args...))
	i := 0
	if plan != "" {
		i = 1
	}
	if !slices.Equal(got.Lanes[i].IDs, want) {
		t.Errorf("plan %q gives ids %v, want %v", plan, got.Lanes[i].IDs, want)
	}
}

// compareLogits compares all logits after the prompt, within 1e-4.
func compareLogits(t *testing.T, args []string, want []float64) {
	t.Helper()
	var got logitsReport
	output(t, &got, append([]string{"logits", "--top", "100000"}, args...))
	if len(got.Positions) != 1 || len(got.Positions[0].Top) != len(want) {
		t.Fatalf("logits of %d positions", len(got.Positions))
	}
	for _, l := range got.Positions[0].Top {
		if d := math.Abs(float64(l.Logit) - want[l.ID]); !(d <= 1e-4) {
			t.Errorf("logit of id %d is %g, want %g", l.ID, l.Logit, want[l.ID])
		}
	}
}

// output runs the command line and reads the JSON it prints.
func output(t *testing.T, into any, args []string) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SilenceErrors, root.SilenceUsage = true, true
	if err := root.ExecuteContext(context.Background()); err != nil {
		t.Fatalf("tiller %s: %v", strings.Join(args, " "), err)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}
