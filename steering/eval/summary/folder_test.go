package summary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tiller/model/generate"
	"tiller/steering/eval"
)

// lane is a lane of a run for tests, named by its kind alone or by "kind:rest";
// a control's rest is "CONTROL:DRAW:OF".
func lane(kind eval.Kind, name string) eval.LaneSpec {
	l := eval.LaneSpec{Name: name, Kind: kind}
	if kind == eval.Planned {
		l.Plan = "v@2"
	}
	return l
}

func control(of, control string, draw int) eval.LaneSpec {
	return eval.LaneSpec{Name: fmt.Sprintf("control:%s:%d", control, draw), Kind: eval.Control, Control: control, Of: of, Draw: draw}
}

func spec(lanes ...eval.LaneSpec) eval.Spec {
	return eval.Spec{
		Format: 1, Samples: 1, Lanes: lanes,
		Set: eval.SetSpec{Ref: "set.jsonl", SHA256: "5e7", Grader: "exact"},
	}
}

// problems are p0 to p(n-1).
func problems(n int) []eval.Problem {
	var out []eval.Problem
	for i := range n {
		out = append(out, eval.Problem{ID: fmt.Sprintf("p%d", i)})
	}
	return out
}

// verdicts are a lane's samples of p0 and so on: "1" right, "0" wrong, "-"
// none.
func verdicts(lane, right string) []eval.Sample {
	var out []eval.Sample
	for i, c := range right {
		if c == '-' {
			continue
		}
		out = append(out, eval.Sample{
			ID: fmt.Sprintf("p%d", i), Lane: lane, Score: float64(c - '0'), Found: true, Tokens: 10, Stop: generate.StopEOS,
		})
	}
	return out
}

// folder writes a run.
func folder(t testing.TB, s eval.Spec, problems []eval.Problem, samples ...[]eval.Sample) string {
	t.Helper()
	dir := t.TempDir()
	var lines []any
	for _, some := range samples {
		for _, x := range some {
			lines = append(lines, x)
		}
	}
	var asked []any
	for _, p := range problems {
		asked = append(asked, p)
	}
	write(t, dir, "run.json", s)
	write(t, dir, "problems.jsonl", asked...)
	write(t, dir, "samples.jsonl", lines...)
	return dir
}

func write(t testing.TB, dir, name string, values ...any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func made(t testing.TB, dir string, o Options) *Summary {
	t.Helper()
	s, err := Make(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encoded(t testing.TB, s *Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// is compares a figure with what it should be; nil is none.
func is(t testing.TB, what string, got *float64, want any) {
	t.Helper()
	switch w := want.(type) {
	case nil:
		if got != nil {
			t.Errorf("%s is %v, want none", what, *got)
		}
	case float64:
		if got == nil {
			t.Errorf("%s is not defined, want %v", what, w)
		} else if d := *got - w; d > 1e-12 || d < -1e-12 {
			t.Errorf("%s is %v, want %v", what, *got, w)
		}
	}
}
