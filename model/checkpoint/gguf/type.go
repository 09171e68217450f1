package gguf

import "fmt"

// Type is how a tensor's elements are stored, by its ggml number.
type Type uint32

// The types that are named here are the ones other packages handle; layouts lists all.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14
	I32  Type = 26
	F64  Type = 28
	BF16 Type = 30
)

// layout is a type's name and its block: so many elements in so many bytes.
type layout struct {
	name     string
	elements int
	bytes    int
}

// layouts follows the table of block structures in ggml (ggml-common.h, ggml.c). Numbers that
// are missing were removed from the format.
var layouts = map[Type]layout{
	F32:  {"F32", 1, 4},
	F16:  {"F16", 1, 2},
	Q4_0: {"Q4_0", 32, 18},
	Q4_1: {"Q4_1", 32, 20},
	Q5_0: {"Q5_0", 32, 22},
	Q5_1: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34},
	9:    {"Q8_1", 32, 36},
	10:   {"Q2_K", 256, 84},
	11:   {"Q3_K", 256, 110},
	Q4_K: {"Q4_K", 256, 144},
	Q5_K: {"Q5_K", 256, 176},
	Q6_K: {"Q6_K", 256, 210},
	15:   {"Q8_K", 256, 292},
	16:   {"IQ2_XXS", 256, 66},
	17:   {"IQ2_XS", 256, 74},
	18:   {"IQ3_XXS", 256, 98},
	19:   {"IQ1_S", 256, 50},
	20:   {"IQ4_NL", 32, 18},
	21:   {"IQ3_S", 256, 110},
	22:   {"IQ2_S", 256, 82},
	23:   {"IQ4_XS", 256, 136},
	24:   {"I8", 1, 1},
	25:   {"I16", 1, 2},
	I32:  {"I32", 1, 4},
	27:   {"I64", 1, 8},
	F64:  {"F64", 1, 8},
	29:   {"IQ1_M", 256, 56},
	BF16: {"BF16", 1, 2},
	34:   {"TQ1_0", 256, 54},
	35:   {"TQ2_0", 256, 66},
	39:   {"MXFP4", 32, 17},
	40:   {"NVFP4", 64, 36},
	41:   {"Q1_0", 128, 18},
}

// String is the type's name as ggml writes it, such as "Q4_K", or "type 99" for an unknown one.
func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Known reports whether the type's block size is known, so that its tensors can be measured.
func (t Type) Known() bool {
	_, ok := layouts[t]
	return ok
}

// BlockSize is the number of elements in a block; 0 if the type is unknown.
func (t Type) BlockSize() int { return layouts[t].elements }

// BlockBytes is the number of bytes in a block; 0 if the type is unknown.
func (t Type) BlockBytes() int { return layouts[t].bytes }

// size returns how many bytes a tensor of this type and row-major shape takes, or what is wrong.
func (t Type) size(shape []int) (int, error) {
	if !t.Known() {
		return 0, fmt.Errorf("its %v is not a known tensor type", t)
	}
	const most = 1 << 56 // elements; leaves room to multiply by a block's bytes
	elements, row := 1, 1
	for _, d := range shape {
		if d < 1 {
			return 0, fmt.Errorf("its shape %v has a dimension below 1", shape)
		}
		if d > most/elements {
			return 0, fmt.Errorf("its shape %v has more elements than any file could hold", shape)
		}
		elements, row = elements*d, d
	}
	if row%t.BlockSize() != 0 {
		return 0, fmt.Errorf("its rows of %d elements do not divide into %v blocks of %d", row, t, t.BlockSize())
	}
	if elements/t.BlockSize() > most/t.BlockBytes() {
		return 0, fmt.Errorf("its shape %v has more elements than any file could hold", shape)
	}
	return elements / t.BlockSize() * t.BlockBytes(), nil
}
