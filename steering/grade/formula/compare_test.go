package formula

import (
	"strings"
	"testing"
	"time"
)

func TestSame(t *testing.T) {
	tests := []struct {
		want, got string
		same      bool
	}{
		{`\frac{14}{3}`, "14/3", true},
		{`\frac43`, `\dfrac{4}{3}`, true},
		{`\frac 59`, `\tfrac{5}{9}`, true},
		{`\frac9{19}`, "9/19", true},
		{"0.5", `\frac{1}{2}`, true},
		{"0.5", `\frac{1}{3}`, false},
		{`\frac{1}{2}`, `-\frac{1}{2}`, false},
		{`11\sqrt2`, `11\sqrt{2}`, true},
		{`\sqrt{12}`, `2\sqrt{3}`, true},
		{`\sqrt{3}`, "1.73", false},
		{`\frac{1}{\sqrt{3}}`, `\frac{\sqrt{3}}{3}`, true},
		{"√13", `\sqrt{13}`, true},
		{"2^{10}", "1024", true},
		{"2^10", "1024", true},
		{"2^{3^2}", "512", true},
		{"-2^2", "-4", true},
		{"-2^2", "4", false},
		{`\left( 3, \frac{\pi}{2} \right)`, "(3, π/2)", true},
		{"(1,2)", "(2,1)", false},
		{"(1,2)", "[1,2]", false},
		{"(1,2,3)", "[1,2,3]", true},
		{"(3,4]", `\left(3,4\right]`, true},
		{"(3,4]", "(3,4)", false},
		{`(-\infty,2)`, `[-\infty,2)`, true},
		{"3, 5, 7", "7, 5, and 3", true},
		{"3, 5, 7", "3, 5", false},
		{`\{1\pm\sqrt{5},-2\}`, `-2, 1+\sqrt5, 1-\sqrt5`, true},
		{`1 \pm \sqrt{19}`, `1 + \sqrt{19}`, false},
		{`\pm 2`, "2, -2", true},
		{`15\frac{39}{40}`, `15\frac{39}{40}, \frac{639}{40}`, true},
		{"5", "x = 5", true},
		{"x=5", "y=5", false},
		{"x=5", "2x=10", true},
		{"y = 2x + 3", "2x+3", true},
		{"5x - 7y + 11z + 4 = 0", "-5x + 7y - 11z - 4 = 0", true},
		{"x^2=4", "x=2", false},
		{"x<5", "5>x", true},
		{"x<5", "x>5", false},
		{"x<5", "-x>-5", true},
		{"1<x<2", "2>x>1", true},
		{"1<x<2", `1<x\le2`, false},
		{`x \in [-2,7]`, `-2 \le x \le 7`, true},
		{`(-\infty, 2) \cup (3, \infty)`, `x<2 \text{ or } x>3`, true},
		{`(0,9) \cup (9,36)`, `(9,36)\cup(0,9)`, true},
		{"(a+5)(b+2)", "ab+2a+5b+10", true},
		{"(a+5)(b+2)", "ab+2a+5b+11", false},
		{"x^8+x^7", "x^7(x+1)", true},
		{`\sin^2 x+\cos^2 x`, "1", true},
		{`\sin^{-1} x`, `\arcsin x`, true},
		{`\cot x`, `\frac{\cos x}{\sin x}`, true},
		{`\log_2 8`, "3", true},
		{`\ln 8`, `3 \ln 2`, true},
		{"|-5|", "5", true},
		{`\lfloor 5.7 \rfloor`, "5", true},
		{"5!", "120", true},
		{`\binom{5}{2}`, "10", true},
		{`\sqrt[3]{-8}`, "-2", true},
		{"6+9i", "9i+6", true},
		{"6+9i", "6-9i", false},
		{"52_8", "52_{8}", true},
		{"52_8", "52", false},
		{"x_1", "x_{1}", true},
		{"x_1", "x_2", false},
		{`90^\circ`, "90", true},
		{`\frac{270}7\text{ degrees}`, `\frac{270}{7}`, true},
		{`864 \mbox{ inches}^2`, "864", true},
		{"5", `5\ \mathrm{m/s}`, true},
		{"5", "5 cm^2", true},
		{"5", "5 apples", true},
		{"5", "5.", true},
		{`10,\!080`, "10080", true},
		{`\$32,\!348`, "32348", true},
		{"58,500", "58500", true},
		{"(1,234)", "1234", false},
		{`1\frac{4}{5}`, "1 4/5", true},
		{"50", `50\%`, true},
		{"0.5", `50\%`, true},
		{`0.\overline{3}`, "1/3", true},
		{`0.1\overline{6}`, "1/6", true},
		{`\text{(C)}`, "C", true},
		{`\text{(C)}`, "D", false},
		{`\text{Evelyn}`, "evelyn", true},
		{`\text{east}`, `\text{west}`, false},
		{"2k", "2K", false},
		{`\begin{pmatrix} -1/3 \\ 2 \end{pmatrix}`, `\begin{bmatrix}-\frac13\\2\end{bmatrix}`, true},
		{`\begin{pmatrix} 1 & 2 \end{pmatrix}`, `\begin{pmatrix} 1 \\ 2 \end{pmatrix}`, false},
		{"9^{9^{9^9}}", "9^{9^{9^8}}", false},
		{"1e999999999", "1e999999998", false},
		{"1/0", "2/0", false},
		{"", "", false},
		{"5", "", false},
		{"\xff", "\xfe", false},
	}
	for _, test := range tests {
		if got := Same(test.want, test.got); got != test.same {
			t.Errorf("%q and %q: %v", test.want, test.got, got)
		}
		if got := Same(test.got, test.want); got != test.same && !strings.Contains(test.want+test.got, "=") {
			t.Errorf("%q and %q: %v", test.got, test.want, got)
		}
	}
}

