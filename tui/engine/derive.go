package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive"
	"tiller/steering/derive/contrast"
	"tiller/steering/library"
	"tiller/steering/vectorfile"
)

// A Method is a way to make a vector from pairs of texts.
type Method struct {
	Name  string
	About string // what it takes, in a few words
	run   func(context.Context, *model.Model, *tokenizer.Tokenizer, []derive.Pair, derive.Options) (*derive.Result, error)
}

// Methods are the ways to make a vector from pairs of texts.
func Methods() []Method {
	return []Method{
		{"mean", "the mean of one side minus that of the other", derive.Mean},
		{"pca", "the direction in which the pairs differ most", derive.PCA},
		{"probe", "what a linear classifier of the two sides looks at", derive.Probe},
	}
}

// Contrast is what is known of an embedded file of contrast texts.
type Contrast struct {
	Name  string
	Pairs int
	// Positive and Negative are the first pair.
	Positive, Negative string
	Prompted           bool   // its texts answer prompts
	Err                string // why the model can't read it; empty if it can
}

// Contrasts are the embedded contrast texts, beside the open model.
type Contrasts struct {
	Gen   int
	Files []Contrast
}

// ListContrasts reads the embedded contrast texts.
func (e *Engine) ListContrasts(gen int) tea.Cmd {
	return e.do(gen, "reading the contrast texts", func(ctx context.Context) (tea.Msg, error) {
		o, err := e.open(ctx, "")
		if err != nil {
			return nil, err
		}
		msg := Contrasts{Gen: gen}
		for _, name := range e.library.Contrasts() {
			c, err := e.contrast(ctx, name, o)
			if err != nil {
				c.Err = err.Error()
			}
			msg.Files = append(msg.Files, c)
		}
		return msg, nil
	})
}

// contrast reads one embedded file, and tries the texts on a model's tokenizer.
func (e *Engine) contrast(ctx context.Context, name string, o *opened) (Contrast, error) {
	c := Contrast{Name: name}
	texts, err := e.texts(ctx, Derivation{Texts: library.Prefix + name})
	if err != nil {
		return c, err
	}
	first := texts.pairs[0]
	c.Pairs, c.Positive, c.Negative, c.Prompted = len(texts.pairs), first.Positive, first.Negative, first.Prompt != ""
	_, err = texts.prompts(o.tokenizer, false)
	return c, err
}

// A Derivation says what to make a vector from.
type Derivation struct {
	Name string // in plans
	// Texts is a file of contrast pairs, or an embedded one. If it is empty,
	// Positive and Negative are the pairs.
	Texts              string
	Positive, Negative []string
	Method             string // name of a [Method]
	Chat               bool   // put the texts into the model's chat template
}

// Deriving tells how far a derivation is.
type Deriving struct {
	Gen         int
	Done, Total int // texts
}

// Derived is a vector that was made, and what is known of it.
type Derived struct {
	Gen    int
	Model  string // reference of the model beside which it was judged
	Info   VectorInfo
	Pairs  int
	Layers []derive.LayerReport
}

// Derive makes a vector for the open model. It is kept in memory, where plans
// find it, until [Engine.ExportVector] saves it.
func (e *Engine) Derive(gen int, x Derivation) tea.Cmd {
	job := "deriving " + x.Name
	return e.start(gen, newest, func(ctx context.Context, tell func(tea.Msg)) tea.Msg {
		msg, err := e.derive(ctx, gen, x, tell)
		switch {
		case ctx.Err() != nil:
			return Failed{Gen: gen, Job: job, Err: "cancelled"}
		case err != nil:
			return Failed{Gen: gen, Job: job, Err: err.Error()}
		}
		return *msg
	})
}

