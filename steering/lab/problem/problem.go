// Package problem makes the questions that the lab's models are trained and
// measured on: small puzzles in plain words, each a few facts that have to be
// applied one after the other.
//
// Which split a problem belongs to follows from its operands alone, so that no
// question of one split, nor its operands in order under other names, is ever
// found in another.
package problem

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Problem is a question with its answer. Its text is words with single spaces
// between them. What JSON leaves out Parse finds in the question again.
type Problem struct {
	// ID is the split, the family and a hash of family and question:
	// "test/sum/7f3a9c2e51d0".
	ID       string `json:"id"`
	Family   string `json:"family"`
	Question string `json:"question"`
	Answer   string `json:"answer"`

	// Start is the state before the first fact is applied; empty in families
	// that have none.
	Start string `json:"-"`
	// Facts are in the order of the question.
	Facts []Fact `json:"-"`
	// Order are the indices of Facts in the order in which they are applied.
	Order []int `json:"-"`
	// Size is the number of facts.
	Size int `json:"-"`
}

// Fact is what one person does: an argument directly after a name.
type Fact struct{ Name, Arg string }

// Step is one fact applied.
type Step struct {
	// State is what the fact is applied to; empty in the first step of a family
	// without a start.
	State     string
	Name, Arg string
	Result    string
}

// Steps solves the problem; the last step's result is the answer. It is nil if
// the problem's family is none of Families.
func (p Problem) Steps() []Step {
	f, err := FamilyNamed(p.Family)
	if err != nil {
		return nil
	}
	steps := make([]Step, 0, len(p.Order))
	state := p.Start
	for _, i := range p.Order {
		fact := p.Facts[i]
		result, ok := f.Apply(state, fact.Arg)
		if !ok {
			return nil
		}
		steps = append(steps, Step{state, fact.Name, fact.Arg, result})
		state = result
	}
	return steps
}

// Restatement says in a sentence what the question asks for.
func (p Problem) Restatement() string {
	f, err := FamilyNamed(p.Family)
	if err != nil {
		return ""
	}
	return "we want " + f.wanted + " ."
}

// identify gives the problem its ID in a split.
func (p *Problem) identify(split Split) {
	sum := sha256.Sum256([]byte(p.Family + "\n" + p.Question))
	p.ID = string(split) + "/" + p.Family + "/" + hex.EncodeToString(sum[:6])
}

// Answer finds the answer in what a model wrote: the word after the last
// "answer is", without a full stop that clings to it. It is not ok if there is
// no such word.
func Answer(text string) (answer string, ok bool) {
	words := strings.Fields(text)
	for i := len(words) - 2; i >= 0; i-- {
		if words[i] != "answer" || words[i+1] != "is" {
			continue
		}
		if i+2 == len(words) {
			return "", false
		}
		answer = strings.TrimRight(words[i+2], ".")
		return answer, answer != ""
	}
	return "", false
}
