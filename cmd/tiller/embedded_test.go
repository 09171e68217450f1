package main

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"tiller/model"
	"tiller/model/tokenizer"
	"tiller/steering"
	"tiller/steering/derive/contrast"
	"tiller/steering/lab/problem"
)

// shelf is a library as small as can be; files replace or add to what it has.
func shelf(files map[string]string) library {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"models/base/config.json":     "{}",
		"models/thinking/config.json": "{}",
		"models/README.md":            "about models",
		"vectors/v.safetensors":       "",
		"plans/demo.json":             `{"name":"demo","about":"a > b","terms":[{"vector":"v","strength":0.5}]}`,
		"plans/README.md":             "about plans",
		"splits/test.jsonl": `{"id":"test/sum/1","family":"sum","question":"one ?","answer":"1"}
{"id":"test/sum/2","family":"sum","question":"two ?","answer":"2"}
`,
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return library{fsys}
}

func TestEmbeddedModels(t *testing.T) {
	for _, c := range []struct{ ref, config, err string }{
		{ref: "embedded:base", config: "{}"},
		{ref: "folder/base"},
		{ref: "embedded:nonsense", err: `there is no embedded model "nonsense", only embedded:base, embedded:thinking`},
		{ref: "embedded:README.md", err: "only embedded:base, embedded:thinking"},
		{ref: "embedded:base/..", err: "only embedded:base, embedded:thinking"},
	} {
		folder, err := shelf(nil).model(c.ref)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %s", c.ref, err, c.err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.ref, err)
		case c.config == "" && folder != nil:
			t.Errorf("%s is taken for an embedded model", c.ref)
		case c.config != "":
			if f, err := folder.Open("config.json"); err != nil {
				t.Errorf("%s: %v", c.ref, err)
			} else {
				f.Close()
			}
		}
	}
	if _, err := (library{fstest.MapFS{}}).model("embedded:base"); err == nil || !strings.Contains(err.Error(), "carries none") {
		t.Errorf("an empty library: %v", err)
	}
}

func TestEmbeddedPlans(t *testing.T) {
	plan, err := shelf(nil).plan("demo")
	if err != nil || plan.String() != "v*0.5" {
		t.Errorf("got %q, %v", plan, err)
	}
	if _, err := shelf(nil).plan("dmeo"); err == nil || err.Error() != `there is no embedded plan "dmeo", only @demo` {
		t.Errorf("another name: %v", err)
	}
	for text, want := range map[string]string{
		`{"about":"x","terms":[{"vector":"v","bent":1}]}`: `unknown field "bent"`,
		`{"about":7,"terms":[]}`:                          `"about" is not a string`,
		`{"name":"a","name":"b","terms":[]}`:              "ambiguous",
		`{"about":"x","temrs":[]}`:                        `unknown field "temrs"`,
		`{"terms":`:                                       "plans/demo.json",
	} {
		_, err := shelf(map[string]string{"plans/demo.json": text}).plan("demo")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func TestDemonstration(t *testing.T) {
	for _, c := range []struct{ manifest, question, err string }{
		{"", "one ?", ""},
		{`{"demonstration":"test/sum/2","seed":1}`, "two ?", ""},
		{`{"seed":1}`, "one ?", ""},
		{`{"demonstration":"test/sum/3"}`, "", `lacks the question "test/sum/3"`},
		{`{"demonstration":3}`, "", "manifest.json"},
	} {
		files := map[string]string{}
		if c.manifest != "" {
			files["manifest.json"] = c.manifest
		}
		p, err := shelf(files).demonstration()
		if p.Question != c.question || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.manifest, p.Question, err)
		}
	}
}

// TestEmbeddedFit: all that this build carries can be opened and used together.
func TestEmbeddedFit(t *testing.T) {
	if len(embedded.names("models", "")) == 0 {
		t.Skip("this build carries no models")
	}
	for _, name := range embedded.names("models", "") {
		ref := embeddedPrefix + name
		m, err := openModel(context.Background(), ref, model.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		tok, err := openTokenizer(ref)
		if err != nil {
			t.Fatal(err)
		}
		question, err := embedded.demonstration()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{question.Question, ownQuestion} {
			if _, err := tok.Encode(text, tokenizer.EncodeOptions{}); err != nil {
				t.Errorf("%s: %v", ref, err)
			}
		}
		vectors := map[string]*steering.Vector{}
		for _, name := range embedded.names("vectors", vectorEnding) {
			v, _, err := readVector(embeddedPrefix + name)
			if err != nil {
				t.Fatal(err)
			}
			vectors[name] = v
		}
		for _, name := range embedded.names("plans", ".json") {
			plan, err := embedded.plan(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bind(plan, m, vectors); err != nil {
				t.Errorf("%s, @%s: %v", ref, name, err)
			}
		}
	}
}

// TestEmbeddedContrast reads the contrast texts as deriving a vector does.
func TestEmbeddedContrast(t *testing.T) {
	names := embedded.names("contrast", ".jsonl")
	if len(names) < 8 {
		t.Errorf("only %q", names)
	}
	for _, name := range names {
		data, err := fs.ReadFile(embedded.files, "contrast/"+name+".jsonl")
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
