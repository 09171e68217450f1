package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// Write writes a version 3 file with alignment 32: the keys and tensors in the order given, and
// padding after each tensor, the last included, as ggml's own reader wants it. The same input
// gives the same bytes. Nothing is written if a key or tensor is not fit to be stored.
func Write(w io.Writer, kvs []KeyValue, tensors []Tensor) error {
	e := encoder{bytes: []byte("GGUF")}
	e.uint32(3)
	e.uint64(uint64(len(tensors)))
	e.uint64(uint64(len(kvs)))
	if err := e.keys(kvs); err != nil {
		return err
	}
	if err := e.tensors(tensors); err != nil {
		return err
	}
	e.pad()
	out := bufio.NewWriter(w)
	out.Write(e.bytes)
	var zeros [defaultAlignment]byte
	for _, t := range tensors {
		out.Write(t.Data)
		out.Write(zeros[:padding(len(t.Data))])
	}
	return out.Flush() // bufio keeps the first error
}

// padding is how many bytes bring n to a multiple of the alignment.
func padding(n int) int {
	return (defaultAlignment - n%defaultAlignment) % defaultAlignment
}

// encoder collects all of a file but the tensors' data.
type encoder struct{ bytes []byte }

func (e *encoder) uint32(v uint32) { e.bytes = binary.LittleEndian.AppendUint32(e.bytes, v) }
func (e *encoder) uint64(v uint64) { e.bytes = binary.LittleEndian.AppendUint64(e.bytes, v) }

func (e *encoder) text(s string) {
	e.uint64(uint64(len(s)))
	e.bytes = append(e.bytes, s...)
}

func (e *encoder) pad() {
	e.bytes = append(e.bytes, make([]byte, padding(len(e.bytes)))...)
}

func (e *encoder) keys(kvs []KeyValue) error {
	seen := make(map[string]bool, len(kvs))
	for _, kv := range kvs {
		if err := checkName(kv.Key, maxKeyBytes, seen); err != nil {
			return fmt.Errorf("cannot write key %q: %w", kv.Key, err)
		}
		if kv.Key == alignmentKey {
			return fmt.Errorf("cannot write key %q: files are always written with an alignment of %d", kv.Key, defaultAlignment)
		}
		e.text(kv.Key)
		if err := e.value(kv.Value); err != nil {
			return fmt.Errorf("cannot write key %q: %w", kv.Key, err)
		}
	}
	return nil
}

func (e *encoder) tensors(tensors []Tensor) error {
	seen := make(map[string]bool, len(tensors))
	offset := 0
	for _, t := range tensors {
		err := checkName(t.Name, maxNameBytes, seen)
		if err == nil && len(t.Shape) > maxDims {
			err = fmt.Errorf("it has %d dimensions, and at most %d are allowed", len(t.Shape), maxDims)
		}
		if err == nil {
			err = checkSize(t)
		}
		if err != nil {
			return fmt.Errorf("cannot write tensor %q: %w", t.Name, err)
		}
		e.text(t.Name)
		e.uint32(uint32(len(t.Shape)))
		for i := len(t.Shape) - 1; i >= 0; i-- {
			e.uint64(uint64(t.Shape[i]))
		}
		e.uint32(uint32(t.Type))
		e.uint64(uint64(offset))
		offset += len(t.Data) + padding(len(t.Data))
	}
	return nil
}

func checkName(name string, most int, seen map[string]bool) error {
	switch {
	case name == "":
		return fmt.Errorf("its name is empty")
	case len(name) > most:
		return fmt.Errorf("its name has %d bytes, and at most %d are allowed", len(name), most)
	case !utf8.ValidString(name):
		return fmt.Errorf("its name is not valid UTF-8")
	case seen[name]:
		return fmt.Errorf("it is given twice")
	}
	seen[name] = true
	return nil
}

func checkSize(t Tensor) error {
	size, err := t.Type.size(t.Shape)
	if err != nil {
		return err
	}
	if size != len(t.Data) {
		return fmt.Errorf("its %d bytes of data are not the %d that %v, shape %v, takes", len(t.Data), size, t.Type, t.Shape)
	}
	return nil
}

// value appends a value's kind and bytes.
func (e *encoder) value(value any) error {
	if k, one, ok := encodeScalar(value); ok {
		e.uint32(uint32(k))
		e.bytes = append(e.bytes, one...)
		return nil
	}
	if s, ok := value.(string); ok {
		e.uint32(uint32(kindString))
		e.text(s)
		return nil
	}
	return e.array(value)
}

func (e *encoder) array(value any) error {
	switch s := value.(type) {
	case []string:
		e.start(kindString, len(s))
		for _, text := range s {
			e.text(text)
		}
	case []uint8:
		encodeArray(e, kindUint8, s)
	case []int8:
		encodeArray(e, kindInt8, s)
	case []uint16:
		encodeArray(e, kindUint16, s)
	case []int16:
		encodeArray(e, kindInt16, s)
	case []uint32:
		encodeArray(e, kindUint32, s)
	case []int32:
		encodeArray(e, kindInt32, s)
	case []uint64:
		encodeArray(e, kindUint64, s)
	case []int64:
		encodeArray(e, kindInt64, s)
	case []float32:
		encodeArray(e, kindFloat32, s)
	case []float64:
		encodeArray(e, kindFloat64, s)
	case []bool:
		encodeArray(e, kindBool, s)
	default:
		return fmt.Errorf("GGUF has no value of kind %T", value)
	}
	return nil
}

// start appends an array's kind, element kind and count.
func (e *encoder) start(k kind, count int) {
	e.uint32(uint32(kindArray))
	e.uint32(uint32(k))
	e.uint64(uint64(count))
}

func encodeArray[T any](e *encoder, k kind, s []T) {
	e.start(k, len(s))
	for _, v := range s {
		_, one, _ := encodeScalar(v)
		e.bytes = append(e.bytes, one...)
	}
}

// encodeScalar returns the kind and bytes of a number or boolean.
func encodeScalar(value any) (kind, []byte, bool) {
	le := binary.LittleEndian
	switch v := value.(type) {
	case uint8:
		return kindUint8, []byte{v}, true
	case int8:
		return kindInt8, []byte{byte(v)}, true
	case uint16:
		return kindUint16, le.AppendUint16(nil, v), true
	case int16:
		return kindInt16, le.AppendUint16(nil, uint16(v)), true
	case uint32:
		return kindUint32, le.AppendUint32(nil, v), true
	case int32:
		return kindInt32, le.AppendUint32(nil, uint32(v)), true
	case uint64:
		return kindUint64, le.AppendUint64(nil, v), true
	case int64:
		return kindInt64, le.AppendUint64(nil, uint64(v)), true
	case float32:
		return kindFloat32, le.AppendUint32(nil, math.Float32bits(v)), true
	case float64:
		return kindFloat64, le.AppendUint64(nil, math.Float64bits(v)), true
	case bool:
		if v {
			return kindBool, []byte{1}, true
		}
		return kindBool, []byte{0}, true
	}
	return 0, nil, false
}
