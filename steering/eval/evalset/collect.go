package evalset

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// draft is a problem while its set is read.
type draft struct {
	Item
	// chosen are the indices that the answer to a multiple choice may mean, by
	// reading, see [readings]; nil if Right is known.
	chosen *chosen
}

// facts are what is known of all problems of a file, whichever are kept.
type facts struct {
	problems int
	numbers  int // whose target is a number
	lettered int // whose question shows letters to choose by
}

// maxWarnings is how many skipped problems are named one by one.
const maxWarnings = 20

// collector makes problems of records.
type collector struct {
	source  *source
	options Options
	mapping mapping
	layout  *layout
	make    maker // nil until a layout is recognised

	set     *Set
	drafts  []draft
	shots   []draft
	held    int // fields
	seen    map[string]int
	place   int // 0-based, of the record at hand
	skipped int
	bad     error // the first that was skipped
	answers readings
}

func newCollector(s *source, o Options) (*collector, error) {
	m, err := o.mapping()
	if err != nil {
		return nil, err
	}
	return &collector{
		source: s, options: o, mapping: m, seen: map[string]int{},
		set: &Set{Name: s.name, Path: s.ref},
	}, nil
}

// skip passes over an error that the options allow.
func (c *collector) skip(err error) error {
	bad := (*LineError)(nil)
	if err == nil || !c.options.SkipBad || !errors.As(err, &bad) {
		return err
	}
	if c.skipped++; c.skipped == 1 {
		c.bad = err
	}
	if c.skipped <= maxWarnings {
		c.set.Warnings = append(c.set.Warnings, "skipped: "+err.Error())
	}
	return nil
}

// take adds a problem.
func (c *collector) take(r *record) error {
	if c.place >= maxItems {
		return fmt.Errorf("%s has more than %d problems, the most that are read", c.source.ref, maxItems)
	}
	if c.make == nil {
		if err := c.recognise(r); err != nil {
			return c.source.fail(r.line, "%w", err)
		}
	}
	d := draft{Item: Item{Right: -1, Fields: r.fields(), Line: r.line}}
	err := c.make(r, &d)
	if err == nil {
		err = c.mapping.apply(r, &d)
	}
	if err == nil {
		err = c.identify(r, &d)
	}
	if err == nil && d.chosen != nil {
		err = c.answers.add(*d.chosen)
	}
	if err != nil {
		return c.source.fail(r.line, "%w", err)
	}
	c.seen[d.ID] = r.line
	c.count(&d)
	return c.keep(d)
}

// recognise finds the layout by the first record.
func (c *collector) recognise(r *record) error {
	if c.mapping.question.set() && c.mapping.target.set() {
		c.layout, c.make = &mapped, func(*record, *draft) error { return nil }
		return nil
	}
	for _, l := range layouts() {
		if c.make = l.recognise(r); c.make != nil {
			c.layout = &l
			return nil
		}
	}
	if len(r.names) == 0 {
		return fmt.Errorf(`it has no fields: a problem is such as {"question": "...", "answer": "..."}`)
	}
	return fmt.Errorf("it has the fields %s, which are of no eval set that is known: name those of the question and the answer with --question and --target, and with --choices, --id and --family what else there is", r.listed())
}

// Fields that are taken for a problem's name or group wherever they stand.
var (
	idFields     = []string{"id", "unique_id", "question_id", "qid", "uid"}
	familyFields = []string{"family", "subject", "task", "category", "activity_label"}
)

// identify gives a problem its ID and its family.
func (c *collector) identify(r *record, d *draft) error {
	if d.Family == "" && !c.mapping.family.set() {
		if v, _ := r.get(r.first(familyFields...)); v.scalar() {
			d.Family = v.text
		}
	}
	if v, _ := r.get(r.first(idFields...)); d.ID == "" && v.scalar() {
		d.ID = v.text
	}
	if c.options.Renumber || d.ID == "" {
		d.ID = fmt.Sprintf("%s/%04d", c.set.Name, c.place)
	}
	if line, twice := c.seen[d.ID]; twice {
		return fmt.Errorf("its id %s is that of %s %d too: name another field with --id, or --renumber the problems", badfile.Quote(d.ID), c.source.unit, line)
	}
	return nil
}

