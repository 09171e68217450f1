package record_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/record"
	"tiller/tui/settings"
)

// streaming are the messages of a sitting in which four lanes stream so many
// tokens each, one token of each in a message, as a slow model gives them.
func streaming(tokens int) []tea.Msg {
	opened := engine.Opened{Gen: 1, Plan: "a"}
	opened.Model.Ref, opened.Model.Name, opened.Model.Layers = "m.gguf", "m.gguf", 30
	opened.Vectors = []engine.VectorInfo{{Name: "a", Read: true, Layers: []int{2}, Norms: []float64{1}}}
	messages := []tea.Msg{tea.WindowSizeMsg{Width: 120, Height: 32}, opened}
	for range 2 {
		messages = append(messages, tea.KeyPressMsg{Code: 'd', Text: "d"})
	}
	gen := 6
	begun := engine.Generated{Gen: gen}
	for lane := 1; lane <= 4; lane++ {
		begun.Begun = append(begun.Begun, engine.Begun{Lane: lane, Prompt: make([]engine.PromptToken, 20)})
	}
	messages = append(messages, begun)
	words := []string{" the", " of", " ball", ".", " where", " Once", " upon", " time", "ly", " and"}
	for i := range tokens {
		msg := engine.Generated{Gen: gen, Rate: 61.3}
		for lane := 1; lane <= 4; lane++ {
			id := (i*7 + lane*3) % 4000
			word := words[id%len(words)] + fmt.Sprint(id/len(words))
			token := engine.Token{Lane: lane, Index: i, ID: id, Text: word, Piece: "Ġ" + word[1:], LogProb: math.Round((-0.1234567891-float64(id)/977)*1e9) / 1e9}
			if lane > 1 && i%4 == 0 {
				token.Steered, token.Terms = true, []int{0}
			}
			msg.Tokens = append(msg.Tokens, token)
		}
		messages = append(messages, msg)
	}
	return messages
}

func newApp(r *record.Recorder) *tui.App {
	return tui.New(tui.Options{Settings: settings.Defaults(), Keys: keys.Default(), Model: "m.gguf", Recorder: r})
}

func newRecorder(now func() time.Time) *record.Recorder {
	return record.New(record.Options{Now: now, Tool: "tiller test", Kernel: "k", Sitting: tui.Options{Settings: settings.Defaults(), Model: "m.gguf"}.Sitting()})
}

// BenchmarkFrame is what one message costs, drawing included, without a
// recorder, with one that keeps the sitting in memory, and with one that writes
// a file.
func BenchmarkFrame(b *testing.B) {
	messages := streaming(1000)
	for _, with := range []string{"nothing", "memory", "file"} {
		b.Run(with, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; {
				r := newRecorder(time.Now)
				var screen tea.Model = newApp(r)
				if with != "nothing" {
					screen = r.Around(screen)
				}
				if with == "file" {
					if err := r.Begin(filepath.Join(b.TempDir(), fmt.Sprint("s", i))); err != nil {
						b.Fatal(err)
					}
				}
				screen.Init()
				for _, msg := range messages {
					if i++; i > b.N {
						break
					}
					screen.Update(msg)
					_ = screen.View()
				}
				r.Close()
			}
		})
	}
}

// BenchmarkNote is what recording one message of four tokens costs alone.
func BenchmarkNote(b *testing.B) {
	messages := streaming(1000)
	r := newRecorder(time.Now)
	screen := r.Around(nothing{})
	b.ReportAllocs()
	for i := range b.N {
		screen.Update(messages[i%len(messages)])
	}
}

// nothing is a screen that does nothing.
type nothing struct{}

func (nothing) Init() tea.Cmd                         { return nil }
func (m nothing) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (nothing) View() tea.View                        { return tea.View{} }

// BenchmarkReplay reads and plays a sitting of streamed tokens, and reports how
// much faster than at 60 messages a second that is, and how large the file.
func BenchmarkReplay(b *testing.B) {
	const tokens = 2500 // of each of four lanes
	path := filepath.Join(b.TempDir(), "s.jsonl")
	r := newRecorder(steady())
	if err := r.Begin(path); err != nil {
		b.Fatal(err)
	}
	screen := r.Around(newApp(r))
	screen.Init()
	for _, msg := range streaming(tokens) {
		screen.Update(msg)
	}
	r.Close()
	for range b.N {
		l, err := record.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		p, err := record.NewPlayer(l, tui.Replay)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Seek(len(l.Events)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(l.Length().Seconds()/(b.Elapsed().Seconds()/float64(b.N)), "x-real-time")
	}
	b.ReportMetric(float64(len(fileBytes(b, path)))/(4*tokens)*100_000/1e6, "MB/100k-tokens")
}

// steady is a clock that is looked at 60 times a second.
func steady() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time {
		now = now.Add(time.Second / 60)
		return now
	}
}
