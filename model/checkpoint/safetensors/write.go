package safetensors

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Write writes a file with this metadata (which may be nil) and these tensors. As the reference
// implementation does, it puts tensors with larger elements first, then sorts by name, and pads
// the header so that data is aligned to 8 bytes. The same input gives the same bytes, in
// whatever order the tensors are given. Nothing is written if something is not fit to be stored.
func Write(w io.Writer, metadata map[string]string, tensors []Tensor) error {
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(bitsOf[b.DType], bitsOf[a.DType]), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(metadata, tensors)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))
	out.Write(header)
	for _, t := range tensors {
		out.Write(t.Data)
	}
	return out.Flush() // bufio keeps the first error
}

// encodeHeader spells out the JSON object member by member, since its order is part of the bytes.
func encodeHeader(metadata map[string]string, tensors []Tensor) ([]byte, error) {
	e := encoder{seen: map[string]bool{metadataKey: true}}
	e.bytes.WriteByte('{')
	if metadata != nil {
		if err := e.metadata(metadata); err != nil {
			return nil, err
		}
	}
	offset := int64(0)
	for _, t := range tensors {
		if err := e.tensor(t, offset); err != nil {
			return nil, fmt.Errorf("cannot write tensor %q: %w", t.Name, err)
		}
		offset += int64(len(t.Data))
	}
	e.bytes.WriteByte('}')
	for e.bytes.Len()%8 != 0 {
		e.bytes.WriteByte(' ')
	}
	if e.bytes.Len() > maxHeader {
		return nil, fmt.Errorf("cannot write a safetensors header of %d bytes: at most %d are allowed", e.bytes.Len(), maxHeader)
	}
	return e.bytes.Bytes(), nil
}

type encoder struct {
	bytes bytes.Buffer
	seen  map[string]bool
}

func (e *encoder) metadata(metadata map[string]string) error {
	for key, value := range metadata {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return fmt.Errorf("cannot write metadata key %q: it or its value is not valid UTF-8", key)
		}
	}
	return e.member(metadataKey, metadata) // encoding/json sorts a map's keys
}

func (e *encoder) tensor(t Tensor, offset int64) error {
	switch {
	case t.Name == "":
		return fmt.Errorf("its name is empty")
	case !utf8.ValidString(t.Name):
		return fmt.Errorf("its name is not valid UTF-8")
	case t.Name == metadataKey:
		return fmt.Errorf("the name is reserved for metadata")
	case e.seen[t.Name]:
		return fmt.Errorf("it is given twice")
	case len(t.Shape) > maxDims:
		return fmt.Errorf("it has %d dimensions, and at most %d are allowed", len(t.Shape), maxDims)
	}
	e.seen[t.Name] = true
	want, err := size(t.DType, t.Shape)
	if err != nil {
		return err
	}
	if want != int64(len(t.Data)) {
		return fmt.Errorf("its %d bytes of data are not the %d that %s, shape %v, takes", len(t.Data), want, t.DType, t.Shape)
	}
	return e.member(t.Name, struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}{t.DType, append([]int{}, t.Shape...), [2]int64{offset, offset + int64(len(t.Data))}})
}

// member appends one name and value to the object.
func (e *encoder) member(name string, value any) error {
	if e.bytes.Len() > 1 {
		e.bytes.WriteByte(',')
	}
	for i, part := range []any{name, value} {
		if i == 1 {
			e.bytes.WriteByte(':')
		}
		encoder := json.NewEncoder(&e.bytes)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(part); err != nil {
			return fmt.Errorf("cannot write %q into a safetensors header: %w", name, err)
		}
		e.bytes.Truncate(e.bytes.Len() - 1) // Encode ends with a newline
	}
	return nil
}
