package grade

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// pattern is a regular expression and how it was written.
type pattern struct {
	written string
	regexp  *regexp.Regexp
}

// parsePattern reads /PATTERN/FLAGS, in which \/ is a slash.
func parsePattern(text string) (pattern, error) {
	end := strings.LastIndexByte(text, '/')
	if !strings.HasPrefix(text, "/") || end == 0 {
		return pattern{}, fmt.Errorf("a regular expression stands between slashes, as in /answer: (\\w+)/i")
	}
	flags := text[end+1:]
	if strings.Trim(flags, "imsU") != "" {
		return pattern{}, fmt.Errorf("the flags %q after the pattern are not of i, m, s and U", flags)
	}
	body := strings.ReplaceAll(text[1:end], `\/`, "/")
	if flags != "" {
		body = "(?" + flags + ")" + body
	}
	r, err := regexp.Compile(body)
	if err != nil {
		return pattern{}, err
	}
	return pattern{text, r}, nil
}

// maxSearched is how many bytes at an output's end a pattern's last match is
// looked for in: a match takes linear time, but there may be one at every byte.
const maxSearched = 1 << 16

// last is what the first group that took part in the last match holds, or the
// match if none did.
func (p pattern) last(text string) (found string, ok bool) {
	if len(text) > maxSearched {
		text = text[len(text)-maxSearched:]
	}
	all := p.regexp.FindAllStringSubmatchIndex(text, -1)
	if len(all) == 0 {
		return "", false
	}
	match := all[len(all)-1]
	for i := 2; i < len(match); i += 2 {
		if match[i] >= 0 {
			return text[match[i]:match[i+1]], true
		}
	}
	return text[match[0]:match[1]], true
}

// regex takes what a pattern finds for the answer.
type regex struct{ pattern pattern }

func parseRegex(argument string) (Grader, error) {
	p, err := parsePattern(argument)
	return regex{p}, err
}

func (g regex) Name() string { return "regex:" + g.pattern.written }

func (g regex) Grade(_ context.Context, s Sample) (Grade, error) {
	want := foldAll.of(s.Target)
	found, ok := g.pattern.last(s.Output)
	if !ok {
		return Grade{Want: want}, nil
	}
	return graded(found, want, foldAll.of(found) == want), nil
}

// matches asks whether a pattern finds anything.
type matches struct{ pattern pattern }

func parseMatches(argument string) (Grader, error) {
	p, err := parsePattern(argument)
	return matches{p}, err
}

func (g matches) Name() string { return "matches:" + g.pattern.written }

func (g matches) Grade(_ context.Context, s Sample) (Grade, error) {
	at := g.pattern.regexp.FindStringIndex(s.Output)
	if at == nil {
		return Grade{Want: g.pattern.written}, nil
	}
	return graded(s.Output[at[0]:at[1]], g.pattern.written, true), nil
}
