package lab

import (
	"cmp"
	"slices"
	"strconv"
)

// SeedHeadline is the headline of models trained from one seed.
type SeedHeadline struct {
	Seed uint64 `json:"seed"`
	Plan string `json:"plan"`
	// Lanes are base, prompt, steered and thinking, of the headline.
	Lanes []Row `json:"lanes"`
	// Random is what isotropic random directions recover; nil without controls.
	Random *ControlSummary `json:"random"`
}

// ForSeed is the headline in short, to be put beside those of other seeds.
func (f *Figures) ForSeed(seed uint64) SeedHeadline {
	h := SeedHeadline{Seed: seed, Plan: f.Plan}
	if f.Headline == nil {
		return h
	}
	for _, name := range []string{laneBase, lanePrompt, laneSteered, laneThinking} {
		if i := slices.IndexFunc(f.Headline.Lanes, func(r Row) bool { return r.Name == name }); i >= 0 {
			h.Lanes = append(h.Lanes, f.Headline.Lanes[i])
		}
	}
	if f.Controls != nil {
		for _, c := range f.Controls.Kinds {
			if c.Kind == Isotropic {
				h.Random = &c.ControlSummary
			}
		}
	}
	return h
}

// SeedsMarkdown puts the seeds side by side, in the order of their numbers. The
// one that is shipped is named.
func SeedsMarkdown(all []SeedHeadline, shipped uint64) Section {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b SeedHeadline) int { return cmp.Compare(a.Seed, b.Seed) })
	var m markdown
	m.head("seed", laneBase, lanePrompt, laneSteered, laneThinking, "gap recovered, %", "steered minus prompt", "steered_fraction, %", "random: mean gap, %", "largest", "plan")
	for _, s := range all {
		name := strconv.FormatUint(s.Seed, 10)
		if s.Seed == shipped {
			name += " (shipped)"
		}
		cells := []string{name}
		gap, toPrompt, fraction := none, none, none
		for _, lane := range []string{laneBase, lanePrompt, laneSteered, laneThinking} {
			cell := none
			if i := slices.IndexFunc(s.Lanes, func(r Row) bool { return r.Name == lane }); i >= 0 {
				r := s.Lanes[i]
				cell = scored(r)
				if lane == laneSteered {
					gap, fraction = recovered(r), percents(r.SteeredFraction)
					if r.DeltaPrompt != nil {
						toPrompt = within(r.DeltaPrompt.Delta, r.DeltaPrompt.DeltaCI95)
					}
				}
			}
			cells = append(cells, cell)
		}
		mean, largest := none, none
		if s.Random != nil {
			largest = percents(s.Random.MaxGap)
			if s.Random.MeanGap != nil {
				mean = percents(*s.Random.MeanGap)
			}
		}
		m.row(append(cells, gap, toPrompt, fraction, mean, largest, code(s.Plan))...)
	}
	return Section{"seeds", m.String()}
}
