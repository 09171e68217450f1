package drive_test

import (
	"fmt"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui"
	"tiller/tui/drive"
	"tiller/tui/drive/drivetest"
	"tiller/tui/engine"
)

// question is the first problem of the embedded model, which answers it wrongly
// unless it is steered.
const question = "eve +0 . hal +8 . cat +5 . gus +5 ."

// open sits down at the screen with the embedded model.
func open(t testing.TB, width, height int) *drivetest.Screen {
	t.Helper()
	return drivetest.Open(t, embedded(tui.Options{}), drive.Options{Width: width, Height: height})
}

func embedded(o tui.Options) drive.Sitting {
	return drive.Sitting{Library: library.New(assets.FS), Engine: engine.Options{Threads: 1}, App: o}
}

// times is a key pressed so many times.
func times(n int, key string) []string { return strings.Split(strings.Repeat(key+"\n", n-1)+key, "\n") }

// under are the texts of the cells that stand out as the cursor does.
func under(s *drivetest.Screen) string {
	var b strings.Builder
	for _, line := range s.Cells() {
		for _, c := range line {
			if c.Reverse {
				b.WriteString(c.Text)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

func TestFirstScreen(t *testing.T) {
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 32}, {240, 70}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			s := open(t, size[0], size[1])
			s.Expect(question, "── base ", "✗ 3", "▸ steered", "✓ 8", "first eve +0 gives 0", "the answer is 3 .", "keys")
			s.WaitIdle()
			if size[1] > 16 {
				s.Expect("◆ they part at token 0")
			}
			s.Press("q").WaitEnd()
		})
	}
}

// TestCliff turns the strength down until the plan is too weak, and up again.
func TestCliff(t *testing.T) {
	t.Parallel()
	s := open(t, 160, 40)
	s.WaitIdle().Expect("✓ 8")
	s.Press(times(7, "-")...).WaitIdle()
	s.Expect("─ 0.3  ").ExpectNot("✓", "first eve")
	if n := strings.Count(s.Screen(), "the answer is 3 ."); n != 2 {
		t.Errorf("the answer of base stands %d times on the screen, want 2:\n%s", n, s.Screen())
	}
	s.Expect("base and steered say the same")
	s.Press(times(6, "+")...).WaitIdle().Expect("─ 0.9  ", "✓ 8", "first eve +0 gives 0")
	s.Press("u", "u").WaitIdle().Expect("─ 0.7  ")
	s.Press("ctrl+r").WaitIdle().Expect("─ 0.8  ")
	s.Press("0").WaitIdle().Expect("─ 0  ", "base and steered say the same")
	s.Press("u", ">").WaitIdle().Expect("─ 0.8  ", "[3]")
	s.Press("<", "<").WaitIdle().Expect("[1]")
}

// TestPositions selects tokens of the question.
func TestPositions(t *testing.T) {
	t.Parallel()
	s := open(t, 160, 40)
	s.WaitIdle()
	s.Press("tab").Expect("▸ question")
	s.Press("l", "space").WaitIdle().Expect("gen:18-199+1]")
	s.Press("l", "v", "l", "l", "space").WaitIdle().Expect("gen:18-199+1-4]")
	lines := strings.Split(s.Screen(), "\n")
	if n := strings.Count(lines[3], "▲"); n != 5 { // and the last one
		t.Errorf("%d positions are marked, want 5:\n%s", n, s.Screen())
	}
	s.Press("u", "u").WaitIdle().ExpectNot("199+1")
}

// TestQuestions asks others: of the examples, typed ones, pasted ones.
func TestQuestions(t *testing.T) {
	t.Parallel()
	s := open(t, 160, 40)
	s.WaitIdle()
	s.Press("}").WaitIdle().Expect("2 of 1 201").ExpectNot(question)
	s.Press("{").WaitIdle().Expect("1 of 1 201", question)
	s.Press("i").Expect("typing")
	s.Type(" zebra").Expect("unknown: zebra")
	s.Press("enter").WaitIdle().Expect(`"zebra"`).ExpectNot("typing")
	s.Press("i").Type(" q").Press("esc").WaitIdle().ExpectNot("typing", " q ")
	s.Press("}").WaitIdle().Expect("1 of 1 201", question).ExpectNot("zebra")
	s.Paste("\nwhat").Expect("typing", "what")
	s.Press("esc").WaitIdle().ExpectNot("typing")
}

