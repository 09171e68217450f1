package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
	a.blockDecoder("Q8", 34, func(block operand.Mem) dequantiser {
		d := a.scale(block)
		return func(g int, w reg.VecVirtual) { a.q8(block, g, d, w) }
	})
	a.blockDecoder("Q4", 18, func(block operand.Mem) dequantiser {
		d := a.scale(block)
		return func(g int, w reg.VecVirtual) { a.q4(block, g, d, w) }
	})
	a.blockDecoder("Q4Min", 20, func(block operand.Mem) dequantiser {
		d, m := a.scale(block), a.scale(block.Offset(2))
		return func(g int, w reg.VecVirtual) { a.q4Min(block, g, d, m, w) }
	})
}

func (a *asm) blockDecoder(name string, bytes uint32, open func(block operand.Mem) dequantiser) {
	a.decoder(name, 32, bytes, func(w, dst reg.Register) {
		dequantise := open(at(w, 0))
		for g := range 4 {
			v := a.YMM()
			dequantise(g, v)
			a.VMOVUPS(v, at(dst, 32*g))
		}
	})
}

// decoder makes a function that decodes n groups of elements.
func (a *asm) decoder(name string, group, bytes uint32, body func(w, dst reg.Register)) {
	a.function("avxDecode"+name, "func(dst *float32, w *byte, n, far int)",
		"avxDecode"+name+" dequantises n groups of elements, and prefetches the weights far",
		"bytes ahead of them.")
	dst, w, n, far := a.arg("dst"), a.arg("w"), a.arg("n"), a.arg("far")
	a.times(n, 1, func() {
		a.PREFETCHT0(operand.Mem{Base: w, Index: far, Scale: 1})
		body(w, dst)
		a.advance(dst, 4*group)
		a.advance(w, bytes)
	})
	a.end()
}
