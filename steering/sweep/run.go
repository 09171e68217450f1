package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tiller/model"
	"tiller/model/generate"
	"tiller/model/tokenizer"
	"tiller/steering"
)

// Options say how a sweep works.
type Options struct {
	// MaxTokens is the most tokens of an answer. With 0 none are generated: the
	// cells then say KL, and nothing is graded.
	MaxTokens int
	// Batch is how many lanes step together; 0 is up to 128, fewer where their
	// keys and values would take more than 256 MiB. It changes no number.
	Batch int
}

// Progress is one cell's running numbers.
type Progress struct {
	// Row and Column are the place of Cell in the grid; -1 for the unsteered
	// model.
	Row, Column int
	Cell        Cell
	// Baseline is the unsteered model so far.
	Baseline Tally
	// Done of Total pairs of a problem and a cell, or the unsteered model, are
	// computed.
	Done, Total int
}

// Run computes a grid over problems, greedily, and returns its cells by row and
// column and how the unsteered model did. The tokenizer is the model's, and may
// be nil where prompts are bare ids and nothing is graded.
//
// A cell that the plan cannot be used at has its Err, and the others go on; it
// is an error if that is all of them. Each time a cell's numbers change they
// are reported, from this goroutine; report may be nil. When ctx ends, what is
// there is returned with its error, and so it is with any other.
func Run(ctx context.Context, m *model.Model, t *tokenizer.Tokenizer, vectors map[string]*steering.Vector, g Grid, items []Item, o Options, report func(Progress)) ([][]Cell, Tally, error) {
	if err := g.check(); err != nil {
		return nil, Tally{}, err
	}
	if err := checkItems(m, items); err != nil {
		return nil, Tally{}, err
	}
	if o.MaxTokens < 0 {
		return nil, Tally{}, fmt.Errorf("the most tokens of an answer are %d, which is negative", o.MaxTokens)
	}
	if o.Batch <= 0 {
		o.Batch = defaultBatch(m.Config(), items, o.MaxTokens)
	}
	r := run{model: m, tokenizer: t, grid: g, items: items, options: o, report: report}
	err := r.bind(vectors)
	if err == nil {
		err = r.all(ctx)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return r.cells(), r.lanes[0].cell.Tally, err
}

// Limits of the lanes that step together unless told otherwise.
const (
	mostLanes = 128       // about the fastest for a small model
	laneBytes = 256 << 20 // of keys and values
)

func defaultBatch(c model.Config, items []Item, maxTokens int) int {
	longest := 0
	for _, item := range items {
		longest = max(longest, len(item.Prompt.Tokens))
	}
	position := 2 * 4 * c.Layers * c.KVHeads * c.HeadDim // bytes
	return min(max(1, laneBytes/(position*(longest+maxTokens))), mostLanes)
}

// run is a sweep at work.
type run struct {
	model       *model.Model
	tokenizer   *tokenizer.Tokenizer
	grid        Grid
	items       []Item
	options     Options
	report      func(Progress)
	lanes       []lane // the unsteered model, then the cells row by row
	done, total int
}

// bind makes the lanes and reports the cells that are refused.
func (r *run) bind(vectors map[string]*steering.Vector) error {
	c := r.model.Config()
	r.lanes = []lane{newLane(-1, -1, len(r.items))}
	for row, layer := range r.grid.Layers {
		for col, strength := range r.grid.Strengths {
			l := newLane(row, col, len(r.items))
			l.cell.Layer, l.cell.Strength = layer, strength
			var err error
			if l.bound, err = steering.Bind(r.grid.PlanAt(layer, strength), c.Layers, c.DModel, vectors); err != nil {
				l.refuse(err)
			}
			r.lanes = append(r.lanes, l)
		}
	}
	r.total = len(r.left()) * len(r.items)
	for i := range r.lanes {
		if r.lanes[i].cell.Err != nil {
			r.tell(i)
		}
	}
	return r.anyLeft()
}

// left are the lanes that aren't refused.
func (r *run) left() []int {
	var lanes []int
	for i := range r.lanes {
		if r.lanes[i].cell.Err == nil {
			lanes = append(lanes, i)
		}
	}
	return lanes
}

// anyLeft is an error if every cell is refused.
func (r *run) anyLeft() error {
	if len(r.left()) > 1 {
		return nil
	}
	return fmt.Errorf("no cell of the sweep can be computed: %w", r.lanes[1].cell.Err)
}

func (r *run) tell(lane int) {
	if l := &r.lanes[lane]; r.report != nil {
		r.report(Progress{Row: l.row, Column: l.col, Cell: l.cell, Baseline: r.lanes[0].cell.Tally, Done: r.done, Total: r.total})
	}
}

func (r *run) cells() [][]Cell {
	var rows [][]Cell
	for lanes := range slices.Chunk(r.lanes[1:], len(r.grid.Strengths)) {
		var row []Cell
		for _, l := range lanes {
			row = append(row, l.cell)
		}
		rows = append(rows, row)
	}
	return rows
}

// A job is one lane's work on one problem.
type job struct{ item, lane int }

// A group is problems that all lanes work on before the next.
type group struct {
	prefixes generate.Prefixes
	base     map[int][]float32 // by problem: logits of the unsteered model after the prompt, [vocab]
}

// all works through the problems: as many of them together as a batch holds
// with all lanes, or the lanes of one problem in batches of about one size.
func (r *run) all(ctx context.Context) error {
	for first := 0; first < len(r.items); {
		lanes := r.left()
		end := min(first+max(1, r.options.Batch/len(lanes)), len(r.items))
		var jobs []job
		for item := first; item < end; item++ {
			jobs = append(jobs, job{item: item}) // what all others are compared with
		}
		for item := first; item < end; item++ {
			for _, lane := range lanes[1:] {
				jobs = append(jobs, job{item: item, lane: lane})
			}
		}
		g := &group{base: map[int][]float32{}}
		batches := (len(jobs) + r.options.Batch - 1) / r.options.Batch
		for batch := range slices.Chunk(jobs, (len(jobs)+batches-1)/batches) {
			if err := r.batch(ctx, batch, g); err != nil {
				return err
			}
		}
		first = end
	}
	return nil
}

// batch does jobs together. If a plan can't be used with a prompt after all,
// its cell is refused and the others go on. If edits of one of them were so
// strong that a step failed, halves are tried until that one is alone.
func (r *run) batch(ctx context.Context, jobs []job, g *group) error {
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j job) bool { return r.lanes[j.lane].cell.Err != nil })
	if len(jobs) == 0 {
		return nil
	}
	left, err := r.together(ctx, jobs, g)
	var refused *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		l := &r.lanes[refused.lane]
		r.done -= l.cell.Items
		r.total -= len(r.items)
		l.refuse(refused.reason)
		r.tell(refused.lane)
		if err := r.anyLeft(); err != nil {
			return err
		}
		return r.batch(ctx, left, g)
	case errors.Is(err, model.ErrNotFinite) && len(left) > 1:
		half := len(left) / 2
		if err := r.batch(ctx, left[:half], g); err != nil {
			return err
		}
		return r.batch(ctx, left[half:], g)
	case errors.Is(err, model.ErrNotFinite) && left[0].lane > 0:
		r.end(left[0], generate.Result{Stop: stopBroken}, nil)
		return nil
	}
	return fmt.Errorf("sweeping: %w", err)
}

