package gguf

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Limits that no real file comes near. They bound what a hostile header can make us allocate,
// together with the rule that every count must fit the bytes that are left.
const (
	maxKeys      = 1 << 16
	maxTensors   = 1 << 20
	maxKeyBytes  = 1<<16 - 1 // the specification's limit
	maxNameBytes = 1 << 10   // the specification says 64, but some writers go over
	maxDims      = 4
	maxAlignment = 1 << 20
)

// Least bytes that one entry takes: an empty key with a one-byte value, and a tensor with an
// empty name and no dimensions.
const (
	leastKey    = 8 + 4 + 1
	leastTensor = 8 + 4 + 4 + 8
)

const (
	alignmentKey     = "general.alignment"
	defaultAlignment = 32
)

// Parse reads the header, metadata and tensor table of a GGUF file, and checks that every
// tensor lies inside data without touching another. The name is used in errors only, which are
// of type *badfile.Error. Tensor data are views into data.
func Parse(name string, data []byte) (*File, error) {
	p := parser{cursor: cursor{data: data}, file: &File{name: name, Alignment: defaultAlignment}}
	keys, tensors, err := p.header()
	if err != nil {
		return nil, err
	}
	if err := p.keys(keys); err != nil {
		return nil, err
	}
	if err := p.tensors(tensors); err != nil {
		return nil, err
	}
	if err := p.place(); err != nil {
		return nil, err
	}
	return p.file, nil
}

type parser struct {
	cursor
	file *File
}

func (p *parser) fail(where string, at int, problem error) error {
	return &badfile.Error{File: p.file.name, Where: where, Offset: int64(at), Problem: problem.Error()}
}

// header reads the fixed part and returns how many keys and tensors follow.
func (p *parser) header() (keys, tensors int, err error) {
	const where = "GGUF header"
	const size = 4 + 4 + 8 + 8
	if len(p.data) < 4 || string(p.data[:4]) != "GGUF" {
		return 0, 0, p.fail(where, 0, fmt.Errorf("the file does not begin with \"GGUF\" but with %q", p.data[:min(4, len(p.data))]))
	}
	if len(p.data) < size {
		return 0, 0, p.fail(where, len(p.data), fmt.Errorf("the file ends here, inside its %d-byte header", size))
	}
	version := binary.LittleEndian.Uint32(p.data[4:])
	switch {
	case version == 2 || version == 3:
	case version&0xffff == 0 && version != 0:
		return 0, 0, p.fail(where, 4, fmt.Errorf("the file is big-endian, and only little-endian GGUF can be read"))
	default:
		return 0, 0, p.fail(where, 4, fmt.Errorf("the file has GGUF version %d, and only versions 2 and 3 can be read", version))
	}
	p.file.Version = version
	tensorCount := binary.LittleEndian.Uint64(p.data[8:])
	keyCount := binary.LittleEndian.Uint64(p.data[16:])
	p.at = size
	if most := min(p.left()/leastTensor, maxTensors); tensorCount > uint64(most) {
		return 0, 0, p.fail(where, 8, fmt.Errorf("the file claims %d tensors, and one of %d bytes can have at most %d", tensorCount, len(p.data), most))
	}
	if most := min(p.left()/leastKey, maxKeys); keyCount > uint64(most) {
		return 0, 0, p.fail(where, 16, fmt.Errorf("the file claims %d keys, and one of %d bytes can have at most %d", keyCount, len(p.data), most))
	}
	return int(keyCount), int(tensorCount), nil
}

func (p *parser) keys(count int) error {
	p.file.KVs = make([]KeyValue, 0, count)
	p.file.byKey = make(map[string]int, count)
	for i := range count {
		start := p.at
		key, err := p.identifier(maxKeyBytes)
		if err != nil {
			return p.fail(fmt.Sprintf("key %d of %d", i+1, count), start, err)
		}
		where := "key " + badfile.Quote(key)
		if first, there := p.file.byKey[key]; there {
			return p.fail(where, start, fmt.Errorf("it stands twice, as key %d and key %d", first+1, i+1))
		}
		valueAt := p.at
		k, err := p.uint32()
		if err != nil {
			return p.fail(where, valueAt, err)
		}
		value, err := p.value(kind(k))
		if err == nil && key == alignmentKey {
			err = p.align(value)
		}
		if err != nil {
			return p.fail(where, valueAt, err)
		}
		p.file.byKey[key] = i
		p.file.KVs = append(p.file.KVs, KeyValue{key, value})
	}
	return nil
}

// align takes the value of the key `general.alignment`. The specification makes it a uint32.
func (p *parser) align(value any) error {
	n, ok := integer(value)
	if !ok {
		return fmt.Errorf("its value is of kind %T, where a uint32 is expected", value)
	}
	if n < 1 || n > maxAlignment || bits.OnesCount64(uint64(n)) != 1 {
		return fmt.Errorf("an alignment of %d is not a power of two from 1 to %d", n, maxAlignment)
	}
	p.file.Alignment = int(n)
	return nil
}

