package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// Parse reads the header of a safetensors file and checks that the tensors cover its data
// exactly. The name is used in errors only, which are of type *badfile.Error. Tensor data are
// views into data.
func Parse(name string, data []byte) (*File, error) {
	header, err := headerOf(name, data)
	if err != nil {
		return nil, err
	}
	p := parser{name: name, decoder: json.NewDecoder(bytes.NewReader(header))}
	p.decoder.UseNumber()
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
	if !utf8.Valid(header) {
		return fail(prefix+firstInvalid(header), "it is not valid UTF-8")
	}
	return header, nil
}

// firstInvalid is the index of the first byte that is not part of valid UTF-8.
func firstInvalid(b []byte) int {
	at := 0
	for {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

// entry is a tensor as the header states it, with data_offsets.
type entry struct {
	Tensor
	begin, end int64
	at         int64 // of the entry in the file
}

type parser struct {
	name     string
	decoder  *json.Decoder
	metadata map[string]string
	entries  []entry
}

func (p *parser) fail(where string, at int64, problem error) error {
	return &badfile.Error{File: p.name, Where: where, Offset: at, Problem: problem.Error()}
}

// at is the byte of the file the decoder has reached.
func (p *parser) at() int64 { return prefix + p.decoder.InputOffset() }

// header reads the whole JSON object.
func (p *parser) header() error {
	const where = "safetensors header"
	seen := map[string]bool{}
	err := p.object(func(name string) error {
		at := p.at()
		if seen[name] {
			return p.fail(fmt.Sprintf("tensor %q", name), at, errors.New("it stands twice in the header"))
		}
		seen[name] = true
		if name == metadataKey {
			if err := p.readMetadata(); err != nil {
				return p.fail(fmt.Sprintf("%q", metadataKey), p.at(), err)
			}
			return nil
		}
		e, err := p.entry()
		if err != nil {
			return p.fail(fmt.Sprintf("tensor %q", name), p.at(), err)
		}
		e.Name, e.at = name, at
		p.entries = append(p.entries, e)
		return nil
	})
	if placed := (*badfile.Error)(nil); errors.As(err, &placed) {
		return placed
	}
	if err != nil {
		return p.fail(where, p.at(), err)
	}
	if _, err := p.decoder.Token(); err != io.EOF {
		return p.fail(where, p.at(), errors.New("something other than spaces follows the JSON object"))
	}
	return nil
}

func (p *parser) readMetadata() error {
	p.metadata = map[string]string{}
	return p.object(func(key string) error {
		if _, there := p.metadata[key]; there {
			return fmt.Errorf("key %q stands twice", key)
		}
		token, err := p.token()
		if err != nil {
			return err
		}
		value, ok := token.(string)
		if !ok {
			return fmt.Errorf("the value of key %q is not a string", key)
		}
		p.metadata[key] = value
		return nil
	})
}

// entry reads one tensor's dtype, shape and offsets.
func (p *parser) entry() (entry, error) {
	var e entry
	seen := map[string]bool{}
	err := p.object(func(field string) (err error) {
		if seen[field] {
			return fmt.Errorf("its field %q stands twice", field)
		}
		seen[field] = true
		switch field {
		case "dtype":
			e.DType, err = p.dtype()
		case "shape":
			e.Shape, err = p.shape()
		case "data_offsets":
			e.begin, e.end, err = p.offsets()
		default:
			err = fmt.Errorf("its field %q is not one that safetensors has", field)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	for _, field := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[field] {
			return e, fmt.Errorf("its field %q is missing", field)
		}
	}
	bytes, err := size(e.DType, e.Shape)
	if err == nil && bytes != e.end-e.begin {
		err = fmt.Errorf("its data_offsets hold %d bytes, and %s, shape %v, takes %d", e.end-e.begin, e.DType, e.Shape, bytes)
	}
	return e, err
}

func (p *parser) dtype() (string, error) {
	token, err := p.token()
	if err != nil {
		return "", err
	}
	name, ok := token.(string)
	if !ok {
		return "", errors.New("its dtype is not a string")
	}
	return name, nil
}

func (p *parser) shape() ([]int, error) {
	numbers, err := p.numbers("shape", maxDims)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(numbers))
	for i, n := range numbers {
		shape[i] = int(n)
	}
	return shape, nil
}

func (p *parser) offsets() (begin, end int64, err error) {
	numbers, err := p.numbers("data_offsets", 2)
	if err != nil {
		return 0, 0, err
	}
	if len(numbers) != 2 || numbers[0] > numbers[1] {
		return 0, 0, fmt.Errorf("its data_offsets %v are not a beginning and an end", numbers)
	}
	return numbers[0], numbers[1], nil
}

// numbers reads an array of whole numbers.
func (p *parser) numbers(field string, most int) ([]int64, error) {
	if err := p.expect('['); err != nil {
		return nil, err
	}
	numbers := []int64{}
	for p.decoder.More() {
		token, err := p.token()
		if err != nil {
			return nil, err
		}
		text, _ := token.(json.Number)
		n, err := strconv.ParseUint(text.String(), 10, 62)
		if err != nil {
			return nil, fmt.Errorf("its %s holds %q, which is not a whole number from 0 to 2^62", field, fmt.Sprint(token))
		}
		if len(numbers) == most {
			return nil, fmt.Errorf("its %s has more than %d numbers", field, most)
		}
		numbers = append(numbers, int64(n))
	}
	return numbers, p.expect(']')
}

// object reads a JSON object; member is called after each key, to read that key's value.
func (p *parser) object(member func(key string) error) error {
	if err := p.expect('{'); err != nil {
		return err
	}
	for p.decoder.More() {
		token, err := p.token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("a name is expected, and it has %q", fmt.Sprint(token))
		}
		if err := member(key); err != nil {
			return err
		}
	}
	return p.expect('}')
}

func (p *parser) expect(delimiter json.Delim) error {
	token, err := p.token()
	if err != nil {
		return err
	}
	if token != delimiter {
		return fmt.Errorf("%q is expected, and it has %q", delimiter.String(), fmt.Sprint(token))
	}
	return nil
}

func (p *parser) token() (json.Token, error) {
	token, err := p.decoder.Token()
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, errors.New("the JSON ends inside it")
	}
	if err != nil {
		return nil, fmt.Errorf("the JSON is broken: %w", err)
	}
	return token, nil
}

// place gives every tensor its view of the data section, which begins at byte start of the file.
func (p *parser) place(data []byte, start int64) ([]Tensor, error) {
	slices.SortStableFunc(p.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	tensors := make([]Tensor, len(p.entries))
	end, before := int64(0), ""
	for i, e := range p.entries {
		where := fmt.Sprintf("tensor %q", e.Name)
		switch {
		case e.end > int64(len(data)):
			return nil, p.fail(where, e.at, fmt.Errorf("its data ends at byte %d of the data section, which has %d: the file may be cut short", e.end, len(data)))
		case e.begin < end:
			return nil, p.fail(where, e.at, fmt.Errorf("its data overlaps that of tensor %q", before))
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
