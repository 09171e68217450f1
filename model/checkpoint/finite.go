package checkpoint

import (
	"context"
	"encoding/binary"
	"fmt"

	"tiller/model/checkpoint/badfile"
)

// CheckFinite looks for NaN and infinity in every weight stored as floating-point numbers, and
// in the scales of quantised blocks. It names the first it finds, in the order of Tensors. It
// reads every byte of the files, so it takes as long as the disk needs.
func (c *Checkpoint) CheckFinite(ctx context.Context) error {
	for _, t := range c.tensors {
		if err := whileMapped(t.File, func() error { return t.checkFinite(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// float is a floating-point format by the bits of its exponent, all of which are set in a NaN or
// an infinity, and by its size in bytes.
type float struct {
	exponent uint64
	size     int
}

var (
	half   = float{0x7c00, 2}
	brain  = float{0x7f80, 2}
	single = float{0x7f800000, 4}
	double = float{0x7ff0000000000000, 8}
)

// stored says where a type keeps floating-point numbers: blocks of so many elements and bytes,
// with numbers at these offsets.
type stored struct {
	float
	elements, bytes int
	at              []int
}

// floatsOf covers the types that are plain or that have float16 scales. The offsets are those
// of ggml's block structures (ggml-common.h).
var floatsOf = map[string]stored{
	"F16":  {half, 1, 2, []int{0}},
	"BF16": {brain, 1, 2, []int{0}},
	"F32":  {single, 1, 4, []int{0}},
	"F64":  {double, 1, 8, []int{0}},
	"Q4_0": {half, 32, 18, []int{0}},
	"Q4_1": {half, 32, 20, []int{0, 2}},
	"Q5_0": {half, 32, 22, []int{0}},
	"Q5_1": {half, 32, 24, []int{0, 2}},
	"Q8_0": {half, 32, 34, []int{0}},
	"Q2_K": {half, 256, 84, []int{80, 82}},
	"Q3_K": {half, 256, 110, []int{108}},
	"Q4_K": {half, 256, 144, []int{0, 2}},
	"Q5_K": {half, 256, 176, []int{0, 2}},
	"Q6_K": {half, 256, 210, []int{208}},
}

// stride is how many bytes are scanned between two looks at the context. Every type's block
// divides into it after rounding down.
const stride = 4 << 20

func (t Tensor) checkFinite(ctx context.Context) error {
	s, ok := floatsOf[t.DType]
	if !ok {
		return ctx.Err()
	}
	step := stride / s.bytes * s.bytes
	for start := 0; start < len(t.Data); start += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := t.Data[start:min(start+step, len(t.Data))]
		if s.elements == 1 && !s.mayBeSpecial(part) {
			continue
		}
		for b := 0; b+s.bytes <= len(part); b += s.bytes {
			for _, at := range s.at {
				if s.special(part[b+at:]) {
					return t.notFinite((start+b)/s.bytes*s.elements, s.elements)
				}
			}
		}
	}
	return nil
}

func (t Tensor) notFinite(index, elements int) error {
	if elements == 1 {
		return fmt.Errorf("%s: tensor %s holds a NaN or an infinity at index %d: the file is damaged or was made from a damaged model", t.File, badfile.Quote(t.Name), index)
	}
	return fmt.Errorf("%s: tensor %s has a NaN or an infinity as scale of its elements %d to %d: the file is damaged or was made from a damaged model", t.File, badfile.Quote(t.Name), index, index+elements-1)
}

// special reports whether the number that b begins with is a NaN or an infinity.
func (f float) special(b []byte) bool {
	var v uint64
	switch f.size {
	case 2:
		v = uint64(binary.LittleEndian.Uint16(b))
	case 4:
		v = uint64(binary.LittleEndian.Uint32(b))
	default:
		v = binary.LittleEndian.Uint64(b)
	}
	return v&f.exponent == f.exponent
}

// mayBeSpecial looks at 8 bytes at a time. Within each number, adding the exponent's lowest bit
// to the exponent carries into the sign's place exactly if all exponent bits are set; the sign
// is masked out, so no carry leaves the number. It is also true if bytes are left over.
func (f float) mayBeSpecial(data []byte) bool {
	mask, one, sign := uint64(0), uint64(0), uint64(0)
	bits := 8 * f.size
	for shift := 0; shift < 64; shift += bits {
		mask |= f.exponent << shift
		one |= (f.exponent & -f.exponent) << shift
		sign |= 1 << (shift + bits - 1)
	}
	var seen uint64
	for ; len(data) >= 8; data = data[8:] {
		seen |= (binary.LittleEndian.Uint64(data) & mask) + one
	}
	return seen&sign != 0 || len(data) > 0
}
