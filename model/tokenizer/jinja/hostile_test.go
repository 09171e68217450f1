package jinja

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestHostileTemplates runs templates that try to take all time or memory, or
// the stack. Each must come to an error within the budget.
func TestHostileTemplates(t *testing.T) {
	nested := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	tests := map[string]string{
		"endless recursion":    `{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}`,
		"mutual recursion":     `{% macro a(f, g) %}{{ f(g, f) }}{% endmacro %}{% macro b(f, g) %}{{ f(g, f) }}{% endmacro %}{{ a(b, a) }}`,
		"recursion by caller":  `{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{% call m() %}x{% endcall %}`,
		"a long repetition":    `{{ "a" * 2000000000 }}`,
		"a huge repetition":    `{{ "aaaaaaaa" * 4611686018427387904 }}`,
		"a repeated list":      `{{ [1] * 2000000000 }}`,
		"doubling a string":    `{% set ns = namespace(x="a") %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}`,
		"doubling a list":      `{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
		"doubling by nesting":  `{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}`,
		"comparing doubles":    `{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}`,
		"json of doubles":      `{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}`,
		"a deep list":          `{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}`,
		"a huge range":         `{% for i in range(100000000000) %}{% endfor %}`,
		"nested loops":         `{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}`,
		"loops over text":      `{% set x = "a" * 1000000 %}{% for a in x %}{% for b in x %}{% endfor %}{% endfor %}`,
		"much output":          `{% for a in range(99999) %}{% for b in range(99999) %}{{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }}{% endfor %}{% endfor %}`,
		"a growing replace":    `{% set x = "a" * 1000000 %}{{ x.replace("a", x) }}`,
		"a join":               `{% set x = "a" * 1000000 %}{{ ([x] * 100000)|join(x) }}`,
		"comparing long texts": `{% set x = "a" * 10000000 %}{% set y = "a" * 10000000 %}{% for a in range(99999) %}{% for b in range(99999) %}{% if x == y %}{% endif %}{% endfor %}{% endfor %}`,
		"stripping long texts": `{% set x = " " * 10000000 %}{% for a in range(99999) %}{% for b in range(99999) %}{% if x.strip() %}{% endif %}{% endfor %}{% endfor %}`,
		"an indent":            `{{ ("\n" * 1000000)|indent(1000000) }}`,
		"deep parentheses":     "{{ " + nested("(", "1", ")", 100000) + " }}",
		"deep lists":           "{{ " + nested("[", "1", "]", 100000) + " }}",
		"deep signs":           "{{ " + strings.Repeat("-", 100000) + "1 }}",
		"deep nots":            "{{ " + strings.Repeat("not ", 50000) + "1 }}",
		"deep blocks":          nested("{% if 1 %}", "", "{% endif %}", 10000),
		"deep elif":            "{% if 0 %}" + strings.Repeat("{% elif 0 %}", 10000) + "{% endif %}",
		"a long chain":         "{{ 1" + strings.Repeat("+1", 100000) + " }}",
		"a long path":          "{{ x" + strings.Repeat(".a", 100000) + " }}",
		"many filters":         "{{ 1" + strings.Repeat("|abs", 60000) + " }}",
		"deep powers":          "{{ 2" + strings.Repeat("**2", 60000) + " }}",
		"deep conditions":      "{{ 1" + strings.Repeat(" if 1 else 1", 20000) + " }}",
		"a huge power":         "{{ 10 ** 1000000000 }}",
		"a huge template":      strings.Repeat("x", maxSource+1),
	}
	for name, source := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tmpl, err := Compile(source)
			if err == nil {
				_, err = tmpl.Render(map[string]any{"messages": List()}, Options{})
			}
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("want an error")
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 2<<30 {
				t.Errorf("it made %d MiB of garbage", made>>20)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// TestLongConversation makes sure that the budget grows with what is given.
func TestLongConversation(t *testing.T) {
	tmpl, err := Compile(`{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + eos }}{% endfor %}`)
	if err != nil {
		t.Fatal(err)
	}
	var messages []any
	for i := range 20000 {
		messages = append(messages, Dict("role", "user", "content", fmt.Sprintf(" %d %s ", i, strings.Repeat("word ", 200))))
	}
	text, err := tmpl.Render(map[string]any{"messages": List(messages...), "eos": "</s>"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(text) < 20e6 {
		t.Errorf("%d bytes", len(text))
	}
}
