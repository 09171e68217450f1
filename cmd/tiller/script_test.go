package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tiller/tui/visible"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tiller": main})
}

// TestScripts runs the command line as a person does. The scripts in
// testdata/script find the tiny checkpoints of package model in $MODELS.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("MODELS", models)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// exits runs "exits CODE COMMAND ARGS...": the command must exit with that code
// and, unless it is 0, complain in one line that no terminal acts on.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	if code == 0 {
		return
	}
	said := ts.ReadFile("stderr")
	line, rest, ended := strings.Cut(said, "\n")
	if !strings.HasPrefix(line, "tiller: ") || !ended || rest != "" || visible.Line(line) != line {
		ts.Fatalf("not one safe line on standard error: %q", said)
	}
}
