package evalset

import (
	"strings"

	"tiller/steering/lab/problem"
)

// lab is one of the lab's problems, whose IDs begin with their split and family.
func lab(r *record) maker {
	id, _ := r.get("id")
	family, _ := r.get("family")
	if _, err := problem.FamilyNamed(family.text); err != nil || !r.has("question", "answer") {
		return nil
	}
	split, rest, _ := strings.Cut(id.text, "/")
	if _, err := problem.ParseSplit(split); err != nil || !strings.HasPrefix(rest, family.text+"/") {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("question", "answer")
		if err != nil {
			return err
		}
		d.Question, d.Target = x[0], x[1]
		return nil
	}
}
