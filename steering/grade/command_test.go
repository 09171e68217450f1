package grade

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// programMark makes the test's own binary a grader; the next argument says how
// it behaves.
const programMark = "grader-program"

// runProgram is a grader of lines that fails as it is told to.
func runProgram(how string) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	if how == "exits at once" {
		fmt.Fprintln(os.Stderr, "no model\x1b here")
		os.Exit(3)
	}
	if how == "reads nothing" {
		time.Sleep(time.Minute)
	}
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		id, _ := json.Marshal(q.ID)
		switch how {
		case "hangs":
			time.Sleep(time.Minute)
		case "has a child":
			child := exec.Command(os.Args[0], programMark, "hangs")
			child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
			if err := child.Start(); err != nil {
				os.Exit(5)
			}
			fmt.Fprintln(os.Stderr, "child", child.Process.Pid)
			time.Sleep(time.Minute)
		case "leaves a child":
			child := exec.Command(os.Args[0], programMark, "hangs")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			child.Stdin, _ = os.Open(os.DevNull)
			_ = child.Start()
			os.Exit(6)
		case "garbage":
			fmt.Println("0.5 I think")
		case "another id":
			fmt.Println(`{"id":"other","score":1}`)
		case "no id":
			fmt.Println(`{"score":1}`)
		case "no score":
			fmt.Printf("{\"id\":%s}\n", id)
		case "great score":
			fmt.Printf("{\"id\":%s,\"score\":-1e308}\n", id)
		case "huge score":
			fmt.Printf("{\"id\":%s,\"score\":1e999}\n", id)
		case "long":
			fmt.Println(strings.Repeat("x", 3<<20))
		case "no line":
			fmt.Printf("{\"id\":%s,\"score\":1}", id)
			os.Exit(0)
		case "much on standard error":
			fmt.Fprintln(os.Stderr, strings.Repeat("warning ", 1<<18))
			fallthrough
		default:
			score := 0.0
			if q.Output == q.Target {
				score = 1
			}
			fmt.Printf("{\"id\":%s,\"score\":%g,\"extracted\":%q,\"more\":[]}\n", id, score, strconv.Itoa(len(q.Output)))
			if how == "answers once" {
				os.Exit(0)
			}
		}
	}
}

func program(t *testing.T, how string, limit time.Duration) *Command {
	t.Helper()
	c, err := NewCommand([]string{os.Args[0], programMark, how}, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCommand(t *testing.T) {
	for _, how := range []string{"well", "much on standard error"} {
		c := program(t, how, time.Minute)
		for i, s := range []Sample{{ID: "1", Output: "x", Target: "x"}, {ID: "é\n\"", Output: "x<&>", Target: "y"}, {ID: "\xff", Output: "\xff"}, {ID: "4", Output: strings.Repeat("x", 3<<20)}} {
			g, err := c.Grade(context.Background(), s)
			if err != nil || g.Found != true || (g.Score == 1) != (i == 0) {
				t.Errorf("%s, sample %d: %+v, %v", how, i, g, err)
			}
		}
	}
}

func TestCommandTakesTurns(t *testing.T) {
	c := program(t, "well", time.Minute)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			s := Sample{ID: strconv.Itoa(i), Output: strings.Repeat("x", i+1)}
			if g, err := c.Grade(context.Background(), s); err != nil || g.Extracted != strconv.Itoa(i+1) {
				t.Errorf("%d: %+v, %v", i, g, err)
			}
		})
	}
	group.Wait()
}

func TestCommandFails(t *testing.T) {
	tests := []struct {
		how   string
		limit time.Duration
		want  string
	}{
		{"hangs", 100 * time.Millisecond, "it gave no answer in 100ms"},
		{"reads nothing", 100 * time.Millisecond, "it gave no answer in 100ms"},
		{"exits at once", time.Minute, `it ended with exit status 3; its standard error ends with "no model\x1b here"`},
		{"leaves a child", time.Minute, "it ended with exit status 6"},
		{"garbage", time.Minute, `its answer "0.5 I think" is no JSON object with an id and a score`},
		{"another id", time.Minute, `it answers the sample "other"`},
		{"no id", time.Minute, "its answer has no id"},
		{"no score", time.Minute, "its answer has no score"},
		{"great score", time.Minute, "its score -1e+308 is beyond 1e+100, the most that can be summed up"},
		{"huge score", time.Minute, "is no JSON object with an id and a score"},
		{"long", time.Minute, "its answer is longer than 1048576 bytes"},
	}
	for _, test := range tests {
		t.Run(test.how, func(t *testing.T) {
			t.Parallel()
			c := program(t, test.how, test.limit)
			s := Sample{ID: "q7", Output: strings.Repeat("x", 1<<20)}
			_, err := c.Grade(context.Background(), s)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `sample "q7"`) || !strings.Contains(err.Error(), "grader command ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %s", err, test.want)
			}
			if _, again := c.Grade(context.Background(), Sample{ID: "q8"}); again == nil || again.Error() != err.Error() {
				t.Errorf("afterwards %v", again)
			}
			select {
			case <-c.process.ended:
			default:
				t.Error("the program lives on")
			}
		})
	}
}

func TestCommandEndsEarly(t *testing.T) {
	for _, how := range []string{"answers once", "no line"} {
		c := program(t, how, time.Minute)
		if g, err := c.Grade(context.Background(), Sample{ID: "1"}); err != nil || g.Score != 1 {
			t.Errorf("%s: %+v, %v", how, g, err)
		}
		if _, err := c.Grade(context.Background(), Sample{ID: "2"}); err == nil || !strings.Contains(err.Error(), `sample "2": it ended with exit status 0`) {
			t.Errorf("%s: %v", how, err)
		}
	}
}

func TestCommandKillsItsGroup(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the processes are looked for in /proc")
	}
	c := program(t, "has a child", 2*time.Second)
	_, err := c.Grade(context.Background(), Sample{ID: "1"})
	if err == nil {
		t.Fatal("it answered")
	}
	pid, found := strings.CutPrefix(c.process.errors.String(), "child ")
	if !found {
		t.Fatal(err)
	}
	for range 100 {
		status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		if err != nil || strings.Contains(string(status), ") Z ") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the child %s lives on", pid)
}

func TestCommandIsCancelled(t *testing.T) {
	c := program(t, "hangs", time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := c.Grade(ctx, Sample{ID: "1"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := c.Grade(ctx, Sample{ID: "2"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCommandStartsAndCloses(t *testing.T) {
	c, err := NewCommand([]string{filepath.Join(t.TempDir(), "none")}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Grade(context.Background(), Sample{ID: "1"}); err == nil || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "it cannot be started") {
		t.Error(err)
	}
	c = program(t, "well", time.Minute)
	if _, err := c.Grade(context.Background(), Sample{ID: "1"}); err != nil {
		t.Error(err)
	}
	c.Close()
	c.Close()
	if _, err := c.Grade(context.Background(), Sample{ID: "2"}); err == nil || !strings.Contains(err.Error(), "was closed") {
		t.Error(err)
	}
}

func TestSplitWords(t *testing.T) {
	tests := []struct {
		text string
		want string
	}{
		{"a b", "a|b"},
		{"  a\t b  ", "a|b"},
		{`'a b' c"d e"f ''`, "a b|cd ef|"},
		{`"it's"`, "it's"},
		{"", ""},
	}
	for _, test := range tests {
		got, err := splitWords(test.text)
		if err != nil || strings.Join(got, "|") != test.want {
			t.Errorf("%q: %q, %v", test.text, got, err)
		}
	}
}
