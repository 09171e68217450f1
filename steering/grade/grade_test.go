package grade

import (
	"context"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == programMark {
		runProgram(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

func parse(t testing.TB, spec string) Grader {
	t.Helper()
	g, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGrade(t *testing.T) {
	colours := []string{"red", "green", "blue", "yellow"}
	tests := []struct {
		grader, target, output string
		choices                []string
		score                  float64
		extracted              string
	}{
		{"exact", "Yes", " yes. ", nil, 1, "yes"},
		{"exact", "a  b", "A\nb", nil, 1, "a b"},
		{"exact", "yes", "yes, it is", nil, 0, "yes, it is"},
		{"exact", "yes", "", nil, 0, ""},
		{"exact", ".", ".", nil, 1, "."},
		{"exact:verbatim", "yes", "yes.", nil, 0, "yes."},
		{"exact:verbatim", "yes", "yes", nil, 1, "yes"},
		{"exact:space", "Yes", " yes", nil, 0, "yes"},
		{"exact:case,space", "Yes", " yes", nil, 1, "yes"},
		{"contains", "Paris", "It is PARIS, of course", nil, 1, "paris"},
		{"contains", "no", "I know not", nil, 0, ""},
		{"contains", "12", "112 and 12", nil, 1, "12"},
		{"contains", "-5", "x=-5", nil, 1, "-5"},
		{"answer", "left-middle", "so the answer is left-middle .", nil, 1, "left-middle"},
		{"answer", "7", "the answer is 8 .", nil, 0, "8"},
		{"answer", "7", "it is 7 .", nil, 0, ""},
		{"numeric", "26", "first 3\n#### 26", nil, 1, "26"},
		{"numeric", "12 + 14 = 26\n#### 26", "so $26.00 it is", nil, 1, "$26.00"},
		{"numeric", "26", "The answer is 26 of the 30 plums.", nil, 1, "26"},
		{"numeric", "7", "The answer is 3 + 4 = 7, as in 1.", nil, 1, "7"},
		{"numeric", "26", "The answer is 26, since 13 * 2 = 26 and 30 > 26 + 1 = 27", nil, 1, "26"},
		{"numeric", "15", "answer in per cent: 3 pages / 20 pages * 100% = 15%", nil, 1, "15%"},
		{"numeric", "26", `so \boxed{26} of 30`, nil, 1, "26"},
		{"numeric", "26", "none", nil, 0, ""},
		{"last-number", "26", "The answer is 26 of the 30 plums.", nil, 0, "30"},
		{"math", `\frac{1}{2}`, `so \boxed{\frac{1}{2}}`, nil, 1, `\frac{1}{2}`},
		{"math", `\frac{1}{2}`, `The answer is $0.5$, not $\frac13$.`, nil, 1, "0.5"},
		{"math", `we get \boxed{5}`, "The answer is 5 apples because 3 + 2 = 5", nil, 1, "5"},
		{"math", "$x^2$", `Final answer: \[x \cdot x\]`, nil, 1, `x \cdot x`},
		{"math", "1,2", `$\boxed{1}$ and $\boxed{2}$`, nil, 1, "1, 2"},
		{"math", "2", `$\boxed{1}$ was wrong, so it must be $\boxed{2}$`, nil, 1, "2"},
		{"math", "5", `\boxed{\boxed{5}}`, nil, 1, `\boxed{5}`},
		{"math", "5", `\boxed{4} \boxed{5`, nil, 0, "4"},
		{"math", `\{1\}`, `\boxed{\left\{ 1 \right\}}`, nil, 1, `\left\{ 1 \right\}`},
		{"math", `\text{Harriet}`, "The answer is Harriet.", nil, 1, "Harriet"},
		{"math", "5", "It costs $3 and then $5", nil, 1, "$5"},
		{"math", "5", "nothing", nil, 0, ""},
		{"regex:/answer: (\\w+)/", "blue", "Answer: red\nanswer: Blue", nil, 1, "Blue"},
		{"regex:/answer: (\\w+)/i", "blue", "answer: red\nANSWER: blue", nil, 1, "blue"},
		{"regex:/a|(b)/", "a", "b a", nil, 1, "a"},
		{"regex:/(a)|(b)/", "b", "a b", nil, 1, "b"},
		{"regex:/<a>(.*)<\\/a>/", "x", "<a>x</a>", nil, 1, "x"},
		{"regex:/z/", "x", "<a>x</a>", nil, 0, ""},
		{"matches:/ye(s|p)/", "", "oh yep", nil, 1, "yep"},
		{"matches:/^yes$/", "", "oh yes", nil, 0, ""},
		{"choice", "B", "(B)", nil, 1, "B"},
		{"choice", "(B)", "B.", nil, 1, "B"},
		{"choice", "B", "b", nil, 1, "B"},
		{"choice", "B", "The answer is (b).", nil, 1, "B"},
		{"choice", "B", "answer: B", nil, 1, "B"},
		{"choice", "B", "Answer: b", nil, 1, "B"},
		{"choice", "B", `so \boxed{B}`, nil, 1, "B"},
		{"choice", "B", `so \boxed{\text{(B)}}`, nil, 1, "B"},
		{"choice", "B", "**B**", nil, 1, "B"},
		{"choice", "B", "I would take option B since it fits", nil, 1, "B"},
		{"choice", "B", "A) is wrong.\nB) is right.", nil, 1, "B"},
		{"choice", "B", "(A) seems right, but no: (B)", nil, 1, "B"},
		{"choice", "B", "The answer is (B), not (A)", nil, 1, "B"},
		{"choice", "A", "The answer is A because it fits", nil, 1, "A"},
		{"choice", "A", "A dog is an animal", nil, 0, ""},
		{"choice", "A", "The answer is a dog", nil, 0, ""},
		{"choice", "A", "The answer is A dog", nil, 0, ""},
		{"choice", "I", "I think I know", nil, 0, ""},
		{"choice", "D", "so it must be D", nil, 1, "D"},
		{"choice", "D", "vitamin D helps", nil, 0, ""},
		{"choice", "C", "It is blue", colours, 0, ""},
		{"choice", "C", "blue", colours, 1, "C"},
		{"choice", "blue", "The answer is blue.", colours, 1, "C"},
		{"choice", "blue", "(c)", colours, 1, "C"},
		{"choice", "C", "(E), or rather (C), or (F)", colours, 1, "C"},
	}
	for _, test := range tests {
		g, err := parse(t, test.grader).Grade(context.Background(), Sample{ID: "1", Target: test.target, Output: test.output, Choices: test.choices})
		if err != nil || g.Score != test.score || g.Extracted != test.extracted || g.Found != (test.extracted != "") {
			t.Errorf("%s, target %q, output %q: %+v, %v, want %g of %q", test.grader, test.target, test.output, g, err, test.score, test.extracted)
		}
	}
}

func TestGradeRefuses(t *testing.T) {
	tests := []struct {
		grader string
		sample Sample
		want   string
	}{
		{"numeric", Sample{ID: "q7", Target: "many"}, `grader numeric, sample "q7": the target "many" has no number`},
		{"last-number", Sample{Target: ""}, `has no number`},
		{"math", Sample{Target: " "}, "the target is empty"},
		{"contains", Sample{Target: ""}, "the target is empty"},
		{"choice", Sample{Target: "purple", Choices: []string{"red"}}, `the target "purple" is neither`},
		{"choice", Sample{Target: "C", Choices: []string{"red", "blue"}}, `the target "C" is neither`},
		{"likelihood", Sample{Target: "A"}, "it has no choices"},
		{"likelihood", Sample{Target: "A", Choices: []string{"x"}, LogProbs: []float64{1, 2}}, "it has 1 choices and 2 log-probabilities"},
		{"likelihood", Sample{Target: "A", Choices: []string{"x"}, LogProbs: []float64{math.NaN()}}, "log-probability 1 of 1 is NaN"},
		{"likelihood-per-byte", Sample{Target: "A", Choices: []string{""}, LogProbs: []float64{-1}}, "choice 1 is empty"},
		{"logit-difference", Sample{Target: "A", Choices: []string{"x"}, LogProbs: []float64{-1}}, "it has 1 choices"},
		{"target-logprob", Sample{Target: "A"}, "no tokens"},
		{"target-logprob", Sample{Target: "A", LogProbs: []float64{math.Inf(-1)}}, "probability of 0"},
	}
	for _, test := range tests {
		if _, err := parse(t, test.grader).Grade(context.Background(), test.sample); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %s", test.grader, err, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, spec := range []string{"exact", "exact:verbatim", "exact:case,period", "contains", "numeric", "last-number", "math", "choice", "answer", "regex:/a:(b)/i", "matches:/x/",
		"command:./grader --flag", "likelihood", "likelihood-per-character", "likelihood-per-byte", "logit-difference", "target-logprob"} {
		if g := parse(t, spec); g.Name() != spec {
			t.Errorf("%q is named %q", spec, g.Name())
		}
	}
	tests := []struct{ spec, want string }{
		{"", `there is no grader ""; there are exact, contains, numeric, last-number, math, choice, answer, regex, matches, command, likelihood,`},
		{"fuzzy", `there is no grader "fuzzy"; there are exact`},
		{"numeric:3", `"numeric" takes nothing after a colon`},
		{"exact:", `no difference named ""`},
		{"exact:spaces", `no difference named "spaces" to overlook, only case, space, period`},
		{"regex", "regex:/PATTERN/ takes"},
		{"regex:abc", "stands between slashes"},
		{"regex:/", "stands between slashes"},
		{"regex:/a/x", `the flags "x"`},
		{"regex:/(/", "missing closing )"},
		{"command", "command:PROGRAM"},
		{"command: ", "names no program"},
		{"command:a 'b", "is not closed"},
	}
	for _, test := range tests {
		if _, err := Parse(test.spec); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %s", test.spec, err, test.want)
		}
	}
	if got := len(Forms()); got != 15 {
		t.Errorf("%d forms", got)
	}
}

func TestLikelihood(t *testing.T) {
	choices := []string{"é", "four"} // 1 and 4 characters, 2 and 4 bytes
	tests := []struct {
		grader    string
		needs     Needs
		target    string
		logProbs  []float64
		score     float64
		extracted string
	}{
		{"likelihood", NeedsChoices, "A", []float64{-1, -3}, 1, "é"},
		{"likelihood", NeedsChoices, "four", []float64{-1, -3}, 0, "é"},
		{"likelihood", NeedsChoices, "A", []float64{-1, -1}, 1, "é"},
		{"likelihood-per-character", NeedsChoices, "B", []float64{-1, -3}, 1, "four"},
		{"likelihood-per-byte", NeedsChoices, "A", []float64{-1, -3}, 1, "é"},
		{"likelihood-per-byte", NeedsChoices, "A", []float64{-2, -3}, 0, "four"},
		{"logit-difference", NeedsPair, "B", []float64{1, 3.5}, 2.5, "four"},
		{"logit-difference", NeedsPair, "A", []float64{1, 3.5}, -2.5, "four"},
		{"target-logprob", NeedsTarget, "four", []float64{-1, -0.5}, -1.5, "four"},
	}
	for _, test := range tests {
		grader := parse(t, test.grader)
		g, err := grader.Grade(context.Background(), Sample{Target: test.target, Choices: choices, LogProbs: test.logProbs})
		if err != nil || g.Score != test.score || g.Extracted != test.extracted || NeedsOf(grader) != test.needs {
			t.Errorf("%s of %v: %+v, %v, want %g of %q", test.grader, test.logProbs, g, err, test.score, test.extracted)
		}
	}
	if NeedsOf(parse(t, "math")) != NeedsOutput || Likeliest(nil) != -1 {
		t.Error("math needs more than the output, or the likeliest of nothing is something")
	}
}

// TestHostile grades outputs that take a careless grader long, or much memory.
func TestHostile(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size >>= 3
	}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	outputs := map[string]string{
		"boxes":          fill(`\boxed{`),
		"closed boxes":   fill(`\boxed{1}`),
		"nested boxes":   strings.Repeat(`\boxed{`, 50_000) + "1" + strings.Repeat("}", 50_000),
		"braces":         strings.Repeat("{", 100_000) + `\boxed{5}`,
		"answers":        fill("answer "),
		"answers is":     fill("answer is"),
		"dollars":        fill("$"),
		"money":          fill("$5 "),
		"open formulas":  fill(`\[ `),
		"digits":         fill("7"),
		"fractions":      fill("1/"),
		"mixed":          fill("1 1/2 "),
		"exponent":       "The answer is 1e999999999",
		"boxed exponent": `\boxed{10^{999999999}}`,
		"tower":          `\boxed{9^{9^{9^{9}}}}`,
		"letters":        fill("A "),
		"choices":        fill("(A"),
		"lines":          fill("A\n"),
		"invalid":        fill("\xff\xfe"),
		"hashes":         fill("#### "),
		"equals":         "The answer is 1" + fill("+1="),
		"spaces":         fill(" "),
	}
	graders := []string{"exact", "contains", "numeric", "last-number", "math", "choice", "answer", "regex:/(a|aa)*(b|(\\d+)+)$/", "matches:/(a*)*b/"}
	for name, output := range outputs {
		for _, spec := range graders {
			target := "5"
			if spec == "choice" {
				target = "B"
			}
			began := time.Now()
			if _, err := parse(t, spec).Grade(context.Background(), Sample{Target: target, Output: output}); err != nil {
				t.Errorf("%s, %s: %v", name, spec, err)
			}
			if took := time.Since(began); took > 30*time.Second { // most take some 10 ms
				t.Errorf("%s, %s: took %v", name, spec, took)
			}
		}
	}
}

func FuzzNumeric(f *testing.F) {
	for _, seed := range []string{"#### 1,234.50", "The answer is -$5 or 50%", `\boxed{1\frac{3}{4}}`, "1e999999999", "3 + 4 = 7", "½ and 1/2/3", "\xff1\xfe", "1.5 × 10^{-3}", "= -−+$€.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := answerNumber(text)
		if !ok {
			return
		}
		if n.Text == "" || !strings.Contains(strings.ReplaceAll(text, "**", ""), n.Text) && !strings.Contains(text, n.Text) {
			t.Errorf("%q: the number %q isn't in it", text, n.Text)
		}
		if !n.Equal(n) {
			t.Errorf("%q differs from itself", n.Text)
		}
	})
}

func FuzzBoxed(f *testing.F) {
	for _, seed := range []string{`\boxed{5}`, `\boxed{\frac{1}{2}}, \fbox {x}`, `\boxed{\boxed{5}`, `}\boxed{\{1\}}{`, `answer is $x$ and $y$.`, `\[\boxed{1} \text{ or } \boxed{2}\]`, "\\boxed{\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := span{}
		for _, b := range boxes(text) {
			if b.from < last.to || b.to < b.from || b.to >= len(text) || text[b.to] != '}' {
				t.Errorf("%q: box %v after %v", text, b, last)
			}
			last = b
		}
		if _, err := (mathematics{}).Grade(context.Background(), Sample{Target: "1", Output: text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
