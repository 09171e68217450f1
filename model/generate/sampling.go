package generate

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sort"

	"tiller/model/kernel"
)

// Sampling says how a token is drawn from the logits.
type Sampling struct {
	// Temperature divides the logits; 0 always takes the likeliest token.
	Temperature float64
	TopK        int     // keep the K likeliest tokens; 0 keeps all
	TopP        float64 // keep the likeliest tokens that hold this much probability; 0 or 1 keeps all
	MinP        float64 // drop tokens below this share of the likeliest one's probability; 0 keeps all
	// RepeatPenalty divides positive and multiplies negative logits of tokens
	// that stand in the lane already (Keskar et al. 2019, arXiv 1909.05858); 0
	// or 1 does nothing.
	RepeatPenalty float64
	// NeverAfter are pairs of tokens: the second is never drawn right after the
	// first.
	NeverAfter [][2]int
	// Seed, Sample and Draw choose the random numbers: the same for all lanes,
	// so that two lanes of one sample part because of what was done to them and
	// not by luck.
	Seed   uint64
	Sample string
	Draw   int
}

// Check refuses settings that mean nothing.
func (s Sampling) Check() error {
	for _, f := range []struct {
		name        string
		value, most float64
	}{
		{"temperature", s.Temperature, 1000},
		{"top-p", s.TopP, 1},
		{"min-p", s.MinP, 1},
		{"repeat penalty", s.RepeatPenalty, 1000},
	} {
		if !(f.value >= 0 && f.value <= f.most) {
			return fmt.Errorf("the %s is %g, which is not between 0 and %g", f.name, f.value, f.most)
		}
	}
	if s.TopK < 0 {
		return fmt.Errorf("the top-k is %d, which is negative", s.TopK)
	}
	return nil
}

// A sampler draws the tokens of one lane.
type sampler struct {
	Sampling
	stream  uint64 // hash of seed, sample and draw
	logits  []float32
	weights []float32 // exp(logit/T - max), by token id
	order   []int
}

func newSampler(s Sampling) *sampler {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%q/%d", s.Seed, s.Sample, s.Draw)
	return &sampler{Sampling: s, stream: h.Sum64()}
}

// draw picks the token that follows the lane's tokens seen, at position
// len(seen). It does not change logits.
func (s *sampler) draw(logits []float32, seen []int) int {
	if s.RepeatPenalty > 0 && s.RepeatPenalty != 1 {
		logits = s.penalise(logits, seen)
	}
	if len(s.NeverAfter) > 0 && len(seen) > 0 {
		logits = s.forbid(logits, seen[len(seen)-1])
	}
	if s.Temperature == 0 {
		return likeliest(logits)
	}
	s.weigh(logits)
	s.cut(logits)
	return s.perturbed(logits, len(seen))
}

// likeliest returns the id of the highest logit, the lowest such id on a tie.
func likeliest(logits []float32) int {
	best := 0
	for id, v := range logits {
		if v > logits[best] {
			best = id
		}
	}
	return best
}

func (s *sampler) penalise(logits []float32, seen []int) []float32 {
	s.logits = append(s.logits[:0], logits...)
	ids := slices.Clone(seen)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if v := s.logits[id]; v > 0 {
			s.logits[id] = float32(float64(v) / s.RepeatPenalty)
		} else {
			s.logits[id] = float32(float64(v) * s.RepeatPenalty)
		}
	}
	return s.logits
}

// forbid makes the tokens that are never drawn after last impossible.
func (s *sampler) forbid(logits []float32, last int) []float32 {
	s.logits = append(s.logits[:0], logits...)
	for _, pair := range s.NeverAfter {
		if pair[0] == last && pair[1] >= 0 && pair[1] < len(s.logits) {
			s.logits[pair[1]] = float32(math.Inf(-1))
		}
	}
	return s.logits
}

// weigh fills the weights, the likeliest token's being 1.
func (s *sampler) weigh(logits []float32) {
	s.weights = append(s.weights[:0], logits...)
	best := float64(logits[likeliest(logits)])
	for id, v := range s.weights {
		s.weights[id] = kernel.Exp(float32((float64(v) - best) / s.Temperature))
	}
}

// cut sets the weights of tokens that top-k, top-p or min-p leave out to 0.
// Ties are broken by id.
func (s *sampler) cut(logits []float32) {
	if s.MinP > 0 {
		for id, w := range s.weights {
			if float64(w) < s.MinP {
				s.weights[id] = 0
			}
		}
	}
	topK := s.TopK > 0 && s.TopK < len(logits)
	topP := s.TopP > 0 && s.TopP < 1
	if !topK && !topP {
		return
	}
	s.order = s.order[:0]
	for id, w := range s.weights {
		if w > 0 {
			s.order = append(s.order, id)
		}
	}
	sort.Slice(s.order, func(i, j int) bool {
		a, b := s.order[i], s.order[j]
		if logits[a] != logits[b] {
			return logits[a] > logits[b]
		}
		return a < b
	})
	keep := len(s.order)
	if topK {
		keep = min(keep, s.TopK)
	}
	if topP {
		keep = s.nucleus(keep)
	}
	for _, id := range s.order[keep:] {
		s.weights[id] = 0
	}
}

// nucleus returns how many of the first n tokens in order hold TopP of their
// probability.
func (s *sampler) nucleus(n int) int {
	var total, held float64
	for _, id := range s.order[:n] {
		total += float64(s.weights[id])
	}
	for i, id := range s.order[:n] {
		held += float64(s.weights[id])
		if held >= s.TopP*total {
			return i + 1
		}
	}
	return n
}

// perturbed draws by the Gumbel-max trick: the token with the highest
// logit/T + noise, where the noise of a token id at a position is the same in
// every lane.
func (s *sampler) perturbed(logits []float32, position int) int {
	at := mix(s.stream + uint64(position)*0x9e3779b97f4a7c15)
	best, bestKey := -1, math.Inf(-1)
	for id, w := range s.weights {
		if w == 0 {
			continue
		}
		u := uniform(mix(at ^ mix(uint64(id)+1)))
		// key = log w - log(-log u), and -log u >= 1-u: most tokens are out
		// without a logarithm.
		if best >= 0 && 1-u > float64(w)*math.Exp(-bestKey) {
			continue
		}
		if key := math.Log(float64(w)) - math.Log(-math.Log(u)); key > bestKey {
			best, bestKey = id, key
		}
	}
	if best < 0 {
		return likeliest(logits)
	}
	return best
}

// uniform maps a hash to the open interval (0, 1).
func uniform(h uint64) float64 { return (float64(h>>11) + 0.5) / (1 << 53) }

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