// stopBroken is why a lane ended whose edits made the logits no numbers.
const stopBroken generate.Stop = "broken"

// together does jobs in one session. After an error it returns those that
// didn't come to their end.
func (r *run) together(ctx context.Context, jobs []job, g *group) (left []job, err error) {
	text := r.tokenizer
	if r.options.MaxTokens == 0 {
		text = nil
	}
	s, err := generate.NewSession(ctx, r.model, text, r.requests(jobs), generate.Options{Prefixes: &g.prefixes})
	if err != nil {
		return jobs, err
	}
	if err := r.diverge(ctx, jobs, s, g); err != nil {
		return jobs, err
	}
	if r.options.MaxTokens == 0 {
		for i, j := range jobs {
			r.end(j, generate.Result{}, s.Editor(i))
		}
		return nil, nil
	}
	ended := make([]bool, len(jobs))
	for !s.Done() {
		tokens, err := s.Next(ctx)
		if err != nil {
			for i, j := range jobs {
				if !ended[i] {
					left = append(left, j)
				}
			}
			return left, err
		}
		for _, token := range tokens {
			if token.Stop != "" {
				ended[token.Lane] = true
				r.end(jobs[token.Lane], s.Result(token.Lane), s.Editor(token.Lane))
			}
		}
	}
	return nil, nil
}

