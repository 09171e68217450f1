package grade

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// judged is an output beside a target, and whether math-verify takes it to be
// right.
type judged struct {
	name, group, grader, target, output string
	right                               bool
}

// ownDisagreements are the only ones with math-verify 0.9.0 on the project's own
// cases, by output and target.
var ownDisagreements = map[string]string{
	`\boxed{63} for 63_8`:                    "math-verify drops the base of a number",
	`\boxed{63_9} for 63_8`:                  "math-verify drops the base of a number",
	`\boxed{7r^2} for 7R^2`:                  "math-verify takes r and R for one variable here, though not where each stands alone",
	`\boxed{-4 \le x \le 9} for [-4,9]`:      "math-verify takes an interval for the inequality that the target is, but not the reverse",
	`\boxed{90\degree} for 90^\circ`:         "math-verify doesn't know \\degree",
	`\boxed{-i^2} for 1`:                     "math-verify doesn't know i alone as the imaginary unit",
	`\boxed{20\,070} for 20070`:              "math-verify doesn't know a thin space between thousands",
	`\boxed{5.} for 5`:                       "math-verify cannot read a full stop in a box",
	`\fbox{5} for 5`:                         "math-verify looks for \\fbox only where \\boxed was found",
	`\boxed {5} for 5`:                       "math-verify doesn't see a box with a space before its brace",
	`\boxed{5 for 5`:                         "the last number counts where no box is closed; math-verify finds nothing",
	`\boxed{\frac{1}{3}} for 0.\overline{3}`: "math-verify cannot read repeating decimals",
	"The answer is −5. for -5":               "math-verify doesn't know U+2212, the minus sign",
	"The answer is 1 000 for 1000":           "a plain space doesn't join digits: \"in 2020 300 people\" has two numbers",
	"The answer is 2,5 for 2.5":              "a comma is no decimal point: \"2,5\" is also a list",
	"The answer is 1 1/2 for 1.5":            "math-verify reads no mixed numbers outside of LaTeX",
	"The answer is 1.5e3 for 1500":           "math-verify reads no exponents outside of LaTeX",
	"The answer is 1.5 × 10^3 for 1500":      "math-verify reads no exponents outside of LaTeX",
	`The answer is 1.5 \times 10^3 for 1500`: "math-verify reads no exponents outside of LaTeX",
	"(7) for 7":                              "math-verify wants white space before a number",
	"[7] for 7":                              "math-verify wants white space before a number",
	"The range is 5-10 for 10":               "math-verify subtracts; a hyphen between digits is no sign",
}

// setDisagreements are the only ones on the cases made of public sets.
var setDisagreements = map[string]string{
	"math500, line 145, another way 2": "math-verify takes square brackets for round ones where they cannot be an interval",
	"gsm8k, line 227, solution":        "math-verify takes the number after \"the answer\" for the one after ####",
	"gsm8k, line 259, solution":        "math-verify takes the number after \"the answer\" for the one after ####",
}

func TestAgreesWithMathVerify(t *testing.T) {
	type line struct {
		Group, Grader, Target, Output string
		Right                         bool
	}
	var cases []judged
	for _, l := range readLines[line](t, filepath.Join("testdata", "expected.jsonl")) {
		cases = append(cases, judged{l.Output + " for " + l.Target, l.Group, l.Grader, l.Target, l.Output, l.Right})
	}
	if len(cases) < 400 {
		t.Fatalf("%d cases", len(cases))
	}
	checkAgreement(t, cases, ownDisagreements)
}

// TestAgreesWithMathVerifyOnSets makes its cases of the real sets, as
// testdata/make.py did.
func TestAgreesWithMathVerifyOnSets(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "evals")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared: the real eval sets are not there")
	}
	sets := readSets(t, dir)
	var cases []judged
	for _, v := range readLines[verdict](t, filepath.Join("testdata", "verdicts.jsonl")) {
		c, err := v.build(sets)
		if err != nil {
			t.Errorf("%s: %v", v, err)
			continue
		}
		cases = append(cases, c)
	}
	if len(cases) < 3000 {
		t.Fatalf("%d cases", len(cases))
	}
	checkAgreement(t, cases, setDisagreements)
}

// checkAgreement grades the cases, which must come out as math-verify has them
// but for the disagreements, by the case's name.
func checkAgreement(t *testing.T, cases []judged, disagreements map[string]string) {
	t.Helper()
	type tally struct{ right, wrong, onlyOurs, onlyTheirs int }
	tallies := map[string]tally{}
	met := map[string]bool{}
	for _, c := range cases {
		grade, err := parse(t, c.grader).Grade(context.Background(), Sample{Target: c.target, Output: c.output})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		n := tallies[c.group]
		switch {
		case grade.Score == 1 && c.right:
			n.right++
		case grade.Score == 1:
			n.onlyOurs++
		case c.right:
			n.onlyTheirs++
		default:
			n.wrong++
		}
		tallies[c.group] = n
		if (grade.Score == 1) == c.right {
			continue
		}
		if met[c.name] = true; disagreements[c.name] == "" {
			t.Errorf("%s, %s: %q for %q is right: math-verify %v, score %g of %q", c.group, c.name, c.output, c.target, c.right, grade.Score, grade.Extracted)
		}
	}
	for name := range disagreements {
		if !met[name] {
			t.Errorf("%s: no disagreement", name)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(tallies)) {
		n := tallies[group]
		t.Logf("%-26s both right %4d, both wrong %4d, only ours %2d, only math-verify's %2d", group, n.right, n.wrong, n.onlyOurs, n.onlyTheirs)
	}
}

// readLines reads a file of JSON lines.
func readLines[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	for d := json.NewDecoder(f); ; {
		var line T
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatalf("%s: after %d lines: %v", path, len(out), err)
		}
		out = append(out, line)
	}
}
