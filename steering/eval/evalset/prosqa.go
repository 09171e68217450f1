package evalset

import (
	"strconv"
	"strings"
)

// prosqa asks which of two things someone is, which follows from a graph (Hao
// et al. 2024, arXiv 2412.06769). What the answer is not is in the graph alone.
func prosqa(r *record) maker {
	steps, _ := r.get("steps")
	symbols, _ := r.get("idx_to_symbol")
	if !r.has("question", "answer") || steps.kind != list || symbols.kind != list {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("question", "answer")
		if err != nil {
			return err
		}
		d.Question, d.Target = x[0], x[1]
		steps, _ := r.get("steps")
		d.Solution = strings.Join(steps.list, "\n")
		d.worked = strings.TrimPrefix(d.Solution+"\n"+d.Target, "\n")
		right, wrong := r.symbol("target"), r.symbol("neg_target")
		if at := strings.LastIndex(d.Target, right); at >= 0 && right != "" && wrong != "" && right != wrong {
			d.offer(d.Target[:at]+wrong+d.Target[at+len(right):], right, wrong)
		}
		return nil
	}
}

// symbol is the word that a field numbers; "" if there is none.
func (r *record) symbol(field string) string {
	v, _ := r.get(field)
	symbols, _ := r.get("idx_to_symbol")
	if n, err := strconv.Atoi(v.text); err == nil && n >= 0 && n < len(symbols.list) {
		return symbols.list[n]
	}
	return ""
}

// offer makes target and its opposite the choices, in the question's order.
func (d *draft) offer(opposite, right, wrong string) {
	d.Choices, d.Right = []string{d.Target, opposite}, 0
	if strings.LastIndex(d.Question, wrong) < strings.LastIndex(d.Question, right) {
		d.Choices, d.Right = []string{opposite, d.Target}, 1
	}
}
