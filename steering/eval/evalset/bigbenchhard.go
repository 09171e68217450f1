package evalset

import "strings"

// bigBenchHard is a task of BIG-Bench-Hard (Suzgun et al. 2022, arXiv
// 2210.09261). Where the input ends with options, the target is a letter.
func bigBenchHard(r *record) maker {
	if r.inside != "examples" || !r.has("input", "target") {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("input", "target")
		if err != nil {
			return err
		}
		d.Question, d.Target = x[0], x[1]
		options := lettered(d.Question)
		for i := range options {
			if d.Target == "("+letter(i)+")" {
				d.Choices, d.Right = options, i
			}
		}
		return nil
	}
}

func bigBenchHardGrader(f facts) string {
	if f.problems > 0 && f.lettered == f.problems {
		return "choice"
	}
	return byTarget(f)
}

// lettered are the texts of lines "(A) ...", "(B) ..." and so on.
func lettered(text string) []string {
	var options []string
	for line := range strings.Lines(text) {
		if option, ok := strings.CutPrefix(line, "("+letter(len(options))+") "); ok && len(options) < maxChoices {
			options = append(options, strings.TrimSpace(option))
		}
	}
	return options
}
