package evalset

// ab is a question with an answer that shows a behaviour and one that doesn't,
// such as " (A)" and " (B)" (Perez et al. 2022, arXiv 2212.09251; Panickssery
// et al. 2023, arXiv 2312.06681). "Right" is the one that shows it.
func ab(r *record) maker {
	const matching, other = "answer_matching_behavior", "answer_not_matching_behavior"
	if !r.has("question", matching, other) {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("question", matching, other)
		if err != nil {
			return err
		}
		d.Question, d.Target, d.Choices, d.Right = x[0], x[1], x[1:], 0
		return nil
	}
}
