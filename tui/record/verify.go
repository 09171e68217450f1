package record

import (
	"context"
	"fmt"
	"math"
	"slices"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/steering/library"
	"tiller/tui/engine"
	"tiller/tui/visible"
)

// VerifyOptions say what the runs of a recording are repeated with.
type VerifyOptions struct {
	Library library.Library
	// Threads is the number of workers of a model; 0 is one for each processor
	// but one.
	Threads int
	// Model is used in the place of every model of the recording that has its
	// fingerprint.
	Model string
	// Vectors are files to use instead of the recorded ones, by name.
	Vectors map[string]string
	// Progress is told how many runs of all are done; nil is nobody.
	Progress func(done, total int)
}

// A Verdict says how far the answers of a recording were repeated.
type Verdict struct {
	Answers, Tokens int // that are the same
	// Missing are sentences about what could not be repeated, each once.
	Missing []string
	// Difference is the first token that is another; nil if there is none.
	Difference *Difference
}

// A Difference is a token that is another than in the recording.
type Difference struct {
	Run     int // 0-based, of all
	Event   int // that asked for it
	Plan    string
	Index   int    // of the token in its answer
	Was, Is string // pieces, untrusted; empty where an answer has ended
	// Gap is by how many nats the likeliest token there leads the second one,
	// NaN if that can't be said.
	Gap float64
}

// String says it in a sentence.
func (d *Difference) String() string {
	says := func(piece string) string {
		if piece == "" {
			return "the end"
		}
		return "“" + visible.Line(piece) + "”"
	}
	lane := "the lane without a plan"
	if d.Plan != "" {
		lane = "the lane with " + d.Plan
	}
	text := fmt.Sprintf("run %d, %s: token %d was %s and is now %s", d.Run+1, lane, d.Index, says(d.Was), says(d.Is))
	if !math.IsNaN(d.Gap) {
		text += fmt.Sprintf("; the likeliest token leads the second by %.2g nats there", d.Gap)
	}
	return text
}

// Verify repeats runs of lanes on the real models, and compares the ids of
// their tokens. It ends at the first that is another.
func Verify(ctx context.Context, runs []*Run, o VerifyOptions) (*Verdict, error) {
	v := &verifier{VerifyOptions: o, verdict: &Verdict{}, opened: map[string]string{}, vectors: map[string]string{}}
	v.engine = engine.New(o.Library, engine.Options{Threads: o.Threads, Vectors: v.files(runs)})
	defer v.engine.Close()
	defer context.AfterFunc(ctx, func() { v.engine.Stop(0)() })()
	for i, r := range runs {
		if err := v.repeat(ctx, i, r); err != nil || v.verdict.Difference != nil {
			return v.verdict, err
		}
		if o.Progress != nil {
			o.Progress(i+1, len(runs))
		}
	}
	return v.verdict, nil
}

// verifier repeats runs.
type verifier struct {
	VerifyOptions
	engine  *engine.Engine
	verdict *Verdict
	gen     int
	// opened is the reference to use for one of the recording; empty for one
	// that can't be used.
	opened map[string]string
	// vectors are the digests of those that were read, by name; empty for one
	// that could not be.
	vectors map[string]string
}

// missing says what can't be repeated.
func (v *verifier) missing(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(v.verdict.Missing, text) {
		v.verdict.Missing = append(v.verdict.Missing, text)
	}
}

// files are those of the vectors that runs name.
func (v *verifier) files(runs []*Run) map[string]string {
	files := map[string]string{}
	for _, r := range runs {
		for name, info := range r.Vectors {
			if !info.Unsaved {
				files[name] = info.Source
			}
		}
	}
	for name, file := range v.Vectors {
		files[name] = file
	}
	return files
}

// await runs a command of the engine to its last message; others are taken in
// on the way.
func (v *verifier) await(ctx context.Context, cmd tea.Cmd, more func(tea.Msg) bool) (tea.Msg, error) {
	for msg := cmd(); ; msg = v.engine.More(v.gen)() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if msg == nil || !more(msg) {
			return msg, nil
		}
	}
}

func (v *verifier) next() int {
	v.gen++
	return v.gen
}