// requests are the lanes of a session, one for each job. After them come lanes
// that do nothing, for each unsteered one: its problem's other lanes may be in
// later sessions, and so what these need of the prompt is kept.
func (r *run) requests(jobs []job) []generate.Request {
	last := r.model.Config().Layers - 1
	var requests, keep []generate.Request
	kept := r.kept()
	for _, j := range jobs {
		prompt := r.items[j.item].Prompt
		of := reading{Steering: idle{layer: last, last: true}, lane: j.lane, layer: last}
		if bound := r.lanes[j.lane].bound; bound != nil {
			of.Steering = steering.Lanes{Bound: bound, Tokenizer: r.tokenizer}
		} else {
			for _, s := range kept {
				keep = append(keep, generate.Request{Prompt: prompt, Steering: s})
			}
		}
		requests = append(requests, generate.Request{Prompt: prompt, Steering: of, MaxTokens: r.options.MaxTokens})
	}
	return append(requests, keep...)
}

// kept are steerings that ask of a prompt all that those of the cells do.
func (r *run) kept() []idle {
	var kept []idle
	for _, l := range r.lanes {
		if l.bound == nil {
			continue
		}
		layer, ok := l.bound.LowestLayer()
		s := idle{layer: layer, drawn: l.bound.NeedsDistributions()}
		if ok && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// diverge notes how far each lane is from the unsteered model after the prompt.
func (r *run) diverge(ctx context.Context, jobs []job, s *generate.Session, g *group) error {
	var rows []float32
	var read []int // jobs whose rows these are
	for i := range jobs {
		if e := s.Editor(i).(*reader); e.row != nil {
			rows = append(rows, e.row...)
			read = append(read, i)
		}
	}
	for _, j := range jobs {
		r.lanes[j.lane].kl[j.item] = 0
	}
	if len(read) == 0 {
		return nil
	}
	logits, err := r.model.Unembed(ctx, rows)
	if err != nil {
		return err
	}
	vocab := r.model.Config().Vocab
	for n, i := range read {
		of, j := logits[n*vocab:(n+1)*vocab], jobs[i]
		if j.lane == 0 {
			g.base[j.item] = slices.Clone(of)
			continue
		}
		r.lanes[j.lane].kl[j.item] = divergence(of, g.base[j.item])
	}
	return nil
}

// end counts a job that is done. There is no editor if the lane broke.
func (r *run) end(j job, result generate.Result, e generate.Editor) {
	l := &r.lanes[j.lane]
	item := r.items[j.item]
	if r.options.MaxTokens == 0 {
		item.Right = nil
	}
	l.add(item, result)
	if e, ok := e.(*reader); ok && l.bound != nil {
		report := e.Editor.(*steering.Editor).Report()
		l.cell.PromptEdits += report.PromptEdits
		l.cell.RowEdits += report.RowEdits
		l.cell.Fired += report.Fired[r.grid.Term].Count
	}
	r.done++
	r.tell(j.lane)
}
