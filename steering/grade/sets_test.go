package grade

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// verdict is a line of testdata/verdicts.jsonl: what math-verify says of a case
// made of a set, in the numbers and names that testdata/make.py explains. Those
// that a case has no use for are 0.
type verdict struct {
	Set, Case                string
	Line, From, Way, Wording int // all from 1
	Right                    bool
	Sum                      string // of the texts judged: 8 hexadecimal digits
}

func (v verdict) String() string {
	name := fmt.Sprintf("%s, line %d, %s", v.Set, v.Line, v.Case)
	if v.Way > 0 {
		name += " " + strconv.Itoa(v.Way)
	}
	return name
}

// problemSet is a set's problems and the words that are put around its answers.
type problemSet struct {
	title, grader string
	problems      []exercise
	wordings      []string
}

// exercise is what is used of one: the end of its solution, and its answer.
type exercise struct{ end, answer string }

// readSets reads the sets of verdicts by name.
func readSets(t *testing.T, dir string) map[string]problemSet {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "wordings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var wordings map[string][]string
	if err := json.Unmarshal(data, &wordings); err != nil {
		t.Fatalf("testdata/wordings.json: %v", err)
	}
	math := problemSet{title: "MATH-500", grader: "math", wordings: wordings["math500"]}
	for _, p := range readLines[struct{ Solution, Answer string }](t, filepath.Join(dir, "math500", "test.jsonl")) {
		end := ending(p.Solution, 200)
		if !strings.Contains(end, "boxed") {
			end = p.Solution
		}
		math.problems = append(math.problems, exercise{end, p.Answer})
	}
	gsm8k := problemSet{title: "GSM8K", grader: "numeric", wordings: wordings["gsm8k"]}
	for _, p := range readLines[struct{ Answer string }](t, filepath.Join(dir, "gsm8k", "test.jsonl")) {
		_, answer, _ := strings.Cut(p.Answer, "####")
		gsm8k.problems = append(gsm8k.problems, exercise{ending(p.Answer, 160), strings.TrimSpace(answer)})
	}
	return map[string]problemSet{"math500": math, "gsm8k": gsm8k}
}

// ending is the last n characters of a text, or all of it.
func ending(text string, n int) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-n):])
}

// build makes the texts that math-verify judged. It fails where it makes others.
func (v verdict) build(sets map[string]problemSet) (judged, error) {
	set := sets[v.Set]
	if v.From == 0 {
		v.From = v.Line
	}
	if v.Line < 1 || max(v.Line, v.From) > len(set.problems) || v.Wording > len(set.wordings) {
		return judged{}, errors.New("there is no such problem or wording")
	}
	c := judged{v.String(), set.title + ", " + v.Case, set.grader, set.problems[v.Line-1].answer, set.problems[v.Line-1].end, v.Right}
	if v.Wording > 0 {
		answer := set.problems[v.From-1].answer
		if v.Way > 0 {
			ways := otherWays(answer)
			if v.Way > len(ways) {
				return judged{}, fmt.Errorf("%q has only %d other ways", answer, len(ways))
			}
			answer = ways[v.Way-1]
		}
		c.output = strings.ReplaceAll(set.wordings[v.Wording-1], "%s", answer)
	}
	if sum := sha256.Sum256([]byte(c.target + "\x00" + c.output)); fmt.Sprintf("%x", sum[:4]) != v.Sum {
		return judged{}, fmt.Errorf("%q for %q is not what math-verify judged", c.output, c.target)
	}
	return c, nil
}

var (
	simpleFraction = regexp.MustCompile(`^(-?)\\d?frac\{(\d+)\}\{(\d+)\}$`)
	wholeNumber    = regexp.MustCompile(`^-?\d+$`)
	plainSum       = regexp.MustCompile(`^[\w\s+^-]*\+[\w\s+^-]*$`)
	shortRoot      = regexp.MustCompile(`\\sqrt\{\w\}`)
	root           = regexp.MustCompile(`\\sqrt\{(\w+)\}`)
)

// otherWays writes an answer as others would, right or wrong, in the order of
// other_ways in testdata/make.py.
func otherWays(answer string) []string {
	var out []string
	if m := simpleFraction.FindStringSubmatch(answer); m != nil {
		a, _ := strconv.Atoi(m[2])
		b, _ := strconv.Atoi(m[3])
		value := float64(a) / float64(b)
		out = append(out, m[1]+m[2]+"/"+m[3], m[1]+`\dfrac{`+m[2]+"}{"+m[3]+"}", fmt.Sprintf(`%s\frac{%d}{%d}`, m[1], 2*a, 2*b),
			fmt.Sprintf("%s%.6f", m[1], value), fmt.Sprintf("%s%.2f", m[1], value+0.02))
	}
	if wholeNumber.MatchString(answer) {
		n, _ := strconv.Atoi(answer)
		out = append(out, answer+".0", "x = "+answer, answer+`\text{ units}`, strconv.Itoa(n+1), answer+`\%`)
	}
	if strings.Contains(answer, `\sqrt`) {
		bare, times := answer, answer
		if shortRoot.MatchString(answer) {
			bare = root.ReplaceAllString(answer, `\sqrt ${1}`)
		}
		if !strings.ContainsAny(answer[:1], `(\-`) {
			times = `1 \cdot ` + answer
		}
		out = append(out, bare, times)
	}
	if plainSum.MatchString(answer) {
		out = append(out, "("+answer+")", strings.ReplaceAll(answer, "+", " +  "))
	}
	if strings.HasPrefix(answer, `\left`) {
		out = append(out, strings.NewReplacer(`\left`, "", `\right`, "").Replace(answer))
	}
	if strings.HasPrefix(answer, "(") && strings.HasSuffix(answer, ")") {
		inner := answer[1 : len(answer)-1]
		out = append(out, `\left(`+inner+`\right)`, "["+inner+"]")
	}
	if inner, ok := strings.CutPrefix(answer, `\text{`); ok {
		out = append(out, inner[:len(inner)-1], `\textbf{`+inner)
	}
	if strings.Contains(answer, "pmatrix") {
		out = append(out, strings.ReplaceAll(answer, "pmatrix", "bmatrix"))
	}
	if strings.Contains(answer, `\circ`) {
		out = append(out, strings.ReplaceAll(answer, `^\circ`, ""), strings.ReplaceAll(answer, `^\circ`, `\text{ degrees}`))
	}
	return out
}
