package formula

import (
	"maps"
	"strings"
)

// words mean something also without a backslash.
var words = union(
	aliases(mark, ", and or", "% percent pct percentage", "root sqrt"),
	aliases(letter, "pi pi", "infty infty infinity inf oo"),
	aliases(function, "sin sin", "cos cos", "tan tan", "cot cot", "sec sec", "csc csc", "arcsin arcsin asin", "arccos arccos acos", "arctan arctan atan",
		"sinh sinh", "cosh cosh", "tanh tanh", "log log", "ln ln", "lg lg", "exp exp", "abs abs"),
	map[string]token{"degree": {}, "degrees": {}},
)

// commands are tokens under another name.
var commands = union(
	aliases(mark, "frac frac dfrac tfrac cfrac", "sqrt sqrt", "binom binom dbinom tbinom", "* cdot times ast", "/ div slash",
		"<= le leq leqslant", ">= ge geq geqslant", "< lt", "> gt", "!= ne neq", "= approx equiv", "in in", "cup cup", "pm pm", "mp mp",
		`\{ lbrace`, `\} rbrace`, "[ lbrack", "] rbrack", "( langle", ") rangle", "| vert lvert rvert mid", "lfloor lfloor", "rfloor rfloor", "lceil lceil", "rceil rceil",
		"' prime", "overline overline", "... dots ldots cdots"),
	aliases(letter, "emptyset emptyset varnothing", "i imath", "R R"),
)

// signs are characters that are tokens under another name, or none at all.
var signs = union(
	aliases(mark, "- − –", "* × · ⋅", "/ ÷", "<= ≤", ">= ≥", "!= ≠", "= ≈", ", ;", "in ∈", "cup ∪", "pm ±", "mp ∓", "root √", "' ′ ’"),
	aliases(letter, "infty ∞", "pi π", "emptyset ∅"),
	map[string]token{"°": {}, "€": {}, "£": {}, "¥": {}, "₹": {}, "\"": {}, "\u200b": {}, "\ufffd": {}},
)

// raisedDigits are the digits of exponents.
var raisedDigits = map[rune]string{'⁰': "0", '¹': "1", '²': "2", '³': "3", '⁴': "4", '⁵': "5", '⁶': "6", '⁷': "7", '⁸': "8", '⁹': "9"}

// proseCommands hold words.
var proseCommands = set("text textbf textit textrm textnormal textsf mbox hbox mathrm operatorname")

// skipped commands change how a formula looks, not what it says.
var skipped = set("displaystyle textstyle limits displaylimits quad qquad enspace thinspace big Big bigg Bigg bigl bigr Bigl Bigr middle " +
	"mathbf mathit mathsf boldsymbol bm rm bf mathcal mathbb mathop ensuremath vec hat widehat bar tilde boxed fbox circ degree degrees nonumber")

var greek = set("alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi varphi chi psi omega " +
	"Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell")

// units that are short or cling to their number; a longer word after a space
// needs no list.
var units = set("cm mm km kg mg ml mL ft lb lbs oz hr hrs min mi yd in sq cu mph kph cents dollars inches feet meters miles hours minutes days units")

// aliases maps names to tokens of a kind; each entry is a token's text and its
// names.
func aliases(k kind, entries ...string) map[string]token {
	out := map[string]token{}
	for _, e := range entries {
		fields := strings.Fields(e)
		for _, name := range fields[1:] {
			out[name] = token{kind: k, text: fields[0]}
		}
	}
	return out
}

func union(tables ...map[string]token) map[string]token {
	out := map[string]token{}
	for _, t := range tables {
		maps.Copy(out, t)
	}
	return out
}

func set(names string) map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(names) {
		out[name] = true
	}
	return out
}
