package evalset

// Names that questions and answers often have.
var (
	questionFields = []string{"question", "prompt", "input", "problem", "instruction", "query"}
	targetFields   = []string{"answer", "target", "output", "label", "completion", "expected"}
)

// plain is a question and an answer.
func plain(r *record) maker {
	question, target := r.first(questionFields...), r.first(targetFields...)
	if question == "" || target == "" {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts(question, target)
		if err != nil {
			return err
		}
		d.Question, d.Target = x[0], x[1]
		return nil
	}
}