// hostile are texts that take a careless reader long, or much memory.
func hostile() map[string]string {
	return map[string]string{
		"braces":      strings.Repeat("{", 100_000),
		"nested":      strings.Repeat("{", 100_000) + "1" + strings.Repeat("}", 100_000),
		"fractions":   strings.Repeat(`\frac`, 100_000),
		"roots":       strings.Repeat("√", 1000) + "2",
		"minus":       strings.Repeat("-", 100_000) + "1",
		"short minus": strings.Repeat("-", 4000) + "1",
		"text":        strings.Repeat(`\text{`, 100_000),
		"digits":      strings.Repeat("9", 1<<20),
		"numbers":     strings.Repeat("1 ", 1<<19),
		"slashes":     strings.Repeat("1/", 1<<19),
		"commas":      strings.Repeat("1,", 2000),
		"more commas": strings.Repeat("2,1,", 1000),
		"thousands":   strings.Repeat("1,000", 1<<18),
		"factorial":   "1000" + strings.Repeat("!", 1000),
		"powers":      "9" + strings.Repeat("^9", 1000),
		"products":    strings.Repeat("(9^{1000})", 400),
		"sets":        strings.Repeat(`\{`+strings.Repeat("1,2,", 15)+`3\},`, 60),
		"bytes":       strings.Repeat("\xff\x80", 1<<19),
		"bars":        strings.Repeat("|", 4000),
	}
}

func TestHostile(t *testing.T) {
	for name, text := range hostile() {
		if testing.Short() {
			text = text[:len(text)/8]
		}
		began := time.Now()
		for n := range Numbers(text) {
			_ = n.Text
		}
		lex(text)
		Same(text, "1"+text)
		Same(text, "1")
		Same(text[:min(len(text), maxFormula)], "1")
		if took := time.Since(began); took > 30*time.Second { // most take some 50 ms
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzSame(f *testing.F) {
	for _, seed := range [][2]string{{`\frac{1}{2}`, "0.5"}, {`\begin{pmatrix}1\\2\end{pmatrix}`, `(1,2]`}, {`x\in\{1\pm2\}`, "-1<x<3"}, {`\text{a}^2!`, "5 cm^2"}, {`0.\overline{3}`, `\sqrt[3]{x_{1}}`}, {"|x|", `\log_2^3 8`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if Same(a, a) != (len(a) > maxFormula || len(lex(a)) > 0) {
			t.Errorf("%q differs from itself", a)
		}
		Same(a, b)
	})
}
