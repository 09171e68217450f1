package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// function starts a function. Its arguments are pointers and sizes that Go has
// checked; all strides and steps are in bytes.
func (a *asm) function(name, signature string, doc ...string) {
	a.Function(name)
	a.Attributes(attr.NOSPLIT)
	a.Pragma("noescape")
	a.SignatureExpr(signature)
	a.Doc(doc...)
}

// end returns to Go, whose SSE code is slow while upper halves are in use.
func (a *asm) end() {
	a.VZEROUPPER()
	a.RET()
}

func (a *asm) arg(name string) reg.GPVirtual {
	return a.Load(a.Param(name), a.GP64()).(reg.GPVirtual)
}

// label makes a name that is unique in the file.
func (a *asm) label(kind string) string {
	a.labels++
	return fmt.Sprintf("%s%d", kind, a.labels)
}

// times repeats body while count, which it uses up, is at least step.
func (a *asm) times(count reg.GPVirtual, step int, body func()) {
	loop, done := a.label("loop"), a.label("done")
	a.CMPQ(count, operand.U32(step))
	a.JL(operand.LabelRef(done))
	a.Label(loop)
	body()
	a.SUBQ(operand.U32(step), count)
	a.CMPQ(count, operand.U32(step))
	a.JGE(operand.LabelRef(loop))
	a.Label(done)
}

// unless skips body when r is zero.
func (a *asm) unless(r reg.GPVirtual, body func()) {
	done := a.label("skip")
	a.TESTQ(r, r)
	a.JZ(operand.LabelRef(done))
	body()
	a.Label(done)
}

// advance moves a pointer by a number of bytes.
func (a *asm) advance(p reg.Register, bytes uint32) { a.ADDQ(operand.U32(bytes), p) }

// move moves a pointer by an argument.
func (a *asm) move(p reg.Register, step string) {
	a.ADDQ(a.slot(step), p)
}

// slot is where an argument lies.
func (a *asm) slot(name string) operand.Mem {
	b, err := a.Param(name).Resolve()
	if err != nil {
		panic(err) // a misspelt argument
	}
	return b.Addr
}

func at(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}

// vectors allocates n YMM registers.
func (a *asm) vectors(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = a.YMM()
	}
	return v
}

func (a *asm) zero(v ...reg.VecVirtual) {
	for _, r := range v {
		a.VXORPS(r, r, r)
	}
}

// tailTables are the lane masks of a last group of n < 8 elements, found
// 4*(8-n) bytes into the table. tailMask has all bits set in the first n lanes.
// tailSign has the sign bit set in the other lanes: or-ed to a masked load it
// makes -0, and -0 times +0 added to a partial sum leaves every bit of it.
func (a *asm) tailTables() {
	for _, t := range []struct {
		name        string
		first, rest uint32
	}{{"tailMask", ^uint32(0), 0}, {"tailSign", 0, 1 << 31}} {
		a.StaticGlobal(t.name)
		a.DataAttributes(attr.RODATA | attr.NOPTR)
		for range 8 {
			a.AppendDatum(operand.U32(t.first))
		}
		for range 8 {
			a.AppendDatum(operand.U32(t.rest))
		}
	}
}

// tailTable finds the place of a table for the last n elements, 1..7.
func (a *asm) tailTable(table string, n reg.Register) operand.Mem {
	p, back := a.GP64(), a.GP64()
	a.LEAQ(operand.NewDataAddr(operand.NewStaticSymbol(table), 32), p)
	a.MOVQ(n, back)
	a.SHLQ(operand.U8(2), back)
	a.SUBQ(back, p)
	return at(p, 0)
}

// repeated is 32 bytes of memory that repeat a constant.
func (a *asm) repeated(bits uint32) operand.Mem {
	return a.table(fmt.Sprintf("repeated%08x", bits), 8, operand.U32(bits))
}

func (a *asm) repeated64(bits uint64) operand.Mem {
	return a.table(fmt.Sprintf("repeated%016x", bits), 4, operand.U64(bits))
}

// table is a constant n times over, made at its first use.
func (a *asm) table(name string, n int, v operand.Constant) operand.Mem {
	if m, ok := a.tables[name]; ok {
		return m
	}
	m := a.StaticGlobal(name)
	a.DataAttributes(attr.RODATA | attr.NOPTR)
	for range n {
		a.AppendDatum(v)
	}
	a.tables[name] = m
	return m
}

// float is repeated for the float32 nearest to v.
func (a *asm) float(v float64) operand.Mem {
	return a.repeated(math.Float32bits(float32(v)))
}

func (a *asm) float64(v float64) operand.Mem {
	return a.repeated64(math.Float64bits(v))
}
