package eval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"tiller/steering"
)

// Digest tells a vector from others by what it does: the SHA-256 of its layers
// and directions, whatever file they came from.
func Digest(v *steering.Vector) string {
	h := sha256.New()
	var b []byte
	for _, layer := range v.Layers() {
		b = binary.LittleEndian.AppendUint32(b[:0], uint32(int32(layer)))
		for _, x := range v.Directions[layer] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
