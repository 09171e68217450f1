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
		{`\frac{16}{3}`, "16/3", true},
		{`\frac43`, `\dfrac{4}{3}`, true},
		{`\frac 38`, `\tfrac{3}{8}`, true},
		{`\frac7{23}`, "7/23", true},
		{"0.5", `\frac{1}{2}`, true},
		{"0.5", `\frac{1}{3}`, false},
		{`\frac{1}{2}`, `-\frac{1}{2}`, false},
		{`13\sqrt2`, `13\sqrt{2}`, true},
		{`\sqrt{12}`, `2\sqrt{3}`, true},
		{`\sqrt{3}`, "1.73", false},
		{`\frac{1}{\sqrt{3}}`, `\frac{\sqrt{3}}{3}`, true},
		{"√13", `\sqrt{13}`, true},
		{"2^{10}", "1024", true},
		{"2^10", "1024", true},
		{"2^{3^2}", "512", true},
		{"-2^2", "-4", true},
		{"-2^2", "4", false},
		{`\left( 4, \frac{\pi}{3} \right)`, "(4, π/3)", true},
		{"(1,2)", "(2,1)", false},
		{"(1,2)", "[1,2]", false},
		{"(1,2,3)", "[1,2,3]", true},
		{"(5,8]", `\left(5,8\right]`, true},
		{"(5,8]", "(5,8)", false},
		{`(-\infty,2)`, `[-\infty,2)`, true},
		{"2, 8, 9", "9, 8, and 2", true},
		{"2, 8, 9", "2, 8", false},
		{`\{2\pm\sqrt{7},-3\}`, `-3, 2+\sqrt7, 2-\sqrt7`, true},
		{`1 \pm \sqrt{17}`, `1 + \sqrt{17}`, false},
		{`\pm 2`, "2, -2", true},
		{`12\frac{31}{40}`, `12\frac{31}{40}, \frac{511}{40}`, true},
		{"5", "x = 5", true},
		{"x=5", "y=5", false},
		{"x=5", "2x=10", true},
		{"y = 2x + 5", "2x+5", true},
		{"4x - 9y + 13z + 6 = 0", "-4x + 9y - 13z - 6 = 0", true},
		{"x^2=4", "x=2", false},
		{"x<5", "5>x", true},
		{"x<5", "x>5", false},
		{"x<5", "-x>-5", true},
		{"1<x<2", "2>x>1", true},
		{"1<x<2", `1<x\le2`, false},
		{`x \in [-4,9]`, `-4 \le x \le 9`, true},
		{`(-\infty, 4) \cup (6, \infty)`, `x<4 \text{ or } x>6`, true},
		{`(0,7) \cup (7,50)`, `(7,50)\cup(0,7)`, true},
		{"(a+4)(b+3)", "ab+3a+4b+12", true},
		{"(a+4)(b+3)", "ab+3a+4b+13", false},
		{"x^9+x^6", "x^6(x^3+1)", true},
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
		{"4+7i", "7i+4", true},
		{"4+7i", "4-7i", false},
		{"63_8", "63_{8}", true},
		{"63_8", "63", false},
		{"x_1", "x_{1}", true},
		{"x_1", "x_2", false},
		{`90^\circ`, "90", true},
		{`\frac{250}7\text{ degrees}`, `\frac{250}{7}`, true},
		{`735 \mbox{ inches}^2`, "735", true},
		{"5", `5\ \mathrm{m/s}`, true},
		{"5", "5 cm^2", true},
		{"5", "5 apples", true},
		{"5", "5.", true},
		{`20,\!070`, "20070", true},
		{`\$41,\!256`, "41256", true},
		{"47,300", "47300", true},
		{"(1,234)", "1234", false},
		{`2\frac{3}{5}`, "2 3/5", true},
		{"50", `50\%`, true},
		{"0.5", `50\%`, true},
		{`0.\overline{3}`, "1/3", true},
		{`0.1\overline{6}`, "1/6", true},
		{`\text{(C)}`, "C", true},
		{`\text{(C)}`, "D", false},
		{`\text{Harriet}`, "harriet", true},
		{`\text{left}`, `\text{right}`, false},
		{"2k", "2K", false},
		{`\begin{pmatrix} -3/8 \\ 6 \end{pmatrix}`, `\begin{bmatrix}-\frac38\\6\end{bmatrix}`, true},
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
