package formula

import (
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"none", nil},
		{"7", []string{"7"}},
		{"a 5, b -6. c +7", []string{"5", "-6", "+7"}},
		{"8-3=5", []string{"8", "3", "5"}},
		{"(−3)", []string{"−3"}},
		{"1,000 and 12,345,678.90", []string{"1,000", "12,345,678.90"}},
		{"1,2345", []string{"1", "2345"}},
		{"1234,567", []string{"1234", "567"}},
		{"1, 2, 3", []string{"1", "2", "3"}},
		{`20,\!070 20{,}070 20\,070`, []string{`20,\!070`, "20{,}070", `20\,070`}},
		{"22,\\! 333", []string{"22,\\! 333"}},
		{"$5 -$6 $-7 £8 US$9 \\$10", []string{"$5", "-$6", "$-7", "£8", "$9", "\\$10"}},
		{"50% 50 % 5\\% 5 percent 5 percentage", []string{"50%", "50 %", "5\\%", "5 percent", "5"}},
		{"x2 H2O GPT-4 a_3 x^5 x^{-6} cm^2", []string{"4"}},
		{".5 0.25 v1.2.3 no.7", []string{".5", "0.25", "7"}},
		{"3/4 1 1/2 1/2/2020 1/0 5 / 6 3/2.5", []string{"3/4", "1 1/2", "1", "2", "2020", "1", "0", "5 / 6", "3", "2.5"}},
		{`\frac{3}{4} \dfrac12 1\frac{1}{2} \frac{-1}{2} \frac{x}{2}`, []string{`\frac{3}{4}`, `\dfrac12`, `1\frac{1}{2}`, `\frac{-1}{2}`, "2"}},
		{"½ 2½ 3 ¾", []string{"½", "2½", "3 ¾"}},
		{"1e3 1.5E+10 2e 3each 1.5 × 10^3 2*10^{-4} 1.5\\times10^3", []string{"1e3", "1.5E+10", "2", "3", "1.5 × 10^3", "2*10^{-4}", "1.5\\times10^3"}},
		{"5km 3rd 7.", []string{"5", "3", "7"}},
	}
	for _, test := range tests {
		var got []string
		for n := range Numbers(test.text) {
			got = append(got, n.Text)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestNumberValue(t *testing.T) {
	tests := []struct {
		text string
		want *big.Rat
	}{
		{"7", big.NewRat(7, 1)},
		{"-7.50", big.NewRat(-15, 2)},
		{"1,234,567", big.NewRat(1234567, 1)},
		{"3/4", big.NewRat(3, 4)},
		{"-1 1/2", big.NewRat(-3, 2)},
		{`-\frac{3}{4}`, big.NewRat(-3, 4)},
		{`-\frac{-3}{4}`, big.NewRat(3, 4)},
		{`1\frac12`, big.NewRat(3, 2)},
		{"2½", big.NewRat(5, 2)},
		{"1.5e3", big.NewRat(1500, 1)},
		{"1.5 × 10^{-3}", big.NewRat(3, 2000)},
		{"50%", big.NewRat(50, 1)},
		{"-$5.00", big.NewRat(-5, 1)},
		{"1e999999999", nil},
		{"1e-99999999999999999999", nil},
		{strings.Repeat("9", maxDigits+1), nil},
	}
	for _, test := range tests {
		n, ok := Last(test.text)
		got := n.Rat()
		if !ok || (got == nil) != (test.want == nil) || got != nil && got.Cmp(test.want) != 0 {
			t.Errorf("%.40q: %v, want %v", test.text, got, test.want)
		}
	}
}

func TestNumberEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"5", "5.00", true},
		{"1,000", "$1000", true},
		{"0.5", "1/2", true},
		{"0.75", "3/4", true},
		{"1/3", "0.333333", true},
		{"1/6", "0.166667", true},
		{"1/3", "0.33333", false},
		{"1/3", "0.333334", false},
		{"1000000", "1000000.5", false},
		{"1000000000", "1000000001", false},
		{"123456789012345678901234567890", "123456789012345678901234567891", false},
		{"0.0000583", "0.0000582", false},
		{"50%", "50", true},
		{"50%", "0.5", true},
		{"50%", "0.05", false},
		{"50%", "0.5%", false},
		{"1e999999999", "1E999999999", true},
		{"1e999999999", "1e999999998", false},
		{"1e999999999", "1", false},
	}
	for _, test := range tests {
		a, _ := Last(test.a)
		b, _ := Last(test.b)
		if a.Equal(b) != test.want || b.Equal(a) != test.want {
			t.Errorf("%s and %s: %v, want %v", test.a, test.b, !test.want, test.want)
		}
	}
}
