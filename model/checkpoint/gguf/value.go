package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// kind is the number that says how a metadata value is stored.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// kinds gives each kind its name and the least bytes a value of it takes (for all but strings
// and arrays: exactly that many).
var kinds = [...]struct {
	name string
	size int
}{
	kindUint8: {"uint8", 1}, kindInt8: {"int8", 1}, kindUint16: {"uint16", 2}, kindInt16: {"int16", 2},
	kindUint32: {"uint32", 4}, kindInt32: {"int32", 4}, kindFloat32: {"float32", 4}, kindBool: {"bool", 1},
	kindString: {"string", 8}, kindArray: {"array", 12},
	kindUint64: {"uint64", 8}, kindInt64: {"int64", 8}, kindFloat64: {"float64", 8},
}

func (k kind) known() bool { return int(k) < len(kinds) }

// maxArray bounds the elements of one metadata array. The largest vocabularies in use have some
// 10^5 to 10^6 entries.
const maxArray = 1 << 24

// value reads a value of this kind.
func (c *cursor) value(k kind) (any, error) {
	switch {
	case !k.known():
		return nil, fmt.Errorf("its value kind %d is not one that GGUF has", uint32(k))
	case k == kindArray:
		return c.array()
	case k == kindString:
		return c.text()
	}
	b, err := c.take(kinds[k].size)
	if err != nil {
		return nil, err
	}
	if k == kindBool && b[0] > 1 {
		return nil, fmt.Errorf("its boolean is stored as %d where 0 or 1 is allowed", b[0])
	}
	return scalar(k, b), nil
}

// scalar decodes one number or boolean, whose bytes were checked.
func scalar(k kind, b []byte) any {
	switch k {
	case kindUint8:
		return b[0]
	case kindInt8:
		return int8(b[0])
	case kindUint16:
		return binary.LittleEndian.Uint16(b)
	case kindInt16:
		return int16(binary.LittleEndian.Uint16(b))
	case kindUint32:
		return binary.LittleEndian.Uint32(b)
	case kindInt32:
		return int32(binary.LittleEndian.Uint32(b))
	case kindFloat32:
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	case kindBool:
		return b[0] == 1
	case kindUint64:
		return binary.LittleEndian.Uint64(b)
	case kindInt64:
		return int64(binary.LittleEndian.Uint64(b))
	default:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
}

// array reads an array's kind, count and elements.
func (c *cursor) array() (any, error) {
	u, err := c.uint32()
	if err != nil {
		return nil, err
	}
	k := kind(u)
	if !k.known() {
		return nil, fmt.Errorf("its array has element kind %d, which is not one that GGUF has", u)
	}
	if k == kindArray {
		return nil, fmt.Errorf("its value is an array of arrays, which is not supported")
	}
	count, err := c.uint64()
	if err != nil {
		return nil, err
	}
	if count > uint64(c.left()/kinds[k].size) {
		return nil, fmt.Errorf("its array claims %d elements of kind %s, but only %d bytes of file are left", count, kinds[k].name, c.left())
	}
	if count > maxArray {
		return nil, fmt.Errorf("its array claims %d elements, more than the %d that are allowed", count, maxArray)
	}
	if k == kindString {
		return c.texts(int(count))
	}
	b, err := c.take(int(count) * kinds[k].size)
	if err != nil {
		return nil, err
	}
	return c.numbers(k, b)
}

// numbers decodes an array of numbers or booleans.
func (c *cursor) numbers(k kind, b []byte) (any, error) {
	le := binary.LittleEndian
	switch k {
	case kindUint8:
		return decode(b, 1, func(b []byte) uint8 { return b[0] }), nil
	case kindInt8:
		return decode(b, 1, func(b []byte) int8 { return int8(b[0]) }), nil
	case kindUint16:
		return decode(b, 2, le.Uint16), nil
	case kindInt16:
		return decode(b, 2, func(b []byte) int16 { return int16(le.Uint16(b)) }), nil
	case kindUint32:
		return decode(b, 4, le.Uint32), nil
	case kindInt32:
		return decode(b, 4, func(b []byte) int32 { return int32(le.Uint32(b)) }), nil
	case kindFloat32:
		return decode(b, 4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }), nil
	case kindBool:
		for i, v := range b {
			if v > 1 {
				return nil, fmt.Errorf("boolean %d of its array is stored as %d where 0 or 1 is allowed", i, v)
			}
		}
		return decode(b, 1, func(b []byte) bool { return b[0] == 1 }), nil
	case kindUint64:
		return decode(b, 8, le.Uint64), nil
	case kindInt64:
		return decode(b, 8, func(b []byte) int64 { return int64(le.Uint64(b)) }), nil
	default:
		return decode(b, 8, func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) }), nil
	}
}

func decode[T any](b []byte, size int, one func([]byte) T) []T {
	values := make([]T, len(b)/size)
	for i := range values {
		values[i] = one(b[i*size:])
	}
	return values
}

// texts reads count strings. They share one copy of the bytes they lie in: a vocabulary costs
// two allocations, and outlives the file it came from.
func (c *cursor) texts(count int) ([]string, error) {
	start := c.at
	for i := range count {
		n, err := c.uint64()
		if err == nil {
			_, err = c.takeLong(n)
		}
		if err != nil {
			return nil, fmt.Errorf("string %d of its array: %w", i, err)
		}
	}
	whole := string(c.data[start:c.at])
	values := make([]string, count)
	for i, at := 0, 0; i < count; i++ {
		n := int(binary.LittleEndian.Uint64(c.data[start+at:]))
		values[i] = whole[at+8 : at+8+n]
		at += 8 + n
	}
	return values, nil
}
