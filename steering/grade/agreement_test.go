package grade

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"testing"
)

// expected is a line of testdata/expected.jsonl: what math-verify says.
type expected struct {
	Group, Grader, Target, Output string
	Right                         bool
}

func readExpected(t testing.TB) []expected {
	t.Helper()
	f, err := os.Open("testdata/expected.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []expected
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e expected
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil || len(out) < 3000 {
		t.Fatalf("%d lines, %v", len(out), err)
	}
	return out
}

// disagreements are the only ones with math-verify 0.9.0, by output and target.
var disagreements = map[[2]string]string{
	{`\boxed{52}`, "52_8"}:                    "math-verify drops the base of a number",
	{`\boxed{52_9}`, "52_8"}:                  "math-verify drops the base of a number",
	{`\boxed{3r^2}`, "3R^2"}:                  "math-verify takes r and R for one variable here, though not where each stands alone",
	{`\boxed{-2 \le x \le 7}`, "[-2,7]"}:      "math-verify takes an interval for the inequality that the target is, but not the reverse",
	{`\boxed{90\degree}`, `90^\circ`}:         "math-verify doesn't know \\degree",
	{`\boxed{-i^2}`, "1"}:                     "math-verify doesn't know i alone as the imaginary unit",
	{`\boxed{10\,080}`, "10080"}:              "math-verify doesn't know a thin space between thousands",
	{`\boxed{5.}`, "5"}:                       "math-verify cannot read a full stop in a box",
	{`\fbox{5}`, "5"}:                         "math-verify looks for \\fbox only where \\boxed was found",
	{`\boxed {5}`, "5"}:                       "math-verify doesn't see a box with a space before its brace",
	{`\boxed{5`, "5"}:                         "the last number counts where no box is closed; math-verify finds nothing",
	{`\boxed{\frac{1}{3}}`, `0.\overline{3}`}: "math-verify cannot read repeating decimals",
	{"The answer is −5.", "-5"}:               "math-verify doesn't know U+2212, the minus sign",
	{"The answer is 1 000", "1000"}:           "a plain space doesn't join digits: \"in 2020 300 people\" has two numbers",
	{"The answer is 2,5", "2.5"}:              "a comma is no decimal point: \"2,5\" is also a list",
	{"The answer is 1 1/2", "1.5"}:            "math-verify reads no mixed numbers outside of LaTeX",
	{"The answer is 1.5e3", "1500"}:           "math-verify reads no exponents outside of LaTeX",
	{"The answer is 1.5 × 10^3", "1500"}:      "math-verify reads no exponents outside of LaTeX",
	{`The answer is 1.5 \times 10^3`, "1500"}: "math-verify reads no exponents outside of LaTeX",
	{"(7)", "7"}:                              "math-verify wants white space before a number",
	{"[7]", "7"}:                              "math-verify wants white space before a number",
	{"The range is 5-10", "10"}:               "math-verify subtracts; a hyphen between digits is no sign",
	{"First we simplify. Then\n\\[\n\\boxed{[15,-29]}\n\\]", "(15,-29)"}: "math-verify takes square brackets for round ones where they cannot be an interval",
	{"l number of Pokemon and multiply by 100% to express the answer as a percentage: 32 water type / 96 Pokemon * 100% = 33.333...%, which rounds down to 33%\n#### 33", "33"}:   "math-verify takes the number after \"the answer\" for the one after ####",
	{"$<<0.5*8=4.00>>4.00\nThen add the \"more than a week overdue\" fee to the answer from the previous step to find the total: $4.00 + $2.00 = $<<4+2=6.00>>6.00\n#### 6", "6"}: "math-verify takes the number after \"the answer\" for the one after ####",
}

func TestAgreesWithMathVerify(t *testing.T) {
	type tally struct{ right, wrong, onlyOurs, onlyTheirs int }
	tallies := map[string]tally{}
	met := map[[2]string]bool{}
	for _, e := range readExpected(t) {
		g, err := Parse(e.Grader)
		if err != nil {
			t.Fatal(err)
		}
		grade, err := g.Grade(context.Background(), Sample{Target: e.Target, Output: e.Output})
		if err != nil {
			t.Errorf("%q: %v", e.Target, err)
			continue
		}
		n := tallies[e.Group]
		switch {
		case grade.Score == 1 && e.Right:
			n.right++
		case grade.Score == 1:
			n.onlyOurs++
		case e.Right:
			n.onlyTheirs++
		default:
			n.wrong++
		}
		tallies[e.Group] = n
		if (grade.Score == 1) == e.Right {
			continue
		}
		at := [2]string{e.Output, e.Target}
		if met[at] = true; disagreements[at] == "" {
			t.Errorf("%s: %q for %q is right: math-verify %v, score %g of %q", e.Group, e.Output, e.Target, e.Right, grade.Score, grade.Extracted)
		}
	}
	for at := range disagreements {
		if !met[at] {
			t.Errorf("%q for %q is no disagreement", at[0], at[1])
		}
	}
	for group, n := range tallies {
		t.Logf("%-24s both right %4d, both wrong %4d, only ours %2d, only math-verify's %2d", group, n.right, n.wrong, n.onlyOurs, n.onlyTheirs)
	}
}
