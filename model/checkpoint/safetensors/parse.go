package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// Parse reads the header of a safetensors file and checks that the tensors cover its data
// exactly. The name is used in errors only, which are of type *badfile.Error. Tensor data are
// views into data.
func Parse(name string, data []byte) (*File, error) {
	header, err := headerOf(name, data)
	if err != nil {
		return nil, err
	}
	p := parser{name: name, json: strictjson.New(header)}
	if err := p.header(); err != nil {
		return nil, err
	}
	f := &File{Metadata: p.metadata, HeaderSize: int64(prefix + len(header))}
	if f.Tensors, err = p.place(data[f.HeaderSize:], f.HeaderSize); err != nil {
		return nil, err
	}
	f.index()
	return f, nil
}

// headerOf returns the JSON of the header.
func headerOf(name string, data []byte) ([]byte, error) {
	fail := func(at int, format string, args ...any) ([]byte, error) {
		return nil, &badfile.Error{File: name, Where: "safetensors header", Offset: int64(at), Problem: fmt.Sprintf(format, args...)}
	}
	if len(data) < prefix {
		return fail(len(data), "the file ends here, inside the %d bytes that give the header's length", prefix)
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader {
		return fail(0, "its length is given as %d bytes, and at most %d are allowed", n, maxHeader)
	}
	if left := len(data) - prefix; n > uint64(left) {
		return fail(0, "its length is given as %d bytes, and the file has %d after the length: the file may be cut short", n, left)
	}
	header := data[prefix : prefix+n]
	if n == 0 || header[0] != '{' {
		return fail(prefix, "it does not begin with \"{\" but with %q", header[:min(1, n)])
	}
	return header, nil
}

// entry is a tensor as the header states it, with data_offsets.
type entry struct {
	Tensor
	begin, end int64
	at         int64 // of the entry in the file
}

type parser struct {
	name     string
	json     *strictjson.Reader
	metadata map[string]string
	entries  []entry
}

func (p *parser) fail(where string, at int64, problem error) error {
	return &badfile.Error{File: p.name, Where: where, Offset: at, Problem: problem.Error()}
}

// at is the byte of the file the JSON reader has reached.
func (p *parser) at() int64 { return prefix + p.json.Offset() }

// header reads the whole JSON object.
func (p *parser) header() error {
	err := p.json.Object(func(name string) error {
		at := p.at()
		if name == metadataKey {
			return p.readMetadata()
		}
		e, err := p.entry()
		if err == nil && name == "" {
			err = errors.New("its name is empty")
		}
		if err != nil {
			return p.fail("tensor "+badfile.Quote(name), p.at(), err)
		}
		e.Name, e.at = name, at
		p.entries = append(p.entries, e)
		return nil
	})
	if err == nil {
		err = p.json.End()
	}
	if placed := (*badfile.Error)(nil); err == nil || errors.As(err, &placed) {
		return err
	}
	return p.fail("safetensors header", p.at(), err)
}

func (p *parser) readMetadata() error {
	p.metadata = map[string]string{}
	err := p.json.Object(func(key string) (err error) {
		p.metadata[key], err = p.json.Text()
		return err
	})
	if err != nil {
		return p.fail(metadataKey, p.at(), err)
	}
	return nil
}

// entry reads one tensor's dtype, shape and offsets.
func (p *parser) entry() (entry, error) {
	var e entry
	var offsets []int64
	err := p.json.Object(func(field string) (err error) {
		switch field {
		case "dtype":
			e.DType, err = p.json.Text()
		case "shape":
			e.Shape, err = p.shape()
		case "data_offsets":
			offsets, err = p.json.Counts(2)
		default:
			err = errors.New("safetensors has no such field")
		}
		if err != nil {
			err = fmt.Errorf("in its field %s, %w", badfile.Quote(field), err)
		}
		return err
	})
	switch {
	case err != nil:
		return e, err
	case e.DType == "" || e.Shape == nil || offsets == nil:
		return e, errors.New("one of its fields \"dtype\", \"shape\" and \"data_offsets\" is missing")
	case len(offsets) != 2 || offsets[0] > offsets[1]:
		return e, fmt.Errorf("its data_offsets %v are not a beginning and an end", offsets)
	}
	e.begin, e.end = offsets[0], offsets[1]
	bytes, err := size(e.DType, e.Shape)
	if err == nil && bytes != e.end-e.begin {
		err = fmt.Errorf("its data_offsets hold %d bytes, and %s, shape %v, takes %d", e.end-e.begin, e.DType, e.Shape, bytes)
	}
	return e, err
}

func (p *parser) shape() ([]int, error) {
	counts, err := p.json.Counts(maxDims)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(counts))
	for i, n := range counts {
		shape[i] = int(n)
	}
	return shape, nil
}

// place gives every tensor its view of the data section, which begins at byte start of the file.
func (p *parser) place(data []byte, start int64) ([]Tensor, error) {
	slices.SortStableFunc(p.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	tensors := make([]Tensor, len(p.entries))
	end, before := int64(0), ""
	for i, e := range p.entries {
		where := "tensor " + badfile.Quote(e.Name)
		switch {
		case e.end > int64(len(data)):
			return nil, p.fail(where, e.at, fmt.Errorf("its data ends at byte %d of the data section, which has %d: the file may be cut short", e.end, len(data)))
		case e.begin < end:
			return nil, p.fail(where, e.at, fmt.Errorf("its data overlaps that of tensor %s", badfile.Quote(before)))
		case e.begin > end:
			return nil, p.fail(where, e.at, fmt.Errorf("its data begins at byte %d of the data section, leaving a hole from byte %d", e.begin, end))
		}
		e.Data = data[e.begin:e.end:e.end]
		e.Offset = start + e.begin
		tensors[i] = e.Tensor
		end, before = e.end, e.Name
	}
	if end != int64(len(data)) {
		return nil, p.fail("data section", start+end, fmt.Errorf("%d bytes at the end belong to no tensor", int64(len(data))-end))
	}
	return tensors, nil
}