// TestMoves moves among panes and tokens.
func TestMoves(t *testing.T) {
	t.Parallel()
	s := open(t, 160, 40)
	s.WaitIdle().Expect("▸ steered")
	s.Press("shift+tab").Expect("▸ base")
	s.Press("shift+tab").Expect("▸ question")
	s.Press("tab", "tab").Expect("▸ steered")
	cursor := func(want string) {
		t.Helper()
		if got := under(s.WaitIdle()); got != want {
			t.Errorf("the cursor is on %q, want %q:\n%s", got, want, s.Screen())
		}
	}
	cursor("first")
	s.Press("l", "l")
	cursor("+0")
	s.Press("G", "h")
	cursor(".")
	s.Press("/").Type("hal\n")
	cursor("hal")
	s.Press(".")
	cursor("first")
	s.Press("n", "z").WaitIdle().ExpectNot("── base ")
	cursor("hal")
	s.Press("z").WaitIdle().Expect("── base ")
	lines := strings.Split(s.Screen(), "\n")
	for y, line := range lines {
		if before, _, ok := strings.Cut(line, "cat +5 gives"); ok {
			s.Click(len([]rune(before))+4, y)
		}
	}
	cursor("+5")
	s.Wheel(5, 5, true).Wheel(5, 5, false).WaitIdle().Expect("▸ base")
}

// TestLanes adds, keeps, forks and closes lanes.
func TestLanes(t *testing.T) {
	t.Parallel()
	s := open(t, 200, 48)
	s.WaitIdle()
	s.Press("d").WaitIdle().Expect("▸ steered 2")
	s.Press("P", "-").WaitIdle().Expect("▸ steered 2 pin", "─ 0.9  ")
	s.Press("x").WaitIdle().ExpectNot("steered 2")
	s.Press("t").WaitIdle().Expect("── thinking ")
	s.Press("T").WaitIdle().Expect("── prompt ")
	s.Press("t", "T").WaitIdle().ExpectNot("── thinking ", "── prompt ")
	s.Press("l", "l", "f").WaitIdle().Expect("▸ steered 2")
	s.Press(times(3, "x")...).WaitIdle().Expect("The last lane can't be closed.")
}

// TestSizes changes the terminal's size while answers stream.
func TestSizes(t *testing.T) {
	t.Parallel()
	s := drivetest.Open(t, embedded(tui.Options{Sampling: &engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 256, IgnoreEOS: true}}), drive.Options{Width: 120, Height: 32})
	s.WaitIdle()
	s.Press("d", "enter")
	for width, height := 60, 16; width <= 240; width, height = width+9, height+3 {
		s.Resize(width, min(height, 70))
	}
	s.WaitIdle().Expect(question, "▸ steered 2")
	s.Press("enter")
	for width, height := 240, 70; width >= 60; width, height = width-20, height-6 {
		s.Resize(width, height).Press("j")
	}
	s.Resize(60, 16).WaitIdle().Expect(question, "▸ steered 2")
	s.Resize(50, 10).WaitIdle().Expect("tiller needs 60 columns").ExpectNot("steered")
	s.Resize(120, 12).WaitIdle().Expect("tiller needs 60 columns and 16 lines; here are 120 and 12.")
	s.Resize(1, 1).WaitIdle()
	s.Resize(80, 24).WaitIdle().Expect(question, "▸ steered 2")
}

// TestStop stops answers in the middle. They may be there before the key is, so
// it is tried until they are not.
func TestStop(t *testing.T) {
	t.Parallel()
	s := drivetest.Open(t, embedded(tui.Options{Sampling: &engine.Sampling{TopP: 1, RepeatPenalty: 1, MaxTokens: 256, IgnoreEOS: true}}), drive.Options{Width: 160, Height: 32})
	s.WaitIdle()
	for range 100 {
		s.Press("+", "enter").Expect("tok/s ──").Press("ctrl+c").WaitIdle()
		if strings.Contains(s.Screen(), "· stopped ") {
			return
		}
	}
	t.Errorf("nothing could be stopped:\n%s", s.Screen())
}

func TestQuit(t *testing.T) {
	for _, keys := range [][]string{{"q"}, {"ctrl+c", "ctrl+c"}, {"i", "ctrl+c", "ctrl+c"}} {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			t.Parallel()
			s := open(t, 80, 24)
			s.WaitIdle()
			s.Press(keys...).WaitEnd()
		})
	}
	t.Run("while answers stream", func(t *testing.T) {
		t.Parallel()
		open(t, 80, 24).Expect("tiller").Press("enter", "q").WaitEnd()
	})
}

// TestNoModel stays usable when nothing could be opened.
func TestNoModel(t *testing.T) {
	t.Parallel()
	s := drivetest.Open(t, embedded(tui.Options{Model: "/nowhere/at\x1b]0;owned\aall"}), drive.Options{})
	s.WaitIdle().Expect("✗ ", "/nowhere/at")
	s.Press("+", ">", "space", "enter", "i").Type("x\n").Press("}", "d", "t", "T", "x", "f", "P", ".", "c", "tab", "/").Type("y\n").Press("u", "0", "z", "s")
	for _, view := range []string{"t", "l", "v", "p", "s", "c"} {
		s.Press("g", view)
	}
	s.WaitIdle()
	s.Press("q").WaitEnd()
}
