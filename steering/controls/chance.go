package controls

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"

	"tiller/model/generate"
	"tiller/steering"
)

// Rate is how likely a term fires at a position.
type Rate struct {
	Prompt    float64 // before the last position of the prompt
	Generated float64 // where a token is generated from
}

// Fired counts the positions at which a term of a plan fired.
type Fired struct {
	Prompt    int // before the last prompt position
	Generated int // at positions whose output is a generated token
}

// Firings is how often a plan fired on one sample.
type Firings struct {
	Terms []Fired // by term
	// Generated is how many tokens were generated, which is how many positions
	// have one as output.
	Generated int
}

// FiringsOf counts where a plan fired in a lane with so many tokens of prompt
// and so many generated ones: the outputs of positions from the last of the
// prompt on are the generated tokens.
func FiringsOf(g *steering.Program, prompt, generated int) Firings {
	f := Firings{Terms: make([]Fired, len(g.Report().Fired)), Generated: generated}
	for p := range min(g.Len(), prompt-1+generated) {
		for _, term := range g.FiredAt(p) {
			if p < prompt-1 {
				f.Terms[term].Prompt++
			} else {
				f.Terms[term].Generated++
			}
		}
	}
	return f
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// chance decides for one lane whether a term fires at a position.
type chance interface {
	fires(term, position int) bool
}

// coins are thrown at every position.
type coins struct {
	rates        []Rate // by term
	prompt       int
	seed, stream uint64
}

func (c *coins) fires(term, position int) bool {
	r := c.rates[term].Generated
	if position < c.prompt-1 {
		r = c.rates[term].Prompt
	}
	var pcg rand.PCG
	pcg.Seed(c.seed+uint64(term)*0x9e3779b97f4a7c15, c.stream+uint64(position))
	pcg.Uint64()
	return float64(pcg.Uint64()>>11)/(1<<53) < r
}

// hashOf tells prompts apart.
func hashOf(p generate.Prompt) uint64 {
	h := fnv.New64a()
	for _, t := range p.Tokens {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(t.ID)))
	}
	return h.Sum64()
}

// hand is lots that were dealt for the first positions, and coins beyond.
type hand struct {
	lots   [][]bool // by term and position
	beyond coins
}

func (h *hand) fires(term, position int) bool {
	if lots := h.lots[term]; position < len(lots) {
		return lots[position]
	}
	return h.beyond.fires(term, position)
}

// deal has a term fire at as many positions as it did, any, but at no special
// token of the prompt.
func deal(p generate.Prompt, f Fired, generated int, r *rand.Rand) []bool {
	last := len(p.Tokens) - 1
	lots := make([]bool, last+generated)
	var before, after []int
	for at := range lots {
		switch {
		case at <= last && p.Tokens[at].Special:
		case at < last:
			before = append(before, at)
		default:
			after = append(after, at)
		}
	}
	for _, of := range []struct {
		positions []int
		n         int
	}{{before, f.Prompt}, {after, f.Generated}} {
		for _, i := range r.Perm(len(of.positions))[:min(of.n, len(of.positions))] {
			lots[of.positions[i]] = true
		}
	}
	return lots
}
