package evalset

// latex is MATH with its answers taken out of the solutions, as in MATH-500
// (Lightman et al. 2023, arXiv 2305.20050) and AIME's sets.
func latex(r *record) maker {
	if !r.has("problem", "answer") {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("problem", "answer")
		if err != nil {
			return err
		}
		d.Question, d.Target = x[0], x[1]
		if v, _ := r.get("solution"); v.kind == text {
			d.Solution, d.worked = v.text, v.text
		}
		return nil
	}
}
