package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"tiller/steering/eval"
)

// place puts a shard among the others.
func (m *merge) place(p *part) error {
	s, first := p.spec.Shard, m.first()
	switch {
	case s == nil:
		return fmt.Errorf("%s holds a whole run, not a shard of one", p.path)
	case s.Of < 1 || s.Index < 0 || s.Index >= s.Of:
		return fmt.Errorf("%s says that it is shard %d of %d, which can't be", filepath.Join(p.path, specFile), s.Index+1, s.Of)
	case first == nil:
		m.of, m.parts, m.asks, m.spec = s.Of, make([]*part, s.Of), map[asked]*part{}, p.spec
		m.spec.Shard = nil
	case s.Of != m.of:
		return fmt.Errorf("%s and %s are not shards of one run", first, p)
	case m.parts[s.Index] != nil:
		return fmt.Errorf("shard %d of %d is there twice: in %s and in %s", s.Index+1, s.Of, m.parts[s.Index].path, p.path)
	default:
		if err := m.sameRun(first, p); err != nil {
			return err
		}
	}
	for k := range p.at {
		if other := m.asks[k]; other != nil {
			return fmt.Errorf("%s and %s both ask problem %q: they are not shards of one run", other, p, k.id)
		}
		m.asks[k] = p
	}
	m.parts[s.Index] = p
	return nil
}

// first is the shard that the others are compared with; nil if there is none.
func (m *merge) first() *part {
	for _, p := range m.parts {
		if p != nil {
			return p
		}
	}
	return nil
}

// sameRun refuses a shard of another run, or of another kernel path.
func (m *merge) sameRun(a, b *part) error {
	x, y := a.spec, b.spec
	x.Kernel, y.Kernel = "", ""
	if mix := differs(x, y); mix != nil {
		return fmt.Errorf("%s and %s are of different runs: the %s of the one is %s, that of the other %s", a, b, mix.Field, mix.Was, mix.Asks)
	}
	paths := strings.Split(m.spec.Kernel, "+")
	if slices.Contains(paths, b.spec.Kernel) {
		return nil
	}
	if !m.options.MixedKernels {
		return &KernelError{fmt.Sprintf("%s was computed on %s", a, a.spec.Kernel), fmt.Sprintf("%s on %s", b, b.spec.Kernel)}
	}
	paths = append(paths, b.spec.Kernel)
	slices.Sort(paths)
	m.spec.Kernel = strings.Join(paths, "+")
	return nil
}

// differs finds a field in which two runs differ, beside the shard; nil if
// there is none. What extends a run and is extended by it is the same.
func differs(a, b eval.Spec) *eval.MixError {
	a.Shard, b.Shard = nil, nil
	var mix *eval.MixError
	if errors.As(b.Extends(a), &mix) {
		return mix
	}
	if errors.As(a.Extends(b), &mix) {
		return &eval.MixError{Field: mix.Field, Was: mix.Asks, Asks: mix.Was}
	}
	return nil
}

// complete refuses a run of which something is not there, unless that is
// allowed.
func (m *merge) complete(unread []string) error {
	if m.options.Partial {
		return nil
	}
	var lacks []string
	for i, p := range m.parts {
		switch {
		case p == nil:
			lacks = append(lacks, fmt.Sprintf("shard %d of %d is not there", i+1, m.of))
		case p.missing() > 0:
			lacks = append(lacks, fmt.Sprintf("%s lacks %d of %d samples", p, p.missing(), p.samples()))
		}
	}
	if len(lacks) > 0 {
		return &IncompleteError{append(lacks, unread...)}
	}
	if len(unread) > 0 {
		return fmt.Errorf("all of the run is there, but %s: name no other folder", unread[0])
	}
	return nil
}

// balanced refuses shards whose numbers of problems can't be those of one set:
// one was made to ask for more and ended before it wrote them down.
func (m *merge) balanced(found []*part) error {
	for set := range 2 {
		for _, a := range found {
			for _, b := range found {
				more := len(a.problems[set]) - len(b.problems[set])
				if a.spec.Shard.Index < b.spec.Shard.Index && (more < 0 || more > 1) {
					return fmt.Errorf("%s asks %d problems and %s %d, which are not parts of one set: go on with both, then merge",
						a, len(a.problems[set]), b, len(b.problems[set]))
				}
			}
		}
	}
	return nil
}

// sameTuning refuses shards whose controls chose different strengths.
func (m *merge) sameTuning(found []*part) error {
	var first *part
	for _, p := range found {
		switch {
		case p.tuned == nil:
		case first == nil:
			first = p
		case !bytes.Equal(first.tuned, p.tuned):
			return fmt.Errorf("the controls of %s and %s chose different strengths: %s differs", first, p, tuneFile)
		}
	}
	return nil
}
