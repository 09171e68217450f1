package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"tiller/steering/library"
)

// Format is the version of a run folder's files.
const Format = 1

// A Spec is all that determines a run's samples. It is what run.json holds.
type Spec struct {
	Format int    `json:"format"`
	Tool   string `json:"tool"`
	// Kernel is the kernel path: bits are the same on one path only.
	Kernel   string           `json:"kernel"`
	Model    library.Summary  `json:"model"`
	Thinking *library.Summary `json:"thinking,omitempty"`
	Set      SetSpec          `json:"set"`
	// Guard is a second set, on which steering should change nothing.
	Guard *SetSpec `json:"guard,omitempty"`
	// Tune is the set on which controls choose their strength.
	Tune  *SetSpec   `json:"tune,omitempty"`
	Lanes []LaneSpec `json:"lanes"`
	// Contrasts are the digests of the texts that vectors were made from, by
	// name, for controls that shuffle their labels.
	Contrasts map[string]string `json:"contrasts,omitempty"`

	Sampling SamplingSpec `json:"sampling"`
	// Samples is how many times each problem is asked in each lane.
	Samples int `json:"samples"`
	// Divergence says that KL and perplexity under base are computed.
	Divergence bool `json:"divergence"`
	// Shard i of n computes every n-th problem, from the i-th on.
	Shard *Shard `json:"shard,omitempty"`
}

// SetSpec is a set and how it is asked and graded.
type SetSpec struct {
	Ref    string `json:"ref"`
	SHA256 string `json:"sha256"` // of the file
	Layout string `json:"layout"`
	Grader string `json:"grader"`
	// Template makes a problem a prompt; Shots are the ids of the problems
	// that stand before it with their answers, ShotsFrom the file they are of.
	Template  string   `json:"template"`
	Shots     []string `json:"shots,omitempty"`
	ShotsFrom string   `json:"shots_from,omitempty"`
	Chat      bool     `json:"chat,omitempty"`
	System    string   `json:"system,omitempty"`
	Limit     int      `json:"limit,omitempty"`
	Offset    int      `json:"offset,omitempty"`
	Shuffle   bool     `json:"shuffle,omitempty"`
	// Fields map the set's fields, where they were not recognised.
	Fields map[string]string `json:"fields,omitempty"`
}

// LaneSpec is one lane of a run.
type LaneSpec struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Plan is what is done to the model, as canonical text.
	Plan string `json:"plan,omitempty"`
	// Vectors are the digests of the plan's vectors, by name.
	Vectors map[string]string `json:"vectors,omitempty"`
	// Template takes the place of the set's; for the prompt lane.
	Template string `json:"template,omitempty"`
	// Control, Of and Draw say which control of which lane it is.
	Control string `json:"control,omitempty"`
	Of      string `json:"of,omitempty"`
	Draw    int    `json:"draw,omitempty"`
	// Strengths are what a control's plan is multiplied by on the tune set, of
	// which the best is taken; one alone is taken as it is.
	Strengths []float64 `json:"strengths,omitempty"`
}

// Kind is what a lane is for.
type Kind string

// The kinds of lane.
const (
	Base     Kind = "base"
	Prompt   Kind = "prompt"
	Planned  Kind = "plan"
	Control  Kind = "control"
	Thinking Kind = "thinking"
)

// SamplingSpec says how tokens are drawn.
type SamplingSpec struct {
	Temperature   float64  `json:"temperature"`
	TopK          int      `json:"top_k"`
	TopP          float64  `json:"top_p"`
	MinP          float64  `json:"min_p"`
	RepeatPenalty float64  `json:"repeat_penalty"`
	Seed          uint64   `json:"seed"`
	MaxTokens     int      `json:"max_tokens"`
	Stop          []string `json:"stop,omitempty"`
	IgnoreEOS     bool     `json:"ignore_eos,omitempty"`
}

// Shard is one part of a run that several machines compute.
type Shard struct {
	Index int `json:"index"` // 0-based
	Of    int `json:"of"`
}

// A MixError says that a folder holds another run.
type MixError struct {
	Field     string // as in run.json: "lanes[1].plan"
	Was, Asks string // as JSON; "nothing" for what is not there
}

func (e *MixError) Error() string {
	return fmt.Sprintf("the folder holds another run: its %s is %s, and now it is %s; choose another folder, or what the run began with", e.Field, e.Was, e.Asks)
}

// Extends reports whether s can go on in a folder that was begun with old: all
// is the same, except that more problems, samples or lanes may be asked for at
// the end, and by a later version of the tool that writes the same format. The
// error is a [*MixError].
func (s Spec) Extends(old Spec) error {
	a, b := old, s
	a.Tool, b.Tool = "", ""
	b.Set.Limit = extended(a.Set.Limit, b.Set.Limit)
	if b.Samples >= a.Samples {
		b.Samples = a.Samples
	}
	if len(b.Lanes) > len(a.Lanes) {
		b.Lanes = b.Lanes[:len(a.Lanes)]
	}
	if a.Guard == nil {
		b.Guard = nil
	}
	if a.Thinking == nil {
		b.Thinking = nil
	}
	field, was, asks, err := difference(a, b)
	if err != nil || field == "" {
		return err
	}
	return &MixError{Field: field, Was: was, Asks: asks}
}

// extended is the old limit if the new one asks for as many problems or more;
// 0 is all of them.
func extended(old, limit int) int {
	if limit == 0 || old != 0 && limit >= old {
		return old
	}
	return limit
}

// difference finds the first field in which two specs differ.
func difference(a, b Spec) (field, was, asks string, err error) {
	var trees [2]any
	for i, s := range []Spec{a, b} {
		data, err := json.Marshal(s)
		if err != nil {
			return "", "", "", err
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(&trees[i]); err != nil {
			return "", "", "", err
		}
	}
	path, x, y := differs("", trees[0], trees[1])
	if path == "" {
		return "", "", "", nil
	}
	return strings.TrimPrefix(path, "."), brief(x), brief(y), nil
}

// differs walks two JSON trees to the first place where they are not the same.
func differs(path string, a, b any) (string, any, any) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return path, a, b
		}
		for _, name := range fieldOrder(x, y) {
			if where, u, v := differs(path+"."+name, x[name], y[name]); where != "" {
				return where, u, v
			}
		}
		return "", nil, nil
	case []any:
		y, ok := b.([]any)
		if !ok {
			return path, a, b
		}
		for i := range max(len(x), len(y)) {
			if where, u, v := differs(fmt.Sprintf("%s[%d]", path, i), element(x, i), element(y, i)); where != "" {
				return where, u, v
			}
		}
		return "", nil, nil
	}
	if reflect.DeepEqual(a, b) {
		return "", nil, nil
	}
	return path, a, b
}

// element is the i-th element of a list; nil beyond its end.
func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// fieldOrder lists the names in either object, those of importance first.
func fieldOrder(x, y map[string]any) []string {
	var names []string
	for _, first := range []string{"format", "kernel", "model", "set"} {
		if _, ok := x[first]; ok {
			names = append(names, first)
		}
	}
	for _, name := range sortedKeys(x, y) {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			names = append(names, name)
		}
	}
	return names
}

// brief is a JSON value in at most a line.
func brief(v any) string {
	if v == nil {
		return "nothing"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	const most = 80
	if text := []rune(string(data)); len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(data)
}
