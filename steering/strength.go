package steering

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// Strength is the number that scales an operation, over time. Time t is the
// number of generated tokens up to and including the position: 0 at every
// prompt position, 1 at the first generated token. So the strength at t is the
// one that generated token t (0-based) is drawn under.
type Strength struct {
	Kind StrengthKind
	// Value is the constant, or where a ramp or a decay begins.
	Value float64
	// To is what a ramp reaches.
	To float64
	// Over is how many tokens a ramp takes, or a decay's half-life in tokens.
	Over float64
	// Relative, of a constant: |s d| is Value times the median norm of the
	// rows at that layer, measured on the prompt. For clamp, s itself is.
	Relative bool
	// Points of a curve, by increasing T; at least one.
	Points []Point
}

// Point is one point of a curve: strength V at time T.
type Point struct {
	T int
	V float64
}

// StrengthKind is the form of a strength.
type StrengthKind uint8

// The forms of a strength.
const (
	Constant StrengthKind = iota // Value
	Ramp                         // linear from Value at t = 0 to To at t = Over, then To
	Decay                        // Value * 2^(-t/Over)
	Curve                        // linear between Points, flat before and after
)

const (
	maxRamp   = 1_000_000
	maxPoints = 1000
)

// One is the strength of a term that names none.
func One() Strength { return Strength{Value: 1} }

func (s Strength) isOne() bool { return s.Kind == Constant && s.Value == 1 && !s.Relative }

// At is the strength at time t >= 0, before a relative one is multiplied by
// median norm over |d|.
func (s Strength) At(t int) float64 {
	switch s.Kind {
	case Ramp:
		if float64(t) >= s.Over {
			return s.To
		}
		return s.Value + (s.To-s.Value)*(float64(t)/s.Over)
	case Decay:
		return s.Value * math.Exp2(-float64(t)/s.Over)
	case Curve:
		return s.onCurve(t)
	}
	return s.Value
}

func (s Strength) onCurve(t int) float64 {
	i, exact := slices.BinarySearchFunc(s.Points, t, func(p Point, t int) int { return p.T - t })
	switch {
	case len(s.Points) == 0:
		return 0
	case exact || i == 0:
		return s.Points[i].V
	case i == len(s.Points):
		return s.Points[i-1].V
	}
	a, b := s.Points[i-1], s.Points[i]
	return a.V + (b.V-a.V)*(float64(t-a.T)/float64(b.T-a.T))
}

// Varies reports whether the strength changes over time.
func (s Strength) Varies() bool { return s.Kind != Constant }

// peak is the largest absolute strength at any time.
func (s Strength) peak() float64 {
	p := math.Abs(s.Value)
	if s.Kind == Ramp {
		p = max(p, math.Abs(s.To))
	}
	for _, point := range s.Points {
		p = max(p, math.Abs(point.V))
	}
	return p
}

// everChanges reports whether the edit changes rows at some time.
func (s Strength) everChanges(e *edit) bool {
	values := []float64{s.At(0)}
	switch s.Kind {
	case Ramp:
		values = append(values, s.To)
	case Decay:
		values = append(values, 0)
	case Curve:
		for _, p := range s.Points {
			values = append(values, p.V)
		}
	}
	return slices.ContainsFunc(values, func(v float64) bool {
		_, changes := e.coefficient(v)
		return changes
	})
}

// String is the strength's canonical text.
func (s Strength) String() string {
	switch s.Kind {
	case Ramp:
		return "ramp(" + formatNumber(s.Value) + "," + formatNumber(s.To) + "," + formatNumber(s.Over) + ")"
	case Decay:
		return "decay(" + formatNumber(s.Value) + "," + formatNumber(s.Over) + ")"
	case Curve:
		points := make([]string, len(s.Points))
		for i, p := range s.Points {
			points[i] = strconv.Itoa(p.T) + ":" + formatNumber(p.V)
		}
		return "curve(" + strings.Join(points, ",") + ")"
	}
	if s.Relative {
		return formatNumber(s.Value) + "r"
	}
	return formatNumber(s.Value)
}

// strength reads the part after "*".
func (c *cursor) strength() (Strength, *Error) {
	if !isLetter(c.peek()) {
		v, err := c.number("a strength")
		if err != nil {
			return Strength{}, err
		}
		s := Strength{Value: v}
		if c.peek() == 'r' {
			c.at++
			s.Relative = true
		}
		return s, nil
	}
	from := c.at
	word := c.run(isLetter)
	if c.peek() != '(' || word != "ramp" && word != "decay" && word != "curve" {
		return Strength{}, c.fail(from, "a strength is a number such as 0.4 or 0.3r, ramp(a,b,n), decay(a,half-life) or curve(t:v,...), not %s", badfile.Quote(word))
	}
	c.take('(')
	var s Strength
	var err *Error
	switch word {
	case "ramp":
		s, err = c.ramp()
	case "decay":
		s, err = c.decay()
	default:
		s, err = c.curve()
	}
	if err != nil {
		return Strength{}, err
	}
	if !c.take(')') {
		return Strength{}, c.fail(c.at, "expected \")\" after the last number of %s, but %s", word, c.found())
	}
	return s, nil
}

func (c *cursor) ramp() (Strength, *Error) {
	from, err := c.number("the ramp's beginning")
	if err == nil {
		err = c.comma("ramp(a,b,n)")
	}
	if err != nil {
		return Strength{}, err
	}
	to, err := c.number("the ramp's end")
	if err == nil {
		err = c.comma("ramp(a,b,n)")
	}
	if err != nil {
		return Strength{}, err
	}
	at := c.at
	over, err := c.whole("the ramp's number of tokens", maxRamp)
	if err != nil {
		return Strength{}, err
	}
	if over == 0 {
		return Strength{}, c.fail(at, "a ramp takes at least 1 token")
	}
	return Strength{Kind: Ramp, Value: from, To: to, Over: float64(over)}, nil
}

func (c *cursor) decay() (Strength, *Error) {
	from, err := c.number("the decay's beginning")
	if err == nil {
		err = c.comma("decay(a,half-life)")
	}
	if err != nil {
		return Strength{}, err
	}
	at := c.at
	half, err := c.number("the half-life")
	if err != nil {
		return Strength{}, err
	}
	if half <= 0 {
		return Strength{}, c.fail(at, "a half-life is more than 0 tokens")
	}
	return Strength{Kind: Decay, Value: from, Over: half}, nil
}

func (c *cursor) curve() (Strength, *Error) {
	s := Strength{Kind: Curve}
	for {
		at := c.at
		t, err := c.whole("a curve's time", maxPosition)
		if err != nil {
			return s, err
		}
		if n := len(s.Points); n > 0 && t <= s.Points[n-1].T {
			return s, c.fail(at, "a curve's times increase, but %d follows %d", t, s.Points[n-1].T)
		}
		if len(s.Points) == maxPoints {
			return s, c.fail(at, "a curve has at most %d points", maxPoints)
		}
		if !c.take(':') {
			return s, c.fail(c.at, "a curve's point is time:strength, but %s", c.found())
		}
		v, err := c.number("a curve's strength")
		if err != nil {
			return s, err
		}
		s.Points = append(s.Points, Point{T: t, V: v})
		if !c.take(',') {
			return s, nil
		}
	}
}

// comma requires a comma inside form.
func (c *cursor) comma(form string) *Error {
	if !c.take(',') {
		return c.fail(c.at, "%s needs a comma here, but %s", form, c.found())
	}
	return nil
}
