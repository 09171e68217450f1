package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tiller/steering"
	"tiller/steering/vectorfile"
	"tiller/tui/visible"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tiller": main})
}

// TestScripts runs the command line as a person does. The scripts in
// testdata/script find the tiny checkpoints of package model in $MODELS. The
// condition [embedded] holds where this build carries models.
func TestScripts(t *testing.T) {
	models, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("MODELS", models)
			env.Setenv("ESC", "\x1b")
			env.Setenv("BAD", "a\xffb")
			return errors.Join(writeVectors(env.WorkDir), writeHostile(env.WorkDir, filepath.Join(models, "llama-mha")))
		},
		Condition: func(condition string) (bool, error) {
			if condition != "embedded" {
				return false, fmt.Errorf("there is no condition %q", condition)
			}
			return len(embedded.Models()) > 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// writeVectors writes vectors for the tiny models of width 16 and 2 layers into
// a script's folder: sine at layers 0 and 1, one at layer 1 alone, and wide,
// which fits no model.
func writeVectors(dir string) error {
	sine := func(width int) []float32 {
		d := make([]float32, width)
		for i := range d {
			d[i] = float32(math.Sin(0.5 * float64(i+1)))
		}
		return d
	}
	for file, v := range map[string]*steering.Vector{
		"vectors/sine.safetensors": {DModel: 16, Directions: map[int][]float32{0: sine(16), 1: sine(16)}, Meta: map[string]string{"method": "sin\x1b]0;owned\x07e"}},
		"vectors/one.gguf":         {DModel: 16, Directions: map[int][]float32{1: sine(16)}},
		"vectors/wide.gguf":        {DModel: 24, Directions: map[int][]float32{1: sine(24)}},
	} {
		file = filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := vectorfile.Write(file, v); err != nil {
			return err
		}
	}
	return nil
}

// writeHostile copies a model into the folder hostile, with a vocabulary that
// attacks the terminal: what was "cat" sets its title and turns the direction
// of text.
func writeHostile(dir, model string) error {
	to := filepath.Join(dir, "hostile")
	if err := os.CopyFS(to, os.DirFS(model)); err != nil {
		return err
	}
	file := filepath.Join(to, "tokenizer.json")
	vocabulary, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	vocabulary = bytes.ReplaceAll(vocabulary, []byte(`"cat"`), []byte(`"\u001b]0;owned\u0007\u202ecat\u009b"`))
	return os.WriteFile(file, vocabulary, 0o644)
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
