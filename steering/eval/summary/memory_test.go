package summary

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tiller/steering/eval"
)

// wordy writes a run of four lanes whose outputs have 2,000 bytes each.
func wordy(t testing.TB, asked int) string {
	t.Helper()
	s := spec(lane(eval.Base, "base"), lane(eval.Prompt, "prompt"), lane(eval.Planned, "plan:v@2"), lane(eval.Thinking, "thinking"))
	dir := folder(t, s, problems(asked))
	f, err := os.Create(filepath.Join(dir, "samples.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	text := strings.Repeat("so the answer is 7 .", 100)
	for i := range asked {
		for l := range s.Lanes {
			fmt.Fprintf(w, `{"id":"p%d","lane":"%s","draw":0,"output":"%s","extracted":"7","found":true,"score":%d,"tokens":20,"stop":"eos"}`+"\n",
				i, s.Lanes[l].Name, text, min(1, i%(l+2)))
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMemory sums up outputs of 200 MB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand samples take a while")
	}
	const asked = 25_000
	dir := wordy(t, asked)
	runtime.GC()
	before := heap()
	most, done := make(chan uint64), make(chan bool)
	go func() {
		highest := uint64(0)
		for {
			select {
			case <-done:
				most <- highest
				return
			case <-time.After(5 * time.Millisecond):
				highest = max(highest, heap())
			}
		}
	}()
	got := made(t, dir, Options{Resamples: 100})
	done <- true
	grew := int64(<-most) - int64(before)
	if l := got.Lane("plan:v@2"); l.N != asked || !got.Complete {
		t.Errorf("%d answers were found", l.N)
	}
	if grew > 100<<20 {
		t.Errorf("%d MiB were held for %d samples", grew>>20, 4*asked)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkMake(b *testing.B) {
	dir := wordy(b, 25_000)
	for b.Loop() {
		made(b, dir, Options{})
	}
}
