package formula

import (
	"hash/fnv"
	"math"
	"math/big"
	"math/cmplx"
)

// maxBits bounds a rational's numerator and denominator.
const maxBits = 1 << 14

// rational is the value of a tree that has a rational one and is made of
// arithmetic alone; else nil.
func (n *node) rational() *big.Rat {
	switch n.op {
	case constant:
		return n.value
	case symbol, root, call, plusMinus, tuple, braced, listed, joined, matrix, related:
		return nil
	}
	args := make([]*big.Rat, len(n.args))
	for i, a := range n.args {
		if args[i] = a.rational(); args[i] == nil {
			return nil
		}
	}
	value := arithmetic(n.op, args)
	if value == nil || value.Num().BitLen() > maxBits || value.Denom().BitLen() > maxBits {
		return nil
	}
	return value
}

// arithmetic does what an operation does with rationals; nil if that is no
// rational, or may be too large.
func arithmetic(o op, args []*big.Rat) *big.Rat {
	out := new(big.Rat)
	switch o {
	case add:
		return out.Add(args[0], args[1])
	case negate:
		return out.Neg(args[0])
	case multiply:
		return out.Mul(args[0], args[1])
	case divide:
		if args[1].Sign() == 0 {
			return nil
		}
		return out.Quo(args[0], args[1])
	case percentage:
		return hundredth(args[0])
	case power:
		return raise(args[0], args[1])
	case factorial:
		if n, ok := small(args[0]); ok {
			return out.SetInt(new(big.Int).MulRange(1, n))
		}
	case binomial:
		n, ok := small(args[0])
		k, kOK := small(args[1])
		if ok && kOK {
			return out.SetInt(new(big.Int).Binomial(n, k))
		}
	}
	return nil
}

// small is a rational that is an integer from 0 to 1000.
func small(r *big.Rat) (int64, bool) {
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	n := r.Num().Int64()
	return n, n >= 0 && n <= 1000
}

// raise is a power with an integer exponent.
func raise(base, exponent *big.Rat) *big.Rat {
	e, ok := small(new(big.Rat).Abs(exponent))
	bits := max(base.Num().BitLen(), base.Denom().BitLen())
	if !ok || int64(bits)*e > maxBits || base.Sign() == 0 && exponent.Sign() <= 0 {
		return nil
	}
	num := new(big.Int).Exp(base.Num(), big.NewInt(e), nil)
	denom := new(big.Int).Exp(base.Denom(), big.NewInt(e), nil)
	if exponent.Sign() < 0 {
		num, denom = denom, num
	}
	return new(big.Rat).SetFrac(num, denom)
}

// at is a tree's value where its symbols have the values of one of the points;
// it is NaN where there is none.
func (n *node) at(point int) complex128 {
	switch n.op {
	case constant:
		f, _ := n.value.Float64()
		return complex(f, 0)
	case symbol:
		return symbolAt(n.text, point)
	case plusMinus, tuple, braced, listed, joined, matrix, related:
		return cmplx.NaN()
	}
	args := make([]complex128, len(n.args))
	for i, a := range n.args {
		args[i] = a.at(point)
	}
	a := args[0]
	switch n.op {
	case add:
		return a + args[1]
	case negate:
		return -a
	case multiply:
		return a * args[1]
	case divide:
		return a / args[1]
	case percentage:
		return a / 100
	case power:
		return powerOf(a, args[1])
	case root:
		return rootOf(a, args[1])
	case factorial:
		return gamma(a + 1)
	case binomial:
		return gamma(a+1) / (gamma(args[1]+1) * gamma(a-args[1]+1))
	}
	value := functions[n.text]
	if value == nil {
		return cmplx.NaN()
	}
	if len(args) == 2 {
		return value(a) / cmplx.Log(args[1])
	}
	if n.text == "lg" {
		return cmplx.Log10(a)
	}
	return value(a)
}

// points is how many places two trees with variables are compared at. At the
// first two all variables are positive.
const points = 6

// symbolAt gives a symbol a value: its own if it has one, else one that looks
// like chance and is the same each time, between 0.3 and 2.7 or their
// negatives.
func symbolAt(name string, point int) complex128 {
	switch name {
	case "pi":
		return math.Pi
	case "e":
		return math.E
	case "i":
		return 1i
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	h.Write([]byte{byte(point)})
	v := mix(h.Sum64())
	x := 0.3 + 2.4*float64(v>>11)/(1<<53)
	if point >= 2 && v&1 == 1 {
		x = -x
	}
	return complex(x, 0)
}

// mix is the finaliser of MurmurHash3: without it, names that are alike have
// values that are alike.
func mix(v uint64) uint64 {
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}

func powerOf(a, e complex128) complex128 {
	if a == 0 && real(e) <= 0 {
		return cmplx.NaN()
	}
	if imag(a) == 0 && imag(e) == 0 && (real(a) >= 0 || real(e) == math.Trunc(real(e))) {
		return complex(math.Pow(real(a), real(e)), 0)
	}
	return cmplx.Pow(a, e)
}

// rootOf is the real root where there is one, else the principal one.
func rootOf(a, degree complex128) complex128 {
	d := real(degree)
	if imag(a) == 0 && real(a) < 0 && math.Mod(math.Abs(d), 2) == 1 {
		return complex(-math.Pow(-real(a), 1/d), 0)
	}
	if d == 2 {
		return cmplx.Sqrt(a)
	}
	return powerOf(a, 1/degree)
}

func gamma(a complex128) complex128 {
	if imag(a) != 0 {
		return cmplx.NaN()
	}
	return complex(math.Gamma(real(a)), 0)
}

// functions are those of one argument; log and ln are the natural logarithm,
// as they are in MATH unless a base is given.
var functions = map[string]func(complex128) complex128{
	"sin": cmplx.Sin, "cos": cmplx.Cos, "tan": cmplx.Tan, "cot": cmplx.Cot,
	"sec":    func(a complex128) complex128 { return 1 / cmplx.Cos(a) },
	"csc":    func(a complex128) complex128 { return 1 / cmplx.Sin(a) },
	"arcsin": cmplx.Asin, "arccos": cmplx.Acos, "arctan": cmplx.Atan,
	"sinh": cmplx.Sinh, "cosh": cmplx.Cosh, "tanh": cmplx.Tanh,
	"log": cmplx.Log, "ln": cmplx.Log, "lg": cmplx.Log10, "exp": cmplx.Exp,
	"abs":   func(a complex128) complex128 { return complex(cmplx.Abs(a), 0) },
	"floor": func(a complex128) complex128 { return complex(math.Floor(real(a)), 0) },
	"ceil":  func(a complex128) complex128 { return complex(math.Ceil(real(a)), 0) },
}
