package lab

import (
	"context"
	"fmt"
	"math"
	"strings"

	"tiller/model"
	"tiller/model/kernel"
	"tiller/steering/statistics"
)

// VerifyOptions say how thoroughly Verify works.
type VerifyOptions struct {
	// First is how many problems are answered; 0 is all of the test split.
	First int
	// Threads is the number of workers; 0 is one per processor.
	Threads int
	// Progress, if set, is told how many answers there are.
	Progress func(done, total int)
}

// Verification is what Verify found.
type Verification struct {
	Manifest *Manifest `json:"-"`
	// Files is how many there are in the manifest, Differences phrases about
	// those that are not as it says. If there are any, nothing was measured.
	Files       int      `json:"files"`
	Differences []string `json:"differences"`
	// Kernel is the path taken here, and Exact whether it is the manifest's, so
	// that every answer has to come out the same.
	Kernel string `json:"kernel"`
	Exact  bool   `json:"exact"`
	// N is the number of problems.
	N     int            `json:"n"`
	Lanes []VerifiedLane `json:"lanes"`
}

// VerifiedLane is a lane of the headline, measured again on the first problems
// of the test split.
type VerifiedLane struct {
	Name string `json:"name"`
	Plan string `json:"plan"`
	// Stated is the score that follows from the manifest, with its interval,
	// and Measured the one found here.
	Stated   float64             `json:"stated"`
	CI95     statistics.Interval `json:"ci95"`
	Measured float64             `json:"measured"`
	// Other is how many problems came out another way than the manifest says.
	Other int `json:"other"`
	// Holds says that what was found agrees with what is stated: no problem
	// came out another way or, with another kernel path, the score lies in the
	// interval.
	Holds bool `json:"holds"`
}

// Verify compares a folder with its manifest, file by file, and measures the
// headline again.
func Verify(ctx context.Context, f Folder, o VerifyOptions) (*Verification, error) {
	m, err := f.Manifest()
	if err != nil {
		return nil, err
	}
	v := &Verification{Manifest: m, Files: len(m.Files), Differences: []string{}, Lanes: []VerifiedLane{}, Kernel: kernel.Path(), Exact: kernel.Path() == m.Kernel}
	differ, err := m.check(ctx, f)
	if err != nil {
		return nil, err
	}
	if v.Differences = append(v.Differences, differ...); len(v.Differences) > 0 {
		return v, nil
	}
	h, err := f.headline(ctx, headlineOptions{model: model.Options{Threads: o.Threads}, first: o.First, progress: o.Progress})
	if err != nil {
		return nil, err
	}
	v.N = h.Table.N
	for _, row := range h.Table.Lanes {
		l, err := v.lane(row, h.Right[row.Name])
		if err != nil {
			return nil, err
		}
		v.Lanes = append(v.Lanes, l)
	}
	return v, nil
}

// lane compares what came out with what is stated.
func (v *Verification) lane(row Row, found Verdicts) (VerifiedLane, error) {
	stated, ok := v.Manifest.Headline.Right[row.Name]
	if !ok || len(stated) < len(found) {
		return VerifiedLane{}, fmt.Errorf("the manifest does not say how the lane %s did on %d problems", row.Name, len(found))
	}
	stated = stated[:len(found)]
	l := VerifiedLane{
		Name: row.Name, Plan: row.Plan, Measured: row.Score,
		Stated: share(count(stated), len(stated)), CI95: statistics.Wilson(count(stated), len(stated)),
	}
	for i := range found {
		if found[i] != stated[i] {
			l.Other++
		}
	}
	l.Holds = l.Other == 0 || !v.Exact && l.CI95.Contains(l.Measured)
	return l, nil
}

// Err says in a sentence what differs from the manifest, nil if nothing does.
func (v *Verification) Err() error {
	switch n := len(v.Differences); {
	case n > 3:
		return fmt.Errorf("%d files are not as the manifest says, among them: %s", n, strings.Join(v.Differences[:3], ", "))
	case n > 0:
		return fmt.Errorf("the files are not as the manifest says: %s", strings.Join(v.Differences, ", "))
	}
	for _, l := range v.Lanes {
		switch {
		case l.Holds:
		case v.Exact:
			return fmt.Errorf("the lane %s answers %d of %d problems another way than the manifest says, though files and kernel path are the same", l.Name, l.Other, v.N)
		default:
			return fmt.Errorf("the lane %s answers %.3f right, outside the manifest's %.3f to %.3f", l.Name, l.Measured, l.CI95.Low, l.CI95.High)
		}
	}
	return nil
}

// Gap is the recovered gap of the last lane as it was measured here, NaN
// without a gap.
func (v *Verification) Gap() float64 {
	if len(v.Lanes) == 0 {
		return math.NaN()
	}
	base, thinking, steered := v.Lanes[0].Measured, v.Lanes[1].Measured, v.Lanes[len(v.Lanes)-1].Measured
	if base == thinking {
		return math.NaN()
	}
	return (steered - base) / (thinking - base)
}
