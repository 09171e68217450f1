package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tiller/steering"
	"tiller/steering/library"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/visible"
)

// Command writes the tiller run command that generates the answer of a lane
// again, token for token, and beside it base's and those of all other plans on
// the same prompt. It is for a POSIX shell, except that what a terminal acts on
// is written as $'…', which Bash, Zsh and POSIX 2024 know. The error, a
// sentence, says why no command does.
func Command(d *desk.Desk, l *desk.Lane) (string, error) {
	switch {
	case l == nil || l.Answer == nil:
		return "", errors.New("nothing is generated yet")
	case l.Answer.Err != "":
		return "", errors.New("this lane could not begin, so there is nothing to repeat")
	case len(l.Forced) > 0:
		return "", errors.New("a forked lane begins with tokens that were put there, which the command line can't do")
	}
	ref := l.Model
	if ref == "" {
		ref = d.Model.Ref
	}
	words := []string{"tiller", "run", "--model", ref}
	prompt, err := promptFlags(l.Answer.Asked)
	if err != nil {
		return "", err
	}
	words = append(words, prompt...)
	plans := plansOf(d, l)
	for _, p := range plans {
		words = append(words, "--plan", p)
	}
	vectors, err := vectorFlags(d, plans)
	if err != nil {
		return "", err
	}
	words = append(words, vectors...)
	return quoted(append(words, samplingFlags(d.Sampling)...))
}

// plansOf are the plans that a command can run beside a lane with one: those of
// lanes with the same prompt. A lane of another kind stands alone.
func plansOf(d *desk.Desk, l *desk.Lane) []string {
	var plans []string
	for _, other := range d.Lanes {
		a := other.Answer
		if a == nil || other.Kind != desk.Steered || l.Kind != desk.Steered && l.Kind != desk.Base {
			continue
		}
		if a.Err == "" && a.PlanText != "" && len(other.Forced) == 0 && a.Asked.Equal(l.Answer.Asked) && !slices.Contains(plans, a.PlanText) {
			plans = append(plans, a.PlanText)
		}
	}
	return plans
}

// promptFlags write a prompt.
func promptFlags(p engine.Prompt) ([]string, error) {
	var words []string
	if p.Chat {
		words = append(words, "--chat")
		if p.System != "" {
			words = append(words, "--system", p.System)
		}
		for i, turn := range p.Turns {
			if turn.Role != []string{"user", "assistant"}[i%2] {
				return nil, errors.New("the command line takes a chat whose turns are the user's and the assistant's by turns")
			}
			words = append(words, "--prompt", turn.Text)
		}
	}
	words = append(words, "--prompt", p.Text)
	if p.Prefill != "" && p.Chat {
		words = append(words, "--prefill", p.Prefill)
	}
	if p.NoBOS && !p.Chat {
		words = append(words, "--no-bos")
	}
	if p.ParseSpecial {
		words = append(words, "--parse-special")
	}
	return words, nil
}

// vectorFlags name the files of the vectors that plans use, apart from embedded
// ones, which need none.
func vectorFlags(d *desk.Desk, plans []string) ([]string, error) {
	var words, seen []string
	for _, text := range plans {
		plan, err := steering.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the plan %s can't be read: %w", visible.Line(text), err)
		}
		for _, name := range plan.Names() {
			v := d.Vector(name)
			if v == nil || slices.Contains(seen, name) || v.Source == library.Prefix+name {
				continue
			}
			if v.Unsaved {
				return nil, fmt.Errorf("the vector %s is in no file yet: save it in Vectors first", name)
			}
			seen = append(seen, name)
			words = append(words, "--vector", name+"="+v.Source)
		}
	}
	return words, nil
}

// samplingFlags write how tokens are drawn, where it isn't as tiller run does
// by default.
func samplingFlags(s engine.Sampling) []string {
	words := []string{"--max-tokens", strconv.Itoa(s.MaxTokens)}
	number := func(name string, value, usual float64) {
		if value != usual {
			words = append(words, name, strconv.FormatFloat(value, 'g', -1, 64))
		}
	}
	number("--temperature", s.Temperature, 0)
	number("--top-k", float64(s.TopK), 0)
	number("--top-p", s.TopP, 1)
	number("--min-p", s.MinP, 0)
	number("--repeat-penalty", s.RepeatPenalty, 1)
	if s.Seed != 0 {
		words = append(words, "--seed", strconv.FormatUint(s.Seed, 10))
	}
	if s.IgnoreEOS {
		words = append(words, "--ignore-eos")
	}
	return words
}

// quoted writes words for a shell.
func quoted(words []string) (string, error) {
	out := make([]string, len(words))
	for i, w := range words {
		if strings.ContainsRune(w, 0) {
			return "", errors.New("the prompt holds a NUL character, which no command line can")
		}
		out[i] = quote(w)
	}
	return strings.Join(out, " "), nil
}

// quote writes a word for a shell, with the bytes of what a terminal acts on as
// \x numbers.
func quote(word string) string {
	if visible.Text(word) == word {
		return steering.Quote(word)
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(word); {
		r, size := decode(word[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n' || r >= 0 && !visible.Hidden(r):
			b.WriteString(word[i : i+size])
		default:
			for _, c := range []byte(word[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		i += size
	}
	return b.String() + "'"
}

// decode is the first rune of a text, -1 for a byte that begins none.
func decode(s string) (r rune, size int) {
	if r, size = utf8.DecodeRuneInString(s); r == utf8.RuneError && size == 1 {
		return -1, 1
	}
	return r, size
}