// vectorName is what can be a vector's name in plans.
var vectorName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (e *Engine) derive(ctx context.Context, gen int, x Derivation, tell func(tea.Msg)) (*Derived, error) {
	if err := e.free(x.Name); err != nil {
		return nil, err
	}
	methods := Methods()
	at := slices.IndexFunc(methods, func(m Method) bool { return m.Name == x.Method })
	if at < 0 {
		return nil, fmt.Errorf("there is no method %q", x.Method)
	}
	o, err := e.open(ctx, "")
	if err != nil {
		return nil, err
	}
	texts, err := e.texts(ctx, x)
	if err != nil {
		return nil, err
	}
	pairs, err := texts.prompts(o.tokenizer, x.Chat)
	if err != nil {
		return nil, err
	}
	r, err := methods[at].run(ctx, o.model, o.tokenizer, pairs, derive.Options{
		Name: x.Name, Where: steering.Selector{{{Kind: steering.Last}}}, DataHash: texts.hash,
		Progress: func(done, total int) { tell(Deriving{Gen: gen, Done: done, Total: total}) },
	})
	if err != nil {
		return nil, err
	}
	meta := r.Vector.Meta
	meta[vectorfile.MetaModelHint], meta["data"] = o.model.Config().Architecture, texts.data
	if build, ok := debug.ReadBuildInfo(); ok {
		meta[vectorfile.MetaToolVersion] = "tiller " + firstOf(build.Main.Version, "(devel)")
	}
	if x.Chat {
		meta["chat"] = "yes"
	}
	info, err := e.keep(r, o)
	if err != nil {
		return nil, err
	}
	return &Derived{Gen: gen, Model: o.ref, Info: info, Pairs: r.Pairs, Layers: r.Layers}, nil
}

// free refuses a name that plans can't use or that another vector has.
func (e *Engine) free(name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case !vectorName.MatchString(name):
		return fmt.Errorf("%q can't be a vector's name: one is made of letters, digits and _.-", name)
	case e.sources[name] != "":
		return fmt.Errorf("there is a vector %q already: take another name", name)
	}
	return nil
}

// keep holds a vector in memory under its name.
func (e *Engine) keep(r *derive.Result, o *opened) (VectorInfo, error) {
	name := r.Vector.Name
	if err := e.free(name); err != nil { // taken meanwhile
		return VectorInfo{}, err
	}
	file := vectorfile.Info{Metadata: r.Vector.Meta, Notes: r.Notes}
	e.mu.Lock()
	e.vectors[name], e.sources[name], e.derived[name] = r.Vector, derivedHere, file
	e.mu.Unlock()
	return described(name, derivedHere, r.Vector, file, o), nil
}

// contrastTexts are pairs of texts with where they are from.
type contrastTexts struct {
	name  string // in errors
	data  string // in the vector's file
	hash  string
	pairs []contrast.Pair
}

// texts reads the pairs that a derivation is to be made from.
func (e *Engine) texts(ctx context.Context, x Derivation) (*contrastTexts, error) {
	t := &contrastTexts{name: x.Texts, data: filepath.Base(x.Texts)}
	var content []byte
	var err error
	if x.Texts == "" {
		t.name, t.data = "the texts typed here", "typed"
		content, err = typedPairs(x.Positive, x.Negative)
	} else {
		content, err = e.library.ReadTexts(ctx, e.expand(x.Texts))
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	t.hash = "sha256:" + hex.EncodeToString(sum[:])
	t.pairs, err = contrast.ParsePairs(t.name, content)
	return t, err
}

// typedPairs writes typed texts as a contrast file has them.
func typedPairs(positive, negative []string) ([]byte, error) {
	positive, negative = written(positive), written(negative)
	if len(positive) != len(negative) {
		return nil, fmt.Errorf("there are %d texts on one side and %d on the other: write pairs, one text a line", len(positive), len(negative))
	}
	var b bytes.Buffer
	for i, text := range positive {
		line, err := json.Marshal(map[string]string{"positive": text, "negative": negative[i]})
		if err != nil {
			return nil, err
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes(), nil
}

// written are the lines that are not blank.
func written(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// prompts are the pairs as a model reads them: in a chat the user's message or,
// where it answers a prompt, the beginning of the assistant's.
func (t *contrastTexts) prompts(tok *tokenizer.Tokenizer, chat bool) ([]derive.Pair, error) {
	pairs := make([]derive.Pair, len(t.pairs))
	for i, p := range t.pairs {
		label := fmt.Sprintf("%s, line %d", t.name, p.Line)
		pairs[i].Label = label
		var err error
		if pairs[i].Positive, err = side(p.Prompt, p.Positive, chat).tokens(tok); err == nil {
			pairs[i].Negative, err = side(p.Prompt, p.Negative, chat).tokens(tok)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", label, err)
		}
	}
	return pairs, nil
}

// side is a text of a pair, after what it answers.
func side(before, text string, chat bool) Prompt {
	switch {
	case !chat:
		return Prompt{Text: before + text}
	case before == "":
		return Prompt{Chat: true, Text: text}
	}
	return Prompt{Chat: true, Text: before, Prefill: text}
}
