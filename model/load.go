package model

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
)

// loadWeights fills every part of the network from the checkpoint, by the
// names in the struct tags. A tensor that is missing, of another shape, or
// that no part of the network takes is an error: the result would be some
// other model.
func loadWeights(c *checkpoint.Checkpoint, network any, cfg Config) error {
	l := loader{checkpoint: c, tag: "hf", tied: cfg.Tied, taken: map[string]bool{}}
	if c.GGUF != nil {
		l.tag = "gguf"
	}
	if err := l.fill(reflect.ValueOf(network), ""); err != nil {
		return err
	}
	for _, t := range c.Tensors() {
		if !l.taken[t.Name] && !ignored(t.Name) {
			return fmt.Errorf("%s: tensor %s belongs to no part of the %s architecture, so the file holds some other model than its configuration says",
				t.File, badfile.Quote(t.Name), cfg.Architecture)
		}
	}
	return nil
}

// ignored reports whether a tensor only repeats what the configuration says,
// as old Llama checkpoints do, or is read elsewhere (rope factors of GGUF).
func ignored(name string) bool {
	return strings.HasSuffix(name, ".rotary_emb.inv_freq") ||
		strings.HasSuffix(name, ".attn_rot_embd") ||
		name == ropeFactors
}

type loader struct {
	checkpoint *checkpoint.Checkpoint
	tag        string // "hf" or "gguf"
	tied       bool
	taken      map[string]bool
}

// fill loads the part of the network at v, whose tensors' names begin with
// prefix.
func (l *loader) fill(v reflect.Value, prefix string) error {
	switch part := v.Interface().(type) {
	case *Linear:
		return l.linear(part, prefix)
	case *RMSNorm:
		return l.norm(part, prefix)
	case *Embedding:
		return l.linear(part.Table, prefix)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return l.fields(v.Elem(), prefix)
	case reflect.Slice:
		for i := range v.Len() {
			if err := l.fill(v.Index(i), join(prefix, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) fields(v reflect.Value, prefix string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, ok := field.Tag.Lookup(l.tag)
		if !ok {
			continue
		}
		name = join(prefix, name)
		if other := field.Tag.Get("tied"); other != "" && l.isTied(name) {
			l.taken[name+".weight"] = true
			v.Field(i).Set(reflect.ValueOf(v.FieldByName(other).Interface().(*Embedding).Table))
			continue
		}
		if err := l.fill(v.Field(i), name); err != nil {
			return err
		}
	}
	return nil
}

// isTied reports whether the projection called name is the embedding matrix.
// GGUF files say so by leaving the tensor out.
func (l *loader) isTied(name string) bool {
	if l.tag == "gguf" {
		_, stored := l.checkpoint.Tensor(name + ".weight")
		return !stored
	}
	return l.tied
}

func (l *loader) linear(part *Linear, prefix string) error {
	t, err := l.tensor(prefix+".weight", part.out, part.in)
	if err != nil {
		return err
	}
	if part.Weight, err = t.Matrix(); err != nil {
		return err
	}
	if _, ok := l.checkpoint.Tensor(prefix + ".bias"); ok {
		part.Bias, err = l.vector(prefix+".bias", part.out)
	}
	return err
}

func (l *loader) norm(part *RMSNorm, prefix string) (err error) {
	part.Gain, err = l.vector(prefix+".weight", part.width)
	return err
}

func (l *loader) vector(name string, n int) ([]float32, error) {
	t, err := l.tensor(name, n)
	if err != nil {
		return nil, err
	}
	return t.Float32s()
}

// tensor returns the tensor called name, which must have the given shape.
func (l *loader) tensor(name string, shape ...int) (checkpoint.Tensor, error) {
	t, ok := l.checkpoint.Tensor(name)
	if !ok {
		return t, fmt.Errorf("%s: tensor %q is missing", l.checkpoint.Path, name)
	}
	if !reflect.DeepEqual(t.Shape, shape) {
		return t, fmt.Errorf("%s: tensor %q has shape %v, but the configuration asks for %v", t.File, name, t.Shape, shape)
	}
	l.taken[name] = true
	return t, nil
}

// join puts a dot between the non-empty parts of a tensor's name.
func join(prefix, name string) string {
	if prefix == "" || name == "" {
		return prefix + name
	}
	return prefix + "." + name
}

// WeightBytes is how many bytes of matrices one step reads: every projection
// once, and not the embedding table, of which a step reads single rows.
func (m *Model) WeightBytes() int64 {
	var total int64
	visitLinear(reflect.ValueOf(m.network), func(l *Linear) { total += int64(len(l.Weight.Data)) })
	return total
}

// visitLinear calls f for each projection of the network part at v.
func visitLinear(v reflect.Value, f func(*Linear)) {
	switch part := v.Interface().(type) {
	case *Linear:
		f(part)
		return
	case *RMSNorm, *Embedding:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		for i := range v.Elem().NumField() {
			if field := v.Elem().Type().Field(i); field.Tag != "" {
				visitLinear(v.Elem().Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitLinear(v.Index(i), f)
		}
	}
}
