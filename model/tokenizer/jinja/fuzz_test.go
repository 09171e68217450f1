package jinja

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

func FuzzRender(f *testing.F) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []struct{ Template string }
	if err := json.Unmarshal(raw, &cases); err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Template, "Hello")
	}
	f.Fuzz(func(t *testing.T, source, content string) {
		if len(source) > 2000 {
			return
		}
		tmpl, err := Compile(source)
		if err != nil {
			return
		}
		vars := map[string]any{
			"messages": List(Dict("role", "user", "content", content), Dict("role", "assistant", "content", "ok")),
			"s":        content, "l": List(1, 2, 3), "d": Dict("a", 1, "b", "x"), "add_generation_prompt": true, "tools": nil,
		}
		a, errA := tmpl.Render(vars, Options{Now: time.Unix(0, 0).UTC()})
		b, errB := tmpl.Render(vars, Options{Now: time.Unix(0, 0).UTC()})
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("%q renders to %q (%v) and %q (%v)", source, a, errA, b, errB)
		}
		if len(a) > maxBytes+inputShare*(len(content)+1000) {
			t.Errorf("%d bytes of output", len(a))
		}
	})
}
