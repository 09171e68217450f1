package export

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"tiller/steering/eval"
)

// task is a lane as the harness sees it.
type task struct {
	*harness
	answers
	set    eval.SetSpec
	spec   eval.LaneSpec
	name   string
	output string // its kind of request
	metric string
	// scores and hashes are filled in by samples.
	scores []float64 // by problem
	hashes strings.Builder
}

func (t *task) config() harnessTask {
	template := t.set.Template
	if t.spec.Template != "" {
		template = t.spec.Template
	}
	c := harnessTask{
		Task: t.name, Alias: t.name, DatasetPath: t.set.Ref, DocToText: template, DocToTarget: "{target}", OutputType: t.output,
		NumFewshot: len(t.set.Shots), Metrics: []harnessMetric{{t.metric, "mean", true}}, Repeats: t.summary.Samples,
		Metadata: harnessMetadata{Version: 1, SHA256: t.set.SHA256, Grader: t.set.Grader, Lane: t.spec},
	}
	if t.output == "generate_until" {
		c.Kwargs = kwargs(t.harness.spec.Sampling)
	}
	return c
}

// harnessSample is a line of samples_TASK_DATE.jsonl, to which the metric is
// added under its own name. As in the harness's files, all that a model said
// is text.
type harnessSample struct {
	DocID         int            `json:"doc_id"`
	Doc           harnessDoc     `json:"doc"`
	Target        string         `json:"target"`
	Arguments     map[string]any `json:"arguments"`
	Resps         any            `json:"resps"`
	FilteredResps any            `json:"filtered_resps"`
	Filter        string         `json:"filter"`
	Metrics       []string       `json:"metrics"`
	DocHash       string         `json:"doc_hash"`
	PromptHash    string         `json:"prompt_hash"`
	TargetHash    string         `json:"target_hash"`
}

// harnessDoc is a problem.
type harnessDoc struct {
	ID       string   `json:"id"`
	Family   string   `json:"family,omitempty"`
	Question string   `json:"question"`
	Target   string   `json:"target"`
	Choices  []string `json:"choices,omitempty"`
}

// samples writes a line a problem.
func (t *task) samples(w io.Writer) error {
	out := bufio.NewWriter(w)
	all := t.answers.samples
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && t.problems[to] == t.problems[from] {
			to++
		}
		if err := t.problem(out, t.places[from], t.problems[from], all[from:to]); err != nil {
			return err
		}
		from = to
	}
	return out.Flush()
}

// problem writes the line of one, with its draws.
func (t *task) problem(w io.Writer, place int, p *eval.Problem, draws []*eval.Sample) error {
	var score pyFloat
	for _, x := range draws {
		score += pyFloat(x.Score)
	}
	score /= pyFloat(len(draws))
	doc := harnessDoc{p.ID, p.Family, p.Question, p.Target, p.Choices}
	text, err := indented(doc)
	if err != nil {
		return err
	}
	prompt := p.Prompt
	if t.spec.Template != "" {
		prompt = ""
	}
	s := harnessSample{
		DocID: place, Doc: doc, Target: p.Target, Filter: "none", Metrics: []string{t.metric},
		DocHash: digest(text), PromptHash: digest(prompt), TargetHash: digest(p.Target),
	}
	s.Arguments, s.Resps, s.FilteredResps = t.requests(p, prompt, draws)
	t.scores = append(t.scores, float64(score))
	t.hashes.WriteString(s.DocHash + s.PromptHash + s.TargetHash)

	var line bytes.Buffer
	if err := encode(&line, s, ""); err != nil {
		return err
	}
	value, err := json.Marshal(score)
	if err != nil {
		return fmt.Errorf("the score of problem %q in task %s: %w", p.ID, t.name, err)
	}
	_, err = fmt.Fprintf(w, "%s,%q:%s}\n", bytes.TrimSuffix(line.Bytes(), []byte("}\n")), t.metric, value)
	return err
}

// requests are what the model was asked about a problem, what it said in each
// draw, and the first of it.
func (t *task) requests(p *eval.Problem, prompt string, draws []*eval.Sample) (arguments map[string]any, resps, first any) {
	if t.output == "generate_until" {
		var said []string
		for _, x := range draws {
			said = append(said, x.Output)
		}
		arguments := map[string]any{"gen_args_0": map[string]any{"arg_0": prompt, "arg_1": kwargs(t.harness.spec.Sampling)}}
		return arguments, [][]string{said}, said[:1]
	}
	answers := p.Choices
	if t.output == "loglikelihood" {
		answers = []string{p.Target}
	}
	arguments = map[string]any{}
	said, firsts := [][][]string{}, [][]string{}
	for i, answer := range answers {
		arguments[fmt.Sprintf("gen_args_%d", i)] = map[string]string{"arg_0": prompt, "arg_1": answer}
		var of [][]string
		for _, x := range draws {
			of = append(of, likelihood(x, i))
		}
		said, firsts = append(said, of), append(firsts, of[0])
	}
	return arguments, said, firsts
}

// likelihood is what the harness has of a request for one: the log-probability,
// and whether greedy decoding would write the answer, which is not known here.
func likelihood(x *eval.Sample, i int) []string {
	const unknown = "None"
	if i >= len(x.Choices) {
		return []string{unknown, unknown} // the answer was refused
	}
	return []string{pyFloat(x.Choices[i]).String(), unknown}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
