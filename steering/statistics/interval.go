package statistics

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// z95 is the normal quantile of .975.
const z95 = 1.959963984540054

// Interval is a two-sided 95 % interval. One that is not defined has NaN for
// both ends; its JSON is null, that of others [low, high].
type Interval struct{ Low, High float64 }

// Undefined is the interval of a figure about which nothing can be said.
func Undefined() Interval { return Interval{Low: math.NaN(), High: math.NaN()} }

// Defined reports whether the interval has two finite ends.
func (i Interval) Defined() bool { return finite(i.Low) && finite(i.High) }

// Contains reports whether x lies in the interval, ends included; nothing lies
// in an undefined one.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// MarshalJSON writes [low, high], or null for an undefined interval.
func (i Interval) MarshalJSON() ([]byte, error) {
	if !i.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal([2]float64{i.Low, i.High})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Interval) UnmarshalJSON(data []byte) error {
	var ends []float64
	if err := json.Unmarshal(data, &ends); err != nil {
		return fmt.Errorf("an interval is [low, high] or null: %w", err)
	}
	switch {
	case ends == nil:
		*i = Undefined()
	case len(ends) != 2:
		return fmt.Errorf("an interval has two ends, but here are %d", len(ends))
	case ends[0] > ends[1]:
		return fmt.Errorf("an interval begins at its lower end, but %g is above %g", ends[0], ends[1])
	default:
		*i = Interval{Low: ends[0], High: ends[1]}
	}
	return nil
}

// Wilson is the score interval of a share of right answers, right of n (Wilson
// 1927). Unlike the normal one it stays inside [0, 1] and is honest at 0 and 1.
// It is undefined for n = 0, and where right is not one of 0 to n.
func Wilson(right, n int) Interval {
	if n <= 0 || right < 0 || right > n {
		return Undefined()
	}
	p, m, zz := float64(right)/float64(n), float64(n), z95*z95
	middle := (p + zz/(2*m)) / (1 + zz/m)
	half := z95 / (1 + zz/m) * math.Sqrt(p*(1-p)/m+zz/(4*m*m))
	return Interval{Low: max(0, middle-half), High: min(1, middle+half)}
}

// Mean is the mean of x, NaN of nothing.
func Mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Quantile is the q-quantile of x, for q in [0, 1], with linear interpolation
// between neighbours (type 7 of Hyndman and Fan 1996, the default of numpy and
// R); NaN of nothing, or if x holds NaN. x is not changed.
func Quantile(x []float64, q float64) float64 {
	return quantile(slices.Sorted(slices.Values(x)), q)
}

func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 || math.IsNaN(sorted[0]) || !(q >= 0 && q <= 1) { // NaN sorts first
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
