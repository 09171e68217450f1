package evalset

import (
	"fmt"
	"strings"
)

// resultMark stands before the result in GSM8K's answers (Cobbe et al. 2021,
// arXiv 2110.14168).
const resultMark = "####"

func gsm8k(r *record) maker {
	answer, _ := r.get("answer")
	if !r.has("question") || !strings.Contains(answer.text, resultMark) {
		return nil
	}
	return func(r *record, d *draft) error {
		x, err := r.texts("question", "answer")
		if err != nil {
			return err
		}
		at := strings.LastIndex(x[1], resultMark)
		if at < 0 {
			return fmt.Errorf("%q has no %q before a result", "answer", resultMark)
		}
		d.Question, d.worked = x[0], x[1]
		d.Solution, d.Target = strings.TrimSpace(x[1][:at]), strings.TrimSpace(x[1][at+len(resultMark):])
		if d.Target == "" {
			return fmt.Errorf("%q has no result after %q", "answer", resultMark)
		}
		return nil
	}
}