// tensors reads the tensor table. Offset is still counted from the data section; place
// finishes the job once it is known where that begins.
func (p *parser) tensors(count int) error {
	p.file.Tensors = make([]Tensor, 0, count)
	p.file.byTensor = make(map[string]int, count)
	for i := range count {
		start := p.at
		name, err := p.identifier(maxNameBytes)
		if err != nil {
			return p.fail(fmt.Sprintf("tensor %d of %d", i+1, count), start, err)
		}
		where := "tensor " + badfile.Quote(name)
		if first, there := p.file.byTensor[name]; there {
			return p.fail(where, start, fmt.Errorf("it stands twice, as tensor %d and tensor %d", first+1, i+1))
		}
		t, err := p.tensor()
		if err != nil {
			return p.fail(where, start, err)
		}
		t.Name = name
		p.file.byTensor[name] = i
		p.file.Tensors = append(p.file.Tensors, t)
	}
	return nil
}

// tensor reads one entry of the tensor table from its dimensions on.
func (p *parser) tensor() (Tensor, error) {
	var t Tensor
	n, err := p.uint32()
	if err != nil {
		return t, err
	}
	if n > maxDims {
		return t, fmt.Errorf("it has %d dimensions, and at most %d are allowed", n, maxDims)
	}
	t.Shape = make([]int, n)
	for i := range t.Shape {
		d, err := p.uint64()
		if err != nil {
			return t, err
		}
		if d > 1<<62 {
			return t, fmt.Errorf("its dimension %d is %d, more than any file could hold", i, d)
		}
		t.Shape[len(t.Shape)-1-i] = int(d)
	}
	u, err := p.uint32()
	if err != nil {
		return t, err
	}
	t.Type = Type(u)
	offset, err := p.uint64()
	if err != nil {
		return t, err
	}
	if offset > uint64(len(p.data)) {
		return t, fmt.Errorf("its data would begin at byte %d of the data section, and the whole file has %d", offset, len(p.data))
	}
	t.Offset = int64(offset)
	return t, nil
}

// place finds the data section and gives every tensor its view of it.
func (p *parser) place() error {
	f := p.file
	f.DataOffset = alignUp(int64(p.at), f.Alignment)
	order := make([]int, len(f.Tensors))
	for i := range f.Tensors {
		order[i] = i
		t := &f.Tensors[i]
		size, err := t.Type.size(t.Shape)
		if err == nil && t.Offset%int64(f.Alignment) != 0 {
			err = fmt.Errorf("its offset %d is not a multiple of the file's alignment %d", t.Offset, f.Alignment)
		}
		t.Offset += f.DataOffset
		if left := max(0, int64(len(p.data))-t.Offset); err == nil && int64(size) > left {
			err = fmt.Errorf("its %d bytes of %v, shape %v, go beyond the end of the file, which has %d bytes from there on: the file may be cut short", size, t.Type, t.Shape, left)
		}
		if err != nil {
			return p.fail("tensor "+badfile.Quote(t.Name), int(t.Offset), err)
		}
		end := t.Offset + int64(size)
		t.Data = p.data[t.Offset:end:end]
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(f.Tensors[a].Offset, f.Tensors[b].Offset) })
	for i := 1; i < len(order); i++ {
		before, t := f.Tensors[order[i-1]], f.Tensors[order[i]]
		if before.Offset+int64(len(before.Data)) > t.Offset {
			return p.fail("tensor "+badfile.Quote(t.Name), int(t.Offset), fmt.Errorf("its data overlaps that of tensor %s", badfile.Quote(before.Name)))
		}
	}
	return nil
}

func alignUp(n int64, alignment int) int64 {
	a := int64(alignment)
	return (n + a - 1) / a * a
}

// cursor walks the bytes of a file. Its errors say what is wrong at the place it has reached;
// the parser adds the name of the key or tensor.
type cursor struct {
	data []byte
	at   int
}

func (c *cursor) left() int { return len(c.data) - c.at }

func (c *cursor) take(n int) ([]byte, error) {
	if n > c.left() {
		return nil, fmt.Errorf("the file ends inside it: %d bytes are needed at byte %d and %d are left", n, c.at, c.left())
	}
	b := c.data[c.at : c.at+n]
	c.at += n
	return b, nil
}

// takeLong takes a number of bytes that the file states, which may be absurd.
func (c *cursor) takeLong(n uint64) ([]byte, error) {
	if n > uint64(c.left()) {
		return nil, fmt.Errorf("a string of %d bytes is claimed at byte %d, where %d bytes of file are left", n, c.at, c.left())
	}
	return c.take(int(n))
}

func (c *cursor) uint32() (uint32, error) {
	b, err := c.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) uint64() (uint64, error) {
	b, err := c.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (c *cursor) text() (string, error) {
	n, err := c.uint64()
	if err != nil {
		return "", err
	}
	b, err := c.takeLong(n)
	return string(b), err
}

// identifier reads the name of a key or tensor.
func (c *cursor) identifier(most uint64) (string, error) {
	if c.left() >= 8 {
		if n := binary.LittleEndian.Uint64(c.data[c.at:]); n > most {
			return "", fmt.Errorf("its name claims %d bytes, and at most %d are allowed", n, most)
		}
	}
	name, err := c.text()
	switch {
	case err != nil:
		return "", err
	case name == "":
		return "", fmt.Errorf("its name is empty")
	case !utf8.ValidString(name):
		return "", fmt.Errorf("its name %s is not valid UTF-8", badfile.Quote(name))
	}
	return name, nil
}
