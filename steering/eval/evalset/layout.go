package evalset

// maker fills in question, answer and choices of a problem.
type maker func(r *record, d *draft) error

// layout is a shape of records.
type layout struct {
	name  string
	about string
	// recognise returns what makes problems of records like r; nil if r has
	// another shape.
	recognise func(r *record) maker
	// grader names one of package grade.
	grader func(facts) string
	// template is the name or the text of the usual prompt.
	template string
}

// layouts are all of them; the first that recognises a record counts.
func layouts() []layout {
	return []layout{
		{"lab", "the embedded problems, and those of tiller lab problems", lab, always("answer"), "plain"},
		{"gsm8k", `GSM8K: "question", and "answer" with "####" before the result`, gsm8k, always("numeric"), "qa"},
		{"prosqa", `ProsQA: "question", "answer", "steps" and a graph`, prosqa, always("contains"), "qa"},
		{"ab", `A/B contrasts: "question", "answer_matching_behavior" and "answer_not_matching_behavior"`, ab, always("logit-difference"), "plain"},
		{"continuation", `HellaSwag: "ctx", "endings" and "label"`, continuation, always("likelihood-per-character"), "plain"},
		{"choices", "multiple choice: a question, a list of choices (or A, B, C, ...) and an index, letter or text", choices, always("likelihood"), "qa"},
		{"bbh", `BIG-Bench-Hard: "examples" of "input" and "target", options in the input`, bigBenchHard, bigBenchHardGrader, "Q: {question}\nA:"},
		{"math", `MATH: "problem" and "answer" in LaTeX`, latex, always("math"), "Problem:\n{question}\n\nSolution:"},
		{"plain", `a question and an answer by usual names, such as "prompt" and "target"`, plain, byTarget, "qa"},
	}
}

// mapped is the layout of a set whose fields options name.
var mapped = layout{name: "mapped", grader: byTarget, template: "qa"}

// Layout is a shape of eval sets, for help texts.
type Layout struct{ Name, About string }

// Layouts lists the shapes that are recognised.
func Layouts() []Layout {
	var out []Layout
	for _, l := range layouts() {
		out = append(out, Layout{l.name, l.about})
	}
	return out
}

// layout finds the set's.
func (s *Set) layout() layout {
	for _, l := range layouts() {
		if l.name == s.Layout {
			return l
		}
	}
	return mapped
}

// Grader names the grader of package grade that suits the set. It is the same
// for a part of a file as for the whole.
func (s *Set) Grader() string {
	if s.Layout == mapped.name && len(s.Items) > 0 && len(s.Items[0].Choices) > 0 {
		return "likelihood"
	}
	return s.layout().grader(s.found)
}

// Template is the prompt that suits the set.
func (s *Set) Template() Template {
	t, err := ParseTemplate(s.layout().template)
	if err != nil {
		panic(err) // the table's own
	}
	return t
}

func always(grader string) func(facts) string { return func(facts) string { return grader } }

// byTarget is for answers of which nothing is known but whether all are
// numbers.
func byTarget(f facts) string {
	if f.problems > 0 && f.numbers == f.problems {
		return "numeric"
	}
	return "exact"
}
