package pretokenize

import (
	"fmt"

	"tiller/model/tokenizer/aligned"
	"tiller/model/tokenizer/pattern"
)

// Behavior says what becomes of the text that a Cut's pattern matches.
type Behavior uint8

// The behaviors, each with what it makes of "the-final--countdown" cut at "-".
const (
	Removed            Behavior = iota // the final countdown
	Isolated                           // the - final - - countdown
	MergedWithPrevious                 // the- final- - countdown
	MergedWithNext                     // the -final - -countdown
	Contiguous                         // the - final -- countdown
)

func parseBehavior(name string) (Behavior, error) {
	switch name {
	case "Removed":
		return Removed, nil
	case "Isolated":
		return Isolated, nil
	case "MergedWithPrevious":
		return MergedWithPrevious, nil
	case "MergedWithNext":
		return MergedWithNext, nil
	case "Contiguous":
		return Contiguous, nil
	}
	return 0, fmt.Errorf("the behavior %q is not supported", name)
}

// Cut splits a text at the matches of a pattern, or, inverted, at what lies
// between them.
type Cut struct {
	Pattern  *pattern.Pattern
	Behavior Behavior
	Invert   bool
}

// stretch is a part of a text that the pattern matches or doesn't.
type stretch struct {
	start, end int
	match      bool
}

// Split cuts t.
func (c Cut) Split(t aligned.Text, out []aligned.Text) ([]aligned.Text, error) {
	if t.Len() == 0 {
		return out, nil
	}
	var parts []stretch
	last := 0
	err := c.Pattern.Find(t.String(), func(start, end int) {
		if last < start {
			parts = append(parts, stretch{last, start, c.Invert})
		}
		parts = append(parts, stretch{start, end, !c.Invert})
		last = end
	})
	if err != nil {
		return nil, err
	}
	if last < t.Len() {
		parts = append(parts, stretch{last, t.Len(), c.Invert})
	}
	for _, p := range c.Behavior.join(parts) {
		if p.start < p.end {
			out = append(out, t.Slice(p.start, p.end))
		}
	}
	return out, nil
}

// join applies the behavior to the stretches of a text.
func (b Behavior) join(parts []stretch) []stretch {
	out := parts[:0]
	switch b {
	case Isolated:
		return parts
	case Removed:
		for _, p := range parts {
			if !p.match {
				out = append(out, p)
			}
		}
	case Contiguous:
		for _, p := range parts {
			if n := len(out); n > 0 && out[n-1].match == p.match {
				out[n-1].end = p.end
				continue
			}
			out = append(out, p)
		}
	case MergedWithPrevious:
		previous := false
		for _, p := range parts {
			if n := len(out); n > 0 && p.match && !previous {
				out[n-1].end = p.end
			} else {
				out = append(out, p)
			}
			previous = p.match
		}
	case MergedWithNext:
		at := len(parts)
		next := false
		for i := len(parts) - 1; i >= 0; i-- {
			p := parts[i]
			if at < len(parts) && p.match && !next {
				parts[at].start = p.start
			} else {
				at--
				parts[at] = p
			}
			next = p.match
		}
		return parts[at:]
	}
	return out
}