// model is the reference to use for one of the recording; ok is false if it
// can't be used, which is then said.
func (v *verifier) model(ctx context.Context, r *Run, ref string) (use string, ok bool, err error) {
	if use, known := v.opened[ref]; known {
		return use, use != "", nil
	}
	v.opened[ref] = ""
	want, known := r.Fingerprints[ref]
	candidates := []string{ref}
	if v.Model != "" {
		candidates = []string{v.Model, ref}
	}
	why := ""
	for _, candidate := range candidates {
		msg, err := v.await(ctx, v.engine.Open(v.next(), candidate), func(msg tea.Msg) bool { _, more := msg.(engine.Opening); return more })
		if err != nil {
			return "", false, err
		}
		opened, ok := msg.(engine.Opened)
		if !ok {
			if failed, ok := msg.(engine.Failed); ok {
				why = failed.Err
			}
			continue
		}
		if known && opened.Model.Fingerprint != want {
			why = fmt.Sprintf("it has the fingerprint %s, and the recorded one had %s", short(opened.Model.Fingerprint), short(want))
			continue
		}
		for _, info := range opened.Vectors {
			if info.Read && info.Err == "" {
				v.vectors[info.Name] = info.Digest
			}
		}
		v.opened[ref] = candidate
		return candidate, true, nil
	}
	v.missing("The model %s is not here: %s.", ref, why)
	return "", false, nil
}

// short is the beginning of a fingerprint.
func short(fingerprint string) string { return fingerprint[:min(len(fingerprint), 16)] }

// repeatable reports whether a lane can be repeated, and says why not.
func (v *verifier) repeatable(r *Run, l engine.Lane) bool {
	plan, err := steering.Parse(l.Plan)
	if err != nil {
		return false
	}
	for _, name := range plan.Names() {
		was, known := r.Vectors[name]
		digest, read := v.vectors[name]
		switch _, given := v.Vectors[name]; {
		case known && was.Unsaved && !given:
			v.missing("The vector %s was derived in the sitting, and was in no file when its plan was used.", name)
			return false
		case !read && known:
			v.missing("The vector %s is not here: it was %s.", name, was.Source)
			return false
		case !read:
			v.missing("The vector %s is not here.", name)
			return false
		case known && was.Digest != "" && was.Digest != digest:
			v.missing("The vector %s is another than in the recording.", name)
			return false
		}
	}
	return true
}

// repeat repeats a run.
func (v *verifier) repeat(ctx context.Context, index int, r *Run) error {
	var lanes []engine.Lane
	longest := 0
	for _, l := range r.Lanes {
		a := r.Answers[l.ID]
		if a == nil || a.Err != "" {
			continue // nothing was generated
		}
		use, ok, err := v.model(ctx, r, l.Model)
		if err != nil {
			return err
		}
		if ok && v.repeatable(r, l) {
			l.Model = use
			lanes = append(lanes, l)
			longest = max(longest, len(a.Tokens))
		}
	}
	if len(lanes) == 0 {
		return nil
	}
	s := r.Sampling
	s.MaxTokens = min(s.MaxTokens, longest+1) // one more shows an end that is missing
	again := &Run{Answers: map[int]*Answer{}}
	_, err := v.await(ctx, v.engine.Generate(v.next(), lanes, s), func(msg tea.Msg) bool {
		g, ok := msg.(engine.Generated)
		if ok {
			again.take(g)
		}
		return ok && !g.Done
	})
	if err != nil {
		return err
	}
	for _, l := range lanes {
		if err := v.compare(ctx, index, r, l, again.Answers[l.ID]); err != nil || v.verdict.Difference != nil {
			return err
		}
	}
	return nil
}

// compare compares an answer with the one that was recorded.
func (v *verifier) compare(ctx context.Context, index int, r *Run, l engine.Lane, is *Answer) error {
	was := r.Answers[l.ID]
	if is == nil || is.Err != "" {
		why := "nothing came of it"
		if is != nil {
			why = is.Err
		}
		v.missing("A lane of run %d can't be repeated: %s.", index+1, why)
		return nil
	}
	whole := was.Stop == "eos" || was.Stop == "stop" // it ended where the model ended it
	at := 0
	for at < len(was.Tokens) && at < len(is.Tokens) && was.Tokens[at].ID == is.Tokens[at].ID {
		at++
	}
	v.verdict.Tokens += at
	if at == len(was.Tokens) && (!whole || at == len(is.Tokens)) {
		v.verdict.Answers++
		return nil
	}
	d := &Difference{Run: index, Event: r.Event, Plan: l.Plan, Index: at, Was: piece(was, at), Is: piece(is, at), Gap: math.NaN()}
	v.verdict.Difference = d
	position := is.Prompt + at - 1
	msg, err := v.await(ctx, v.engine.Trace(v.next(), engine.Answered{Lane: l, IDs: is.IDs()[:at]}, position, 2), func(tea.Msg) bool { return false })
	if t, ok := msg.(engine.Traced); ok && len(t.Point.Steered) > 1 {
		d.Gap = math.Log(t.Point.Steered[0].P / t.Point.Steered[1].P)
	}
	return err
}

// piece is what a token of an answer says; empty after its end.
func piece(a *Answer, i int) string {
	if i >= len(a.Tokens) {
		return ""
	}
	return a.Tokens[i].Piece
}
