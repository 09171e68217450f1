package record_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/record"
)

// recorded is a short sitting: the demonstration, a dial, a vector from a file,
// and one that was derived and is in none.
func recorded(t testing.TB) *record.Log {
	t.Helper()
	t.Chdir(t.TempDir())
	writeVector(t, "one.safetensors")
	s := sit(t, 100, 30, tui.Options{})
	s.WaitIdle().Press("R", "enter").WaitIdle().Expect("● rec")
	s.Press("-", "-", "-", "-").WaitIdle()
	s.Press("g", "v", "I").Paste("one.safetensors").Press("enter").WaitIdle()
	s.Press("a").WaitIdle()
	s.Press("D", "end", "i").Type("ann\nbob").Press("tab").Type("cat\neve").Press("esc", "enter").WaitIdle()
	s.Press("a").WaitIdle()
	s.Press("R").WaitIdle().Press("q").Expect("in no file").Press("y").WaitEnd()
	return read(t, fileBytes(t, "sitting.jsonl"))
}

func TestVerify(t *testing.T) {
	l := recorded(t)
	runs := func() []*record.Run {
		t.Helper()
		runs, err := record.Runs(l, tui.Replay)
		if err != nil {
			t.Fatal(err)
		}
		return runs
	}
	verify := func(runs []*record.Run, o record.VerifyOptions) *record.Verdict {
		t.Helper()
		o.Library, o.Threads = library.New(assets.FS), 1
		v, err := record.Verify(t.Context(), runs, o)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	all := runs()
	if len(all) < 4 {
		t.Fatalf("%d runs", len(all))
	}
	v := verify(all, record.VerifyOptions{})
	if v.Difference != nil || v.Answers < 4 || v.Tokens < 60 || len(v.Missing) != 1 || !strings.Contains(v.Missing[0], "was derived in the sitting") {
		t.Fatalf("%+v", v)
	}

	other := runs()
	a := other[1].Answers[2]
	a.Tokens = slices.Clone(a.Tokens)
	a.Tokens[3].ID++
	d := verify(other, record.VerifyOptions{}).Difference
	if d == nil || d.Run != 1 || d.Index != 3 || d.Plan == "" || d.Was != a.Tokens[3].Piece || d.Is != d.Was || !(d.Gap > 0) {
		t.Errorf("the difference is %+v", d)
	}
	a.Tokens[3].ID--
	a.Tokens = a.Tokens[:4]
	if d := verify(other, record.VerifyOptions{}).Difference; d == nil || d.Index != 4 || d.Was != "" || !strings.Contains(d.String(), "token 4 was the end and is now “") {
		t.Errorf("the difference is %v", d)
	}
	a.Stop = "" // the log says no more of it
	if d := verify(other, record.VerifyOptions{}).Difference; d != nil {
		t.Errorf("a log that is cut is another: %v", d)
	}

	elsewhere := runs()
	for _, r := range elsewhere {
		for i := range r.Lanes {
			r.Lanes[i].Model = "/nowhere/m.gguf"
		}
		r.Fingerprints = map[string]string{"/nowhere/m.gguf": all[0].Fingerprints["embedded:base"]}
	}
	if v := verify(elsewhere, record.VerifyOptions{}); v.Answers != 0 || len(v.Missing) != 1 || !strings.Contains(v.Missing[0], "The model /nowhere/m.gguf is not here") {
		t.Errorf("without the model: %+v", v)
	}
	if v := verify(elsewhere, record.VerifyOptions{Model: "embedded:base"}); v.Answers < 4 || v.Difference != nil {
		t.Errorf("with the model elsewhere: %+v", v)
	}
	if v := verify(elsewhere, record.VerifyOptions{Model: "embedded:thinking"}); v.Answers != 0 || len(v.Missing) != 1 {
		t.Errorf("with another model: %+v", v)
	}

	if err := os.Rename("one.safetensors", "moved.safetensors"); err != nil {
		t.Fatal(err)
	}
	if v := verify(runs(), record.VerifyOptions{}); !strings.Contains(strings.Join(v.Missing, ""), "The vector one is not here: it was one.safetensors.") {
		t.Errorf("without the vector: %q", v.Missing)
	}
	if v := verify(runs(), record.VerifyOptions{Vectors: map[string]string{"one": "moved.safetensors"}}); len(v.Missing) != 1 {
		t.Errorf("with the vector elsewhere: %q", v.Missing)
	}
	if v := verify(runs(), record.VerifyOptions{Vectors: map[string]string{"one": "embedded:decide"}}); !strings.Contains(strings.Join(v.Missing, ""), "The vector one is another than in the recording") {
		t.Errorf("with another vector: %q", v.Missing)
	}
}

// TestPassing seeks through long answers without drawing each frame of them,
// and arrives at the same.
func TestPassing(t *testing.T) {
	messages := streaming(400)
	messages = append(messages, tea.KeyPressMsg{Code: 'k', Text: "k"}, tea.KeyPressMsg{Code: tea.KeyTab}, tea.KeyPressMsg{Code: 'G', Text: "G", Mod: tea.ModShift})
	messages = append(messages, engine.Generated{Gen: 6, Done: true, Ended: []engine.Ended{{Lane: 1, Stop: "length"}, {Lane: 2, Stop: "length"}}})
	path := t.TempDir() + "/s.jsonl"
	r := newRecorder(steady())
	if err := r.Begin(path); err != nil {
		t.Fatal(err)
	}
	screen := r.Around(nothing{})
	for _, msg := range messages {
		screen.Update(msg)
	}
	r.Close()
	l := read(t, fileBytes(t, path))
	slow, err := record.NewPlayer(l, tui.Replay)
	if err != nil {
		t.Fatal(err)
	}
	frames := map[int]record.Frame{}
	for ok := true; ok; ok, err = slow.Step() {
		frames[slow.At()] = slow.Frame()
	}
	if err != nil {
		t.Fatal(err)
	}
	fast, err := record.NewPlayer(l, tui.Replay)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{len(l.Events), 300, 301, 290, 100, len(l.Events) - 3} {
		if err := fast.Seek(n); err != nil {
			t.Fatal(err)
		}
		for m := n; m >= 0; m-- {
			f, ok := fast.FrameAt(m)
			if ok && f != frames[m] {
				t.Fatalf("after %d events, on the way to %d, the frame is another:\n%s\n%s", m, n, f.Content, frames[m].Content)
			}
			if m == n && !ok {
				t.Errorf("the frame after %d events is not known", n)
			}
		}
	}
}
