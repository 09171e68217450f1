package plain

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/displaywidth"
)

var update = flag.Bool("update", false, "write the golden files anew")

// split makes tokens of text at spaces; a word that starts with * is steered.
func split(text string) []Token {
	var tokens []Token
	for i, word := range strings.SplitAfter(text, " ") {
		if i > 0 {
			word = " " + word
		}
		word = strings.TrimSuffix(word, " ")
		t := Token{Text: strings.Replace(word, "*", "", 1), Steered: strings.Contains(word, "*")}
		for _, r := range t.Text {
			t.ID = t.ID*31 + int(r)
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// run is one run as the model might give it.
type run struct {
	header  Header
	lanes   [][]Token
	summary Summary
}

func pair() run {
	const base = "box 5 holds a ball , and 東京の天気は今日も晴れです。 Then ann says: e\u0301te\u0301 👩\u200d👩\u200d👧 ! \n\nAntidisestablishmentarianismus-and-floccinaucinihilipilification-and-more-of-the-same is one long word , and the\x1b[31m answer is 3 ."
	const other = "box 5 holds a ball , *first ann +7 gives 2 . *then *bob *+6 gives\u202e 8 . \n\n*so the answer is 7 ."
	return run{
		header: Header{
			Model:  "tiny\x1b]0;title\x07.gguf · llama · 5 layers of 64 · F32",
			Prompt: "Where is the ball? 東京 😀\nAnswer:",
			Tokens: 12,
			Lanes:  []LaneHeader{{Name: "base"}, {Name: "steered", Plan: "reason*0.6@2[sentence]"}},
		},
		lanes: [][]Token{split(base), split(other)},
		summary: Summary{
			TokensPerSecond: 1840.4,
			Lanes: []LaneSummary{{Stop: "length"}, {
				Stop: "eos", Positions: 33, RowEdits: 5,
				Fired:    []Fired{{Term: "reason@2", Count: 5, Ratios: []Ratio{{2, 0.3149}, {3, 0.2}}}, {Term: "happy@1"}},
				Warnings: []string{"[all] edits the first special token too."},
			}},
		},
	}
}

func single() run {
	r := pair()
	r.header.Lanes, r.lanes, r.summary.Lanes = r.header.Lanes[:1], r.lanes[:1], r.summary.Lanes[:1]
	r.header.Prompt = strings.Repeat("A line of a long prompt.\n", 40)
	return r
}

func three() run {
	r := pair()
	same := r.lanes[0]
	r.header.Lanes = append(r.header.Lanes, LaneHeader{Name: "steered 2", Plan: "add:a-vector-with-a-long-name*ramp(0,2,16)@2-3[gen]?entropy>1.5&not margin<0.25"})
	r.lanes = append(r.lanes, same)
	r.summary.Lanes = append(r.summary.Lanes, LaneSummary{Stop: "cancelled", Positions: 40, Fired: []Fired{{Term: "a-vector@2-3", Count: 0}}})
	return r
}

// graded is a question whose answer is known, and notes after it.
func graded() run {
	return run{
		header: Header{
			Model:  "embedded:base · llama · 4 layers of 96 · F32",
			Prompt: "dial at 5 . ann +7 . bob +6 . cat -1 . where does the dial end ?",
			Tokens: 20, Answer: "7",
			Lanes: []LaneHeader{{Name: "base"}, {Name: "steered by @demo", Plan: "reason*0.6@2[sentence]"}},
		},
		lanes: [][]Token{split("the answer is 3 ."),
			split("*we want the number on the dial . *first 5 ann +7 gives 2 . *then 2 bob +6 gives 8 . *then 8 cat -1 gives 7 . *so the answer is 7 .")},
		summary: Summary{
			Lanes: []LaneSummary{{Stop: "eos", Answer: &Answer{Given: "3"}}, {
				Stop: "eos", Positions: 53, RowEdits: 5, Answer: &Answer{Given: "7", Right: true},
				Fired: []Fired{{Term: "reason*0.6@2[sentence]", Count: 5, Ratios: []Ratio{{2, 0.3149}}}},
			}},
			Notes: []string{"Every lane has the same weights; a vector was added at each ▲. Try also:",
				`tiller run --plan "reason*0.3@2[sentence]"`,
				`tiller run --prompt "ann +7 . bob +8 . cat +8 . what is the last digit of the total ?"`},
		},
	}
}

// ungraded gave no answer, in a lane and in none steered.
func ungraded() run {
	r := graded()
	r.header.Answer = "left\x1b[2J"
	r.header.Lanes, r.lanes = r.header.Lanes[:1], [][]Token{split("we want")}
	r.summary.Lanes = []LaneSummary{{Stop: "length", Answer: &Answer{}}}
	r.summary.Notes = nil
	return r
}

// write plays a run step by step into a Printer.
func (r run) write(t *testing.T, o Options, profile colorprofile.Profile) string {
	t.Helper()
	var b bytes.Buffer
	p := New(&colorprofile.Writer{Forward: &b, Profile: profile}, o)
	p.Begin(r.header)
	for i := 0; ; i++ {
		any := false
		for l, tokens := range r.lanes {
			if i < len(tokens) {
				p.Token(l, tokens[i])
				any = true
			}
			if i == len(tokens) {
				p.Done(l)
			}
		}
		if !any {
			break
		}
	}
	if err := p.End(r.summary); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	runs := map[string]run{"pair": pair(), "single": single(), "three": three(), "graded": graded(), "ungraded": ungraded()}
	for name, r := range runs {
		for _, width := range []int{0, 40, 80, 120, 200} {
			file := filepath.Join("testdata", fmt.Sprintf("%s-%d.txt", name, width))
			t.Run(filepath.Base(file), func(t *testing.T) {
				got := r.write(t, Options{Width: width}, colorprofile.NoTTY)
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				for _, line := range strings.Split(got, "\n") {
					if w := displaywidth.String(line); width > 0 && w >= width {
						t.Errorf("%d columns, want fewer than %d: %q", w, width, line)
					}
				}
			})
		}
	}
}

// TestColumnsAlign looks for the separator in the same column of every row.
func TestColumnsAlign(t *testing.T) {
	at := -1
	for _, line := range strings.Split(pair().write(t, Options{Width: 120}, colorprofile.NoTTY), "\n") {
		for _, joint := range []string{"┬", "│", "┴"} {
			before, _, found := strings.Cut(line, joint)
			if !found {
				continue
			}
			if at < 0 {
				at = displaywidth.String(before)
			}
			if w := displaywidth.String(before); w != at {
				t.Errorf("%q in column %d, want %d: %q", joint, w, at, line)
			}
		}
	}
	if at < 0 {
		t.Error("no columns")
	}
}

// screen plays what was written as a terminal would: a carriage return goes
// to the start of the line and what follows covers what was there.
func screen(t *testing.T, s string) string {
	t.Helper()
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		last, width := "", 0
		for _, part := range strings.Split(line, "\r") {
			if w := displaywidth.String(ansi.Strip(part)); part != "" {
				if w < width {
					t.Errorf("%q does not cover %d columns", part, width)
				}
				last, width = part, w
			}
		}
		lines = append(lines, strings.TrimRight(ansi.Strip(last), " "))
	}
	return strings.Join(lines, "\n")
}

func TestLiveEndsAsWritten(t *testing.T) {
	for name, r := range map[string]run{"pair": pair(), "single": single(), "three": three(), "graded": graded()} {
		for _, width := range []int{20, 40, 80, 120, 200, 240} {
			want := r.write(t, Options{Width: width}, colorprofile.NoTTY)
			got := screen(t, r.write(t, Options{Width: width, Live: true}, colorprofile.TrueColor))
			if got != want {
				t.Errorf("%s, %d columns: live\n%s\nwant\n%s", name, width, got, want)
			}
		}
	}
}

func TestEveryTokenSteered(t *testing.T) {
	r := pair()
	for i := range r.lanes[1] {
		r.lanes[1][i].Steered = true
	}
	got := r.write(t, Options{Width: 120}, colorprofile.NoTTY)
	if n := strings.Count(got, "▲"); n != 2 || strings.Contains(got, "▵") {
		t.Errorf("%d marks, want one at the start and one in the sentence:\n%s", n, got)
	}
	if !strings.Contains(got, "▲ Every token steered") {
		t.Errorf("not said in words:\n%s", got)
	}
}

func TestTight(t *testing.T) {
	r := graded()
	want := strings.Replace(r.write(t, Options{Width: 80}, colorprofile.NoTTY), "\n\n ── ", "\n ── ", 2)
	if got := r.write(t, Options{Width: 80, Tight: true}, colorprofile.NoTTY); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNoTokens(t *testing.T) {
	r := pair()
	r.lanes = [][]Token{nil, nil}
	if got := r.write(t, Options{Width: 120}, colorprofile.NoTTY); !strings.Contains(got, "▲ 0 of 0 tokens steered, ") {
		t.Errorf("no tokens:\n%s", got)
	}
}

// TestNotesStandApart: one empty line is before the notes, however many plans
// there are.
func TestNotesStandApart(t *testing.T) {
	for name, r := range map[string]run{"pair": pair(), "three": three()} {
		r.summary.TokensPerSecond, r.summary.Notes = 0, []string{"A note."}
		got := r.write(t, Options{Width: 120}, colorprofile.NoTTY)
		if before := strings.TrimSuffix(got, "\n A note.\n"); before == got || !strings.HasSuffix(before, ".\n") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestNoColor(t *testing.T) {
	got := pair().write(t, Options{Width: 120, Live: true}, colorprofile.ASCII)
	for _, colour := range []string{"\x1b[35m", "\x1b[1;35m"} {
		if strings.Contains(got, colour) {
			t.Errorf("colour %q in %q", colour, got)
		}
	}
}

func FuzzFlow(f *testing.F) {
	f.Add("the answer is 3 .\n\n東京の天気", " 👩\u200d👧 e\u0301", uint8(11))
	f.Fuzz(func(t *testing.T, a, b string, w uint8) {
		width := 2 + int(w)%60
		flow := newFlow(width)
		flow.write(a, asItIs)
		flow.glyph("▲", steerMark)
		flow.write(b, steered)
		flow.end()
		for _, line := range flow.lines {
			used := 0
			for _, c := range line {
				used += c.width
				for _, r := range c.text {
					if unicode.IsControl(r) {
						t.Fatalf("control %U in %q", r, c.text)
					}
				}
			}
			if used > width {
				t.Fatalf("%d columns, want at most %d: %v", used, width, line)
			}
		}
	})
}

// TestLongPipedText fails by its time if a text without newlines is laid out
// from its beginning for every token.
func TestLongPipedText(t *testing.T) {
	f := newFlow(0)
	for range 200_000 {
		f.write("word ", asItIs)
	}
	f.end()
	if len(f.lines) != 1 || len(f.lines[0]) != 5*200_000-1 {
		t.Errorf("%d lines", len(f.lines))
	}
}

// TestResize: once the terminal's width changes nothing is rewritten, and the
// text is there in full at the end.
func TestResize(t *testing.T) {
	var out bytes.Buffer
	asked := 0
	p := New(&out, Options{Width: 120, Live: true, Measure: func() int {
		asked++
		return 120 - 40*(asked/12)
	}})
	r := pair()
	p.Begin(r.header)
	rewritten := 0
	for i := range r.lanes[1] {
		if i < len(r.lanes[0]) {
			p.Token(0, r.lanes[0][i])
		}
		p.Token(1, r.lanes[1][i])
		if asked == 12 && rewritten == 0 {
			rewritten = out.Len()
		}
	}
	if out.Len() != rewritten {
		t.Errorf("%d bytes were written after the width changed", out.Len()-rewritten)
	}
	if err := p.End(r.summary); err != nil {
		t.Fatal(err)
	}
	if text := ansi.Strip(out.String()); !strings.Contains(text, "so the answer is 7 .") {
		t.Errorf("the end of the text is missing:\n%s", text)
	}
}
