package jinja

import (
	"errors"
	"fmt"
)

func (e slice) eval(r *run, s *scope) (any, error) {
	v, err := e.of.eval(r, s)
	if err != nil {
		return nil, err
	}
	var bounds [3]any
	for i, part := range []expr{e.start, e.stop, e.step} {
		if part == nil {
			continue
		}
		if bounds[i], err = part.eval(r, s); err != nil {
			return nil, err
		}
	}
	switch v := v.(type) {
	case string:
		return r.sliceString(v, bounds)
	case *list:
		at, err := sliceIndexes(len(v.items), bounds)
		if err != nil {
			return nil, err
		}
		if err := r.make(16 * at.count); err != nil {
			return nil, err
		}
		out := &list{tuple: v.tuple}
		for i := range at.count {
			out.items = append(out.items, v.items[at.start+i*at.step])
		}
		return out, nil
	case undefined:
		return nil, fmt.Errorf("%q is undefined, so it can't be sliced", v.name)
	}
	return nil, fmt.Errorf("%s can't be sliced", typeName(v))
}

func (r *run) sliceString(v string, bounds [3]any) (any, error) {
	if err := r.make(len(v)); err != nil {
		return nil, err
	}
	at, err := sliceIndexes(runeLen(v), bounds)
	if err != nil {
		return nil, err
	}
	if at.step == 1 {
		return runeSlice(v, at.start, at.start+at.count), nil
	}
	if err := r.make(4 * len(v)); err != nil {
		return nil, err
	}
	runes := []rune(v)
	out := make([]rune, at.count)
	for i := range out {
		out[i] = runes[at.start+i*at.step]
	}
	return string(out), nil
}

// steps are the indexes of a slice: start, start+step, ...
type steps struct{ start, step, count int }

// sliceIndexes resolves start:stop:step for n items, as Python does.
func sliceIndexes(n int, bounds [3]any) (steps, error) {
	step := 1
	if bounds[2] != nil {
		v, ok := integer(bounds[2])
		if !ok || v == 0 {
			return steps{}, errors.New("the step of a slice must be a whole number other than 0")
		}
		step = int(max(-int64(n)-1, min(v, int64(n)+1)))
	}
	low, high := 0, n
	if step < 0 {
		low, high = -1, n-1
	}
	place := func(v any, missing int) (int, error) {
		if v == nil {
			return missing, nil
		}
		i, ok := integer(v)
		if !ok {
			return 0, fmt.Errorf("a slice can't start or stop at %s", typeName(v))
		}
		if i < 0 {
			i += int64(n)
		}
		return int(max(int64(low), min(i, int64(high)))), nil
	}
	first, last := low, high
	if step < 0 {
		first, last = high, low
	}
	start, err := place(bounds[0], first)
	if err != nil {
		return steps{}, err
	}
	stop, err := place(bounds[1], last)
	if err != nil {
		return steps{}, err
	}
	count := 0
	switch {
	case step > 0 && stop > start:
		count = (stop - start + step - 1) / step
	case step < 0 && stop < start:
		count = (start - stop - step - 1) / -step
	}
	return steps{start, step, count}, nil
}
