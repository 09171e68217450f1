package evalset

import (
	"errors"
	"fmt"
	"slices"

	"tiller/model/checkpoint/badfile"
)

// Names that multiple-choice sets have for their parts, such as MMLU, ARC,
// OpenBookQA, CommonsenseQA, PIQA, AQuA, RACE and TruthfulQA.
var (
	askedFields   = []string{"question", "question.stem", "question_stem", "problem", "prompt", "query", "input", "goal"}
	choiceFields  = []string{"choices", "options", "choices.text", "options.text", "question.choices.text", "mc1_targets.choices"}
	labelFields   = []string{"choices.label", "options.label", "question.choices.label"}
	correctFields = []string{"answerKey", "answer_idx", "answer_index", "answer", "correct", "correct_answer", "gold", "label", "target", "mc1_targets.labels"}
	// choiceColumns are fields of one choice each.
	choiceColumns = [][]string{
		{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"},
		{"option_a", "option_b", "option_c", "option_d", "option_e"},
		{"option1", "option2", "option3", "option4", "option5"},
		{"choice1", "choice2", "choice3", "choice4", "choice5"},
		{"sol1", "sol2"},
	}
)

// choices is multiple choice of any kind.
func choices(r *record) maker {
	asked, correct := r.first(askedFields...), r.first(correctFields...)
	from := r.choiceNames()
	if asked == "" || correct == "" || from == nil {
		return nil
	}
	return func(r *record, d *draft) error { return d.multiple(r, asked, from, correct) }
}

// continuation is HellaSwag's shape: a beginning and endings to choose from
// (Zellers et al. 2019, arXiv 1905.07830).
func continuation(r *record) maker {
	if !r.has("ctx", "endings", "label") {
		return nil
	}
	return func(r *record, d *draft) error { return d.multiple(r, "ctx", []string{"endings"}, "label") }
}

// choiceNames are the fields that the choices stand in; nil if there are none.
func (r *record) choiceNames() []string {
	for _, name := range choiceFields {
		if v, found := r.get(name); v.kind == list || v.kind == text {
			return []string{found}
		}
	}
	for _, columns := range choiceColumns {
		n := 0
		for n < len(columns) && r.has(columns[n]) {
			n++
		}
		if n >= 2 {
			return slices.Clone(columns[:n])
		}
	}
	return nil
}

// multiple fills in a multiple choice.
func (d *draft) multiple(r *record, asked string, from []string, correct string) error {
	var err error
	if d.Question, err = r.text(asked); err != nil {
		return err
	}
	if d.Choices, err = r.choices(from); err != nil {
		return err
	}
	answer, _ := r.get(correct)
	if answer.kind == list {
		return d.marked(correct, answer.list)
	}
	if _, err := r.text(correct); err != nil {
		return err
	}
	labels, _ := r.get(r.first(labelFields...))
	return d.choose(answer, labels.list)
}

// marked takes the one choice whose mark is 1 for the right one.
func (d *draft) marked(name string, marks []string) error {
	at := slices.Index(marks, "1")
	switch {
	case len(marks) != len(d.Choices):
		return fmt.Errorf("%s has %d marks for %d choices", badfile.Quote(name), len(marks), len(d.Choices))
	case at < 0 || slices.Contains(marks[at+1:], "1"):
		return errors.New("not exactly one of the choices is marked with 1 as right")
	}
	return d.choose(value{kind: number, text: fmt.Sprint(at)}, nil)
}
