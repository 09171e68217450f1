package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/screentest"
	"tiller/tui/transcript"
)

// TestCopiedCommand runs the command that the screen copies, as a shell reads
// it, and wants the ids that the screen shows.
func TestCopiedCommand(t *testing.T) {
	if len(embedded.Models()) == 0 {
		t.Skip("this build carries no models")
	}
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	dir := t.TempDir()
	if err := writeVectors(dir); err != nil {
		t.Fatal(err)
	}
	tiny, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata", "llama-mha"))
	if err != nil {
		t.Fatal(err)
	}
	sampled := engine.Sampling{Temperature: 1.5, TopP: .95, RepeatPenalty: 1.05, Seed: 1 << 60, MaxTokens: 24, IgnoreEOS: true}
	greedy := engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 40}
	for _, c := range []struct {
		name     string
		model    string
		prompt   engine.Prompt
		sampling engine.Sampling
		plans    []string // beside the lane that the model begins with
		do       func(d *desk.Desk) tea.Cmd
	}{
		{name: "the demonstration", model: embeddedBase, sampling: greedy},
		{name: "several plans, sampled", model: embeddedBase, sampling: sampled, plans: []string{"begin*0.3@2[last]", "ablate:begin@1-2"}},
		{name: "the thinking lane", model: embeddedBase, sampling: greedy, do: func(d *desk.Desk) tea.Cmd {
			cmd := d.Toggle(desk.Thinking)
			d.Focus = desk.Pane(len(d.Lanes) - 1)
			return cmd
		}},
		{name: "a file with a vector from a file", model: tiny, sampling: sampled, plans: []string{"sine*3@0-1[match:/cat'\\x22?/+last]"},
			prompt: engine.Prompt{Text: "the cat's \"mat\" $HOME\t`a` \\ !x\nis"}},
		{name: "without BOS", model: tiny, sampling: greedy, plans: []string{"sine*2"}, prompt: engine.Prompt{Text: "the cat", NoBOS: true, ParseSpecial: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := screentest.New(t, nil, engine.Options{Vectors: map[string]string{"sine": filepath.Join(dir, "vectors", "sine.safetensors")}})
			d := s.Desk
			d.Sampling = c.sampling
			if c.prompt.Text != "" {
				d.Asked.Prompt = &c.prompt
			}
			s.Run(d.Open(c.model))
			for _, plan := range c.plans {
				s.Run(d.Duplicate())
				s.Run(d.SetPlan(d.Focused(), plan))
			}
			if c.do != nil {
				s.Run(c.do(d))
			}
			shown := transcript.Beside(d)
			command, err := transcript.Command(d, shown)
			if err != nil {
				t.Fatal(err)
			}
			sameIDs(t, d, shown, runIDs(t, shell, command))
		})
	}
}

// runIDs runs a command as a shell reads it and returns the ids of each lane.
func runIDs(t *testing.T, shell, command string) [][]int {
	t.Helper()
	words, err := exec.Command(shell, "-c", `printf '%s\0' `+command).Output()
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")
	if args[0] != "tiller" {
		t.Fatalf("the command is %s", command)
	}
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(append(args[1:], "--json"))
	root.SetOut(&out)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var result struct {
		Lanes []struct {
			IDs []int `json:"ids"`
		} `json:"lanes"`
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	ids := make([][]int, len(result.Lanes))
	for i, l := range result.Lanes {
		ids[i] = l.IDs
	}
	return ids
}

// sameIDs wants base and all lanes with plans to be as they are shown, or else
// the lane alone.
func sameIDs(t *testing.T, d *desk.Desk, shown *desk.Lane, ran [][]int) {
	t.Helper()
	want := [][]int{shown.Answer.IDs()}
	if shown.Kind == desk.Steered {
		want = nil
		for _, l := range d.Lanes {
			switch {
			case l.Answer == nil && l.Plan.Text == "":
				continue // it would say what base says
			case l.Answer == nil:
				t.Fatalf("the lane with the plan %q was not answered: %s", l.Plan.Text, d.Status.Text)
			}
			if l.Kind == desk.Base || l.Answer.PlanText != "" {
				want = append(want, l.Answer.IDs())
			}
		}
	}
	if !slices.EqualFunc(ran, want, slices.Equal) {
		t.Errorf("the command gives\n%v\nthe screen shows\n%v", ran, want)
	}
}
