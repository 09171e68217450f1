package script

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	s, err := Parse("x", "# remark\n\nsize 80x24\nmodel embedded:base\nvector a=b.gguf\n  press + g t\r\ntype  two  spaces \nwait until idle\nwait for ✓ 8\nexpect not ✗ 3\nexpect ✓\nclick 3,4\nsleep 0.5\nsize 100x30\npaste\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"size 80x24", "model embedded:base", "vector a=b.gguf", "press + g t", "type  two  spaces", "wait until idle", "wait for ✓ 8", "expect not ✗ 3", "expect ✓", "click 3,4", "sleep 0.5", "size 100x30", "paste"}
	for i, step := range s.Steps {
		if step.String() != want[i] {
			t.Errorf("step %d is %q, want %q", i, step, want[i])
		}
	}
	if len(s.Steps) != len(want) {
		t.Errorf("%d steps, want %d", len(s.Steps), len(want))
	}
	if got := s.Steps[4].Text; got != " two  spaces " {
		t.Errorf("type keeps its spaces: %q", got)
	}
	if s.Steps[9].X != 3 || s.Steps[9].Y != 4 || s.Steps[10].Pause != 500*time.Millisecond || s.Steps[3].Line != 6 {
		t.Errorf("numbers: %+v", s.Steps[9:11])
	}
	b := s.Beginning()
	if b.Width != 80 || b.Height != 24 || b.Model != "embedded:base" || b.Vectors["a"] != "b.gguf" {
		t.Errorf("begins as %+v", b)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"press":                               "line 1: press needs something",
		"\njump 3":                            `line 2: there is no step "jump"; there are `,
		"size 80":                             "COLUMNSxLINES",
		"size 80x2000":                        "out of range",
		"size 0x10":                           "out of range",
		"click -1,3":                          "out of range",
		"click 1;3":                           "COLUMN,LINE",
		"sleep forever":                       "seconds from 0 to 600",
		"sleep -1":                            "seconds from 0 to 600",
		"sleep NaN":                           "seconds from 0 to 600",
		"theme mauve":                         "dark or light",
		"max-tokens 0":                        "from 1 to",
		"vector x":                            "NAME=FILE",
		"press +\nmodel m":                    "has to come before",
		"wait until idle now":                 "takes nothing more",
		"presses +":                           "no step",
		"press " + strings.Repeat("x ", 1001): "too many",
		strings.Repeat("\n", 10_001) + "x":    "at most 10000 lines",
	} {
		_, err := Parse("demo", text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "demo, line ") {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("size 80x24\npress + g t\nexpect ✓\nsleep 1")
	f.Add("click 1,2\ntype x\n# y")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("f", text)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, step := range s.Steps {
			again.WriteString(string(step.Verb) + " " + step.Text + "\n")
		}
		other, err := Parse("f", again.String())
		if err != nil || len(other.Steps) != len(s.Steps) {
			t.Fatalf("%q reads back as %v, %v", text, other, err)
		}
	})
}
