package tui_test

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/engine"
	"tiller/tui/keys"
	"tiller/tui/settings"
)

// streaming returns a screen on which four lanes of so many tokens go on, fed by
// messages as an engine would send them, and the generation of their run.
func streaming(b *testing.B, tokens, width, height int) (*tui.App, int) {
	a := tui.New(tui.Options{Settings: settings.Defaults(), Keys: keys.Default(), Prompt: &engine.Prompt{Text: "Once upon a time"}})
	a.Init()
	a.Update(tea.WindowSizeMsg{Width: width, Height: height})
	meant(b, a, func(gen int) tea.Msg {
		model := engine.ModelInfo{Summary: library.Summary{Ref: "made.gguf", Layers: 30}, Name: "made.gguf", Parameters: 135e6}
		return engine.Opened{Gen: gen, Model: model, Plan: "vector*0.2r@8-16[content]"}
	})
	for range 2 {
		press(a, tea.KeyPressMsg{Code: 'd', Text: "d"})
	}
	gen := meant(b, a, func(gen int) tea.Msg {
		msg := engine.Generated{Gen: gen, Rate: 1234}
		for lane := 1; lane <= 4; lane++ {
			msg.Begun = append(msg.Begun, engine.Begun{Lane: lane, Prompt: make([]engine.PromptToken, 20), Covered: make([][]int, 20)})
			for i := range tokens {
				msg.Tokens = append(msg.Tokens, token(lane, i))
			}
		}
		return msg
	})
	return a, gen
}

// meant sends a message under one generation number after the other until it is
// the one that was given out: the others are dropped.
func meant(b *testing.B, a *tui.App, message func(gen int) tea.Msg) int {
	before := a.View().Content
	for gen := 1; gen <= 100; gen++ {
		if a.Update(message(gen)); a.View().Content != before {
			return gen
		}
	}
	b.Fatal("no generation number was the right one")
	return 0
}

// token is a generated token: a word, now and then the end of a sentence or a
// paragraph, or something wide.
func token(lane, i int) engine.Token {
	text := fmt.Sprintf(" word%d", i*7%(90+lane))
	switch {
	case i%97 == 96:
		text = ".\n\n"
	case i%13 == 12:
		text = "."
	case i%31 == 30:
		text = " 日本"
	}
	return engine.Token{Lane: lane, Index: i, ID: i*7%(90+lane) + lane/2, Text: text, LogProb: -float64(i%50) / 10, Steered: lane > 1 && i%9 < 3}
}

func press(a *tui.App, k tea.KeyPressMsg) string {
	a.Update(k)
	return a.View().Content
}

var sizes = [][2]int{{80, 24}, {120, 32}, {240, 70}}

// BenchmarkKey is a key and the frame that follows, while four lanes of 4,000
// tokens stream.
func BenchmarkKey(b *testing.B) {
	for _, size := range sizes {
		for _, test := range []struct {
			name string
			keys [2]tea.KeyPressMsg // by turns
		}{
			{"move", [2]tea.KeyPressMsg{{Code: 'k', Text: "k"}, {Code: 'j', Text: "j"}}},
			{"jump", [2]tea.KeyPressMsg{{Code: tea.KeyHome}, {Code: tea.KeyEnd}}},
			{"pane", [2]tea.KeyPressMsg{{Code: tea.KeyTab}, {Code: tea.KeyTab}}},
			{"dial", [2]tea.KeyPressMsg{{Code: '+', Text: "+"}, {Code: '-', Text: "-"}}},
		} {
			b.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], test.name), func(b *testing.B) {
				a, _ := streaming(b, 4000, size[0], size[1])
				for i := 0; b.Loop(); i++ {
					press(a, test.keys[i%2])
				}
			})
		}
	}
}

// BenchmarkToken is a token of each of four lanes and the frame that follows,
// when 4,000 have come before.
func BenchmarkToken(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			a, gen := streaming(b, 4000, size[0], size[1])
			for i := 4000; b.Loop(); i++ {
				msg := engine.Generated{Gen: gen, Rate: 1234}
				for lane := 1; lane <= 4; lane++ {
					msg.Tokens = append(msg.Tokens, token(lane, i))
				}
				a.Update(msg)
				a.View()
			}
		})
	}
}

// BenchmarkResize lays four lanes of 4,000 tokens out anew.
func BenchmarkResize(b *testing.B) {
	a, _ := streaming(b, 4000, 120, 32)
	for i := 0; b.Loop(); i++ {
		a.Update(tea.WindowSizeMsg{Width: 120 + 60*(i%2), Height: 32})
		a.View()
	}
}