// count takes down what there is to know of a problem even if it isn't kept,
// so that a part of a set is graded as the whole.
func (c *collector) count(d *draft) {
	c.set.found.problems++
	if isNumber(d.Target) {
		c.set.found.numbers++
	}
	if len(d.Choices) > 0 && d.chosen == nil {
		c.set.found.lettered++
	}
}

// keep holds a problem if it is among those that are wanted.
func (c *collector) keep(d draft) error {
	o, n := c.options, c.set.found.problems-1
	switch {
	case n < o.Shots:
		c.shots = append(c.shots, d)
	case !o.Shuffle && (n-o.Shots < o.Offset || o.Limit > 0 && n-o.Shots-o.Offset >= o.Limit):
		return nil
	default:
		c.drafts = append(c.drafts, d)
	}
	if c.held += len(d.Fields) + len(d.Choices); c.held > maxHeld {
		return fmt.Errorf("%s has more than %d fields up to %s %d, the most that are held: ask for fewer problems", c.source.ref, maxHeld, c.source.unit, d.Line)
	}
	return nil
}

// finish makes the set of what was taken.
func (c *collector) finish() (*Set, error) {
	s, o := c.set, c.options
	var err error
	if s.SHA256, err = c.source.sum(); err != nil {
		return nil, err
	}
	switch n := s.found.problems; {
	case n == 0 && c.bad != nil:
		return nil, fmt.Errorf("none of the problems can be used: %w", c.bad)
	case n == 0:
		return nil, c.source.empty()
	case n <= o.Shots:
		return nil, fmt.Errorf("%s has %d problems, and %d of them are to be worked examples: none is left", c.source.ref, n, o.Shots)
	case n-o.Shots <= o.Offset:
		return nil, fmt.Errorf("%s has %d problems to ask, and the first %d of them are to be left out: none is left", c.source.ref, n-o.Shots, o.Offset)
	}
	if extra := c.skipped - maxWarnings; extra > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("skipped: %d more", extra))
	}
	s.Layout = c.layout.name
	if doubt := c.answers.doubt(); doubt != "" {
		s.Warnings = append(s.Warnings, doubt)
	}
	s.Items, s.Shots = c.settle(c.drafts), c.settle(c.shots)
	if o.Shuffle {
		shuffle(s.Items, o.Seed)
		s.Items = s.Items[o.Offset:]
		if o.Limit > 0 && o.Limit < len(s.Items) {
			s.Items = slices.Clone(s.Items[:o.Limit]) // lets go of the others
		}
	}
	return s, nil
}

// settle makes items of drafts once all answers are known.
func (c *collector) settle(drafts []draft) []Item {
	items := make([]Item, len(drafts))
	reading := c.answers.best()
	for i, d := range drafts {
		if d.chosen != nil {
			d.Right = int(d.chosen.index[reading])
			d.Target = d.Choices[d.Right]
		}
		items[i] = d.Item
	}
	return items
}

// shuffle orders items by a hash of the seed and their ID.
func shuffle(items []Item, seed uint64) {
	type card struct {
		hash uint64
		item Item
	}
	cards := make([]card, len(items))
	for i, item := range items {
		sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), item.ID...))
		cards[i] = card{binary.LittleEndian.Uint64(sum[:]), item}
	}
	slices.SortFunc(cards, func(a, b card) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), strings.Compare(a.item.ID, b.item.ID))
	})
	for i, c := range cards {
		items[i] = c.item
	}
}

// isNumber reports whether a target is a plain number, as of money or a
// percentage.
func isNumber(text string) bool {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"), "$")
	text = strings.TrimSuffix(text, "%")
	return strings.ContainsAny(text, "0123456789") && strings.Trim(text, "0123456789,.") == "" && strings.Count(text, ".") <= 1
}
