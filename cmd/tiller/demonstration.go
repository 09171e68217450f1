package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/library"
)

// demonstrationPlan steers the embedded base model where no plan is given.
const demonstrationPlan = "@demo"

// hint says of words that an embedded model doesn't know where to find out
// which ones it does: they are about a hundred.
func hint(ref string, err error) error {
	unknown := (*tokenizer.UnknownWordsError)(nil)
	if !library.IsEmbedded(ref) || !errors.As(err, &unknown) {
		return err
	}
	return fmt.Errorf("%s doesn't know %s; for questions that it understands, type: %s", ref, unknown.Words, moreQuestions)
}

// moreQuestions is what to type for more questions.
const moreQuestions = "tiller lab problems --split test --n 5"

// ownQuestion is a question to type, of the test split.
const ownQuestion = "ann +7 . bob +8 . cat +8 . what is the last digit of the total ?"

// notes says, to those who typed no more than `tiller run`, what this is and
// what to type next.
func (r *run) notes() []string {
	if !r.flags.demonstration {
		return nil
	}
	notes := []string{"Every lane has the same weights; a vector was added at each ▲. Try also:"}
	if last := r.lanes[len(r.lanes)-1].plan; last != nil {
		notes = append(notes, "tiller run --plan "+shellQuote(weaker(*last).String()))
	}
	return append(notes, "tiller run --prompt "+shellQuote(ownQuestion))
}

// weaker is a plan with all strengths that are numbers at two fifths, where the
// embedded one does next to nothing: the other side of the cliff.
func weaker(p steering.Plan) steering.Plan {
	p.Terms = slices.Clone(p.Terms)
	for i, t := range p.Terms {
		if t.Strength.Kind == steering.Constant {
			p.Terms[i].Strength.Value = t.Strength.Value * 2 / 5
		}
	}
	return p
}

// shellQuote puts a text between quotes for a shell: double ones where they
// do, since these serve on every system.
func shellQuote(s string) string {
	if strings.ContainsAny(s, "\"\\$`!") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return `"` + s + `"`
}
