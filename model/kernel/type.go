package kernel

import "fmt"

// Type is the stored type of a weight.
type Type uint8

// The stored types. The blocks of the quantised ones are those of ggml
// (https://github.com/ggml-org/ggml, ggml-common.h), little-endian:
//
//	Q8_0  float16 d, 32 int8 q                      w = d q
//	Q4_0  float16 d, 16 bytes of two 4-bit q        w = d (q - 8)
//	Q4_1  float16 d, float16 m, 16 bytes as above   w = d q + m
//
// Byte j of a 4-bit block holds element j in its low half and element 16+j in
// its high half.
const (
	F32 Type = iota
	F16
	BF16
	Q8_0
	Q4_0
	Q4_1
)

var layouts = [...]struct {
	name                  string
	blockSize, blockBytes int
}{
	F32:  {"F32", 1, 4},
	F16:  {"F16", 1, 2},
	BF16: {"BF16", 1, 2},
	Q8_0: {"Q8_0", 32, 34},
	Q4_0: {"Q4_0", 32, 18},
	Q4_1: {"Q4_1", 32, 20},
}

// ParseType finds a type by its name, for example "Q8_0".
func ParseType(name string) (Type, bool) {
	for t, l := range layouts {
		if l.name == name {
			return Type(t), true
		}
	}
	return 0, false
}

// String is the name that ParseType takes.
func (t Type) String() string {
	if !t.known() {
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
	return layouts[t].name
}

// BlockSize is the number of elements stored together, 1 or 32. A row holds
// whole blocks.
func (t Type) BlockSize() int { return layouts[t].blockSize }

// BlockBytes is the number of bytes of one block.
func (t Type) BlockBytes() int { return layouts[t].blockBytes }

// RowBytes is the number of bytes of a row of cols elements; cols is a multiple
// of BlockSize.
func (t Type) RowBytes(cols int) int { return cols / t.BlockSize() * t.BlockBytes() }

func (t Type) known() bool { return int(t) < len(layouts) }
