package main

import "github.com/mmcloughlin/avo/reg"

// decoders write float32 in place of each stored type but F32.
func (a *asm) decoders() {
	a.decoder("F16", 8, 16, func(w, dst reg.Register) {
		v := a.YMM()
		a.VCVTPH2PS(at(w, 0), v)
		a.VMOVUPS(v, at(dst, 0))
	})
	a.decoder("BF16", 8, 16, func(w, dst reg.Register) {
		v := a.YMM()
		a.bfloat16(at(w, 0), v)
		a.VMOVUPS(v, at(dst, 0))
	})
	a.decoder("Q8", 32, 34, func(w, dst reg.Register) {
		d := a.scale(at(w, 0))
		for g := range 4 {
			v := a.YMM()
			a.q8(at(w, 2+8*g), d, v)
			a.VMOVUPS(v, at(dst, 32*g))
		}
	})
	a.decoder("Q4", 32, 18, func(w, dst reg.Register) {
		d := a.scale(at(w, 0))
		a.decodeNibbles(w, 2, dst, func(q reg.Register, g int, v reg.VecVirtual) { a.q4(q, g, d, v) })
	})
	a.decoder("Q4Min", 32, 20, func(w, dst reg.Register) {
		d, m := a.scale(at(w, 0)), a.scale(at(w, 2))
		a.decodeNibbles(w, 4, dst, func(q reg.Register, g int, v reg.VecVirtual) { a.q4Min(q, g, d, m, v) })
	})
}

// decoder makes a function that decodes n groups of elements.
func (a *asm) decoder(name string, group, bytes uint32, body func(w, dst reg.Register)) {
	a.function("avxDecode"+name, "func(dst *float32, w *byte, n int)",
		"avxDecode"+name+" dequantises n groups of elements.")
	dst, w, n := a.arg("dst"), a.arg("w"), a.arg("n")
	a.times(n, 1, func() {
		body(w, dst)
		a.advance(dst, 4*group)
		a.advance(w, bytes)
	})
	a.end()
}

func (a *asm) decodeNibbles(w reg.Register, disp int, dst reg.Register, convert func(q reg.Register, g int, v reg.VecVirtual)) {
	for half := range 2 {
		q := a.nibbles(at(w, disp), half)
		for g := range 2 {
			v := a.YMM()
			convert(q, g, v)
			a.VMOVUPS(v, at(dst, 64*half+32*g))
		}
	}
}
