// Package grade says what a model's output answers to a question, and how right
// that is. What a grader understood as the answer is part of its grade, so that
// people can see what was scored.
//
// A grader is named by a text (see [Parse]). Most look at the output alone;
// some look at log-probabilities that the caller asks a model for (see
// [NeedsOf]).
package grade

import (
	"context"
	"fmt"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// A Grader scores an output beside what is right.
type Grader interface {
	// Name is the text that [Parse] makes the grader of.
	Name() string
	// Grade scores a sample. An output without an answer is a grade, with a
	// score of 0; an error means that the sample cannot be graded, such as a
	// target that is no number. Errors name the grader and the sample.
	Grade(ctx context.Context, s Sample) (Grade, error)
}

// Sample is an output and what it is graded by.
type Sample struct {
	// ID names the sample in errors.
	ID       string
	Question string
	// Output is what the model wrote; it may be any bytes.
	Output string
	// Target is what is right, as the eval set says it.
	Target string
	// Choices are the answers to choose from, in the order of their letters;
	// none if the question has none.
	Choices []string
	// LogProbs are what [NeedsOf] the grader says, in nats.
	LogProbs []float64
}

// Grade is what a grader made of a sample.
type Grade struct {
	// Score is in [0, 1], 1 if right, from graders of outputs; any number from
	// a command and from graders of log-probabilities that say so.
	Score float64
	// Extracted is what was understood as the answer. It is untrusted text.
	Extracted string
	// Found reports whether there was an answer at all.
	Found bool
	// Want is the target as it was understood.
	Want string
}

// graded scores an answer as right or wrong.
func graded(extracted, want string, right bool) Grade {
	g := Grade{Extracted: extracted, Found: true, Want: want}
	if right {
		g.Score = 1
	}
	return g
}

// Needs is what a grader looks at beside the texts of a sample.
type Needs int

const (
	// NeedsOutput: nothing but the output.
	NeedsOutput Needs = iota
	// NeedsChoices: LogProbs has for each choice the sum of the
	// log-probabilities of its tokens after the question.
	NeedsChoices
	// NeedsPair: LogProbs has the logits, or log-probabilities, of the two
	// choices as the next token.
	NeedsPair
	// NeedsTarget: LogProbs has the log-probability of each token of the target
	// after the question.
	NeedsTarget
)

// NeedsOf says what a grader looks at.
func NeedsOf(g Grader) Needs {
	if l, ok := g.(likelihood); ok {
		return l.needs
	}
	return NeedsOutput
}

// form is a way to write a grader.
type form struct {
	name  string
	about string
	// make makes the grader of what follows the name and a colon; it is nil if
	// nothing may follow.
	make  func(argument string) (Grader, error)
	plain Grader // what the name alone means; nil if an argument is needed
}

// forms are all of them, in the order in which people are told of them.
func forms() []form {
	return []form{
		{name: "exact", about: "the whole output is the target, but for case, white space and a final full stop; exact:verbatim folds nothing, exact:case,space,period what it names", make: parseExact, plain: exact{fold: foldAll}},
		{name: "contains", about: "the target stands in the output, as whole words", plain: contains{}},
		{name: "numeric", about: "the number after ####, in a box, after \"answer is\", or the last one, is the target", plain: numeric{}},
		{name: "last-number", about: "the last number is the target", plain: lastNumber{}},
		{name: "math", about: "the formula in the last \\boxed{}, or else after \"answer is\", means what the target means", plain: mathematics{}},
		{name: "choice", about: "the letter chosen is that of the target", plain: choice{}},
		{name: "answer", about: "the word after the last \"answer is\" is the target, as in the embedded problems", plain: word{}},
		{name: "regex", about: "regex:/PATTERN/ takes what the first group, or the pattern, last matched for the answer", make: parseRegex},
		{name: "matches", about: "matches:/PATTERN/ asks whether the output matches, whatever the target", make: parseMatches},
		{name: "command", about: "command:PROGRAM ARGUMENTS asks a program, in lines of JSON", make: parseCommand},
		{name: "likelihood", about: "the choice that the model finds likeliest is the target", plain: likelihood{"likelihood", NeedsChoices, likeliest}},
		{name: "likelihood-per-character", about: "the same per character of the choice, the acc_norm of lm-evaluation-harness", plain: likelihood{"likelihood-per-character", NeedsChoices, likeliestPerCharacter}},
		{name: "likelihood-per-byte", about: "the same per byte, its acc_bytes", plain: likelihood{"likelihood-per-byte", NeedsChoices, likeliestPerByte}},
		{name: "logit-difference", about: "by how much the target's logit is above the other choice's", plain: likelihood{"logit-difference", NeedsPair, logitDifference}},
		{name: "target-logprob", about: "the log-probability of the target, in nats", plain: likelihood{"target-logprob", NeedsTarget, targetLogProb}},
	}
}

// Form is a way to write a grader, for help texts.
type Form struct{ Name, About string }

// Forms lists the graders that [Parse] knows.
func Forms() []Form {
	var out []Form
	for _, f := range forms() {
		out = append(out, Form{f.name, f.about})
	}
	return out
}

// Parse makes a grader of its name and, after a colon, what it takes:
//
//	exact | exact:verbatim | exact:case,space,period | contains | numeric | last-number | math | choice | answer
//	regex:/PATTERN/FLAGS | matches:/PATTERN/FLAGS     Go's syntax; flags are those of i, m, s and U
//	command:PROGRAM ARGUMENTS                         a [Command], which the caller closes
//	likelihood | likelihood-per-character | likelihood-per-byte | logit-difference | target-logprob
func Parse(spec string) (Grader, error) {
	name, argument, has := strings.Cut(spec, ":")
	var names []string
	for _, f := range forms() {
		switch {
		case f.name != name:
			names = append(names, f.name)
			continue
		case has && f.make == nil:
			return nil, fmt.Errorf("grader %s: %q takes nothing after a colon", badfile.Quote(spec), name)
		case !has && f.plain == nil:
			return nil, fmt.Errorf("grader %s: %s", badfile.Quote(spec), f.about)
		case !has:
			return f.plain, nil
		}
		g, err := f.make(argument)
		if err != nil {
			return nil, fmt.Errorf("grader %s: %w", badfile.Quote(spec), err)
		}
		return g, nil
	}
	return nil, fmt.Errorf("there is no grader %s; there are %s", badfile.Quote(name), strings.Join(names, ", "))
}

// refuse says in one sentence why a sample cannot be graded.
func refuse(grader string, s Sample, format string, args ...any) error {
	return fmt.Errorf("grader %s, sample %s: %w", badfile.Short(grader), badfile.Quote(s.ID), fmt.Errorf(format, args...))
}
