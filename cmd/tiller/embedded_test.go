package main

import (
	"context"
	"strings"
	"testing"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive/contrast"
	"tiller/steering/lab/problem"
	"tiller/steering/library"
)

// TestEmbeddedFit: all that this build carries can be opened and used together.
func TestEmbeddedFit(t *testing.T) {
	if len(embedded.Models()) == 0 {
		t.Skip("this build carries no models")
	}
	for _, name := range embedded.Models() {
		ref := library.Prefix + name
		m, err := embedded.OpenModel(context.Background(), ref, model.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		tok, err := embedded.OpenTokenizer(ref)
		if err != nil {
			t.Fatal(err)
		}
		question, err := embedded.Demonstration()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{question.Question, ownQuestion} {
			if _, err := tok.Encode(text, tokenizer.EncodeOptions{}); err != nil {
				t.Errorf("%s: %v", ref, err)
			}
		}
		vectors := map[string]*steering.Vector{}
		for _, name := range embedded.Vectors() {
			v, _, err := embedded.ReadVector(library.Prefix + name)
			if err != nil {
				t.Fatal(err)
			}
			vectors[name] = v
		}
		for _, name := range embedded.Plans() {
			file, err := embedded.ReadPlan(context.Background(), "@"+name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bind(file.Plan, m, vectors); err != nil {
				t.Errorf("%s, @%s: %v", ref, name, err)
			}
		}
	}
}

// TestEmbeddedContrast reads the contrast texts as deriving a vector does.
func TestEmbeddedContrast(t *testing.T) {
	names := embedded.Contrasts()
	if len(names) < 8 {
		t.Errorf("only %q", names)
	}
	for _, name := range names {
		data, err := embedded.ReadTexts(context.Background(), library.Prefix+name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := contrast.ParsePairs(name, data); err != nil {
			t.Error(err)
		}
	}
}

func TestOwnQuestion(t *testing.T) {
	p, err := problem.Parse(ownQuestion)
	if err != nil || p.Question != ownQuestion || !strings.HasPrefix(p.ID, "test/") {
		t.Errorf("%q is not a question of the test split: %+v, %v", ownQuestion, p, err)
	}
}

func TestWeaker(t *testing.T) {
	plan, err := steering.Parse("v*0.6@2[last],addn:w*0.4r,rotate:w*ramp(0,2,3)")
	if err != nil {
		t.Fatal(err)
	}
	before := plan.String()
	if got, want := weaker(plan).String(), "v*0.24@2[last],addn:w*0.16r,rotate:w*ramp(0,2,3)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if plan.String() != before {
		t.Error("the plan itself was changed")
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{
		"v*0.3@2[last]":     `"v*0.3@2[last]"`,
		`v[match:/ \.$/]`:   `'v[match:/ \.$/]'`,
		`v[match:/"it's"/]`: `'v[match:/"it'\''s"/]'`,
		"what is it ?":      `"what is it ?"`,
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
