package steering

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// conversation is a small chat: ten prompt tokens, then twelve generated ones.
var conversation = []Token{
	0:  {Text: "<s>", Special: true},
	1:  {Text: "<|user|>", Special: true},
	2:  {Text: "Is", Role: RoleUser},
	3:  {Text: " it", Role: RoleUser},
	4:  {Text: " late", Role: RoleUser},
	5:  {Text: ".", Role: RoleUser},
	6:  {Text: "?", Role: RoleUser},
	7:  {Text: "<|end|>", Special: true},
	8:  {Text: "<|assistant|>", Special: true},
	9:  {Text: "\n"},
	10: {Text: "<think>", Special: true, Role: RoleAssistant},
	11: {Text: "So", Role: RoleAssistant},
	12: {Text: " it", Role: RoleAssistant},
	13: {Text: " is", Role: RoleAssistant},
	14: {Text: ".\n\n", Role: RoleAssistant},
	15: {Text: "</th", Role: RoleAssistant},
	16: {Text: "ink>", Role: RoleAssistant},
	17: {Text: "It", Role: RoleAssistant},
	18: {Text: " is", Role: RoleAssistant},
	19: {Text: " 3.5", Role: RoleAssistant},
	20: {Text: "!", Role: RoleAssistant},
	21: {Text: "</s>", Special: true, Role: RoleAssistant},
}

const conversationPrompt = 10

// talk compiles a plan against the conversation and lets it happen.
func talk(t testing.TB, plan string) *Program {
	t.Helper()
	c := one([]float32{1})
	c.Prompt = conversation[:conversationPrompt]
	c.Drawn = make([]Drawn, conversationPrompt)
	g := compile(t, plan, c)
	for _, token := range conversation[conversationPrompt:] {
		g.Accept(token, Drawn{})
	}
	return g
}

func steered(g *Program) []int {
	var at []int
	for p := range g.Len() {
		if g.Steered(p) {
			at = append(at, p)
		}
	}
	return at
}

func upTo(from, to int) []int {
	var at []int
	for ; from <= to; from++ {
		at = append(at, from)
	}
	return at
}

func TestSelectors(t *testing.T) {
	tests := []struct {
		selector string
		want     []int
	}{
		{"all", upTo(0, 21)},
		{"content", []int{2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}},
		{"prompt", upTo(0, 9)},
		{"gen", upTo(10, 21)},
		{"last", []int{9}},
		{"user", upTo(2, 6)},
		{"assistant", upTo(10, 21)},
		{"think", upTo(10, 15)},
		{"sentence", []int{9, 14}}, // 20 follows a number: a factorial
		{"3", []int{3}},
		{"3-5", []int{3, 4, 5}},
		{"9-11", []int{9, 10, 11}},
		{"90-95", nil},
		{"gen:0", []int{10}},
		{"gen:2-4", []int{12, 13, 14}},
		{"gen:11-99", []int{21}},
		{"every:8", []int{0, 8, 16}},
		{"every:1", upTo(0, 21)},
		{"match:/it/", []int{3, 12}},
		{"match:/(?i)it/", []int{3, 12, 17}},
		{`match:/\bis\.\s/`, []int{14}},
		{"match:/think>/", []int{10, 16}},
		{`match:/late\.\?/`, []int{6}},
		{"match:/nowhere/", nil},

		{"not prompt", upTo(10, 21)},
		{"not all", nil},
		{"prompt&content", []int{2, 3, 4, 5, 6, 9}},
		{"prompt&not user", []int{0, 1, 7, 8, 9}},
		{"last+gen:0", []int{9, 10}},
		{"gen&every:7", []int{14, 21}},
		// "&" binds tighter than "+".
		{"last+gen&every:7", []int{9, 14, 21}},
		{"gen&every:7+last", []int{9, 14, 21}},
		{"user+gen&not think&content", []int{2, 3, 4, 5, 6, 16, 17, 18, 19, 20}},
		{"3+5+3", []int{3, 5}},
		{"match:/it/+match:/is/&gen", []int{3, 12, 13, 18}},
	}
	for _, test := range tests {
		t.Run(test.selector, func(t *testing.T) {
			g := talk(t, "a["+test.selector+"]")
			if got := steered(g); !slices.Equal(got, test.want) {
				t.Errorf("[%s] selects %v, want %v", test.selector, got, test.want)
			}
		})
	}
}

func TestThoughts(t *testing.T) {
	// Tokens are separated by "|"; those inside begin with "+".
	for _, text := range []string{
		"a|+<think>|+b|+c|</think>|d",
		"a|<|think|+>b|+c|+</|+think|>d|e",
		"+<think>\n|+a|+\n|</think>\n|b",
		"<think></think>|a",
		"</think>|a|+<think>|+b|+<think>|+c|</think>|d",
		"<think|+>x|+y<|+z",
		"<<|+think>|+a< |+<|+b",
		"<think >|a",
		"</th|+ink><think>|+a|+</thin|+</think|>|b",
		"+x <think> y |+z</think> q <think>|+w",
		"think>|</think|>|+<think>|",
	} {
		t.Run(text, func(t *testing.T) {
			var h thoughts
			for i, token := range strings.Split(text, "|") {
				token, want := strings.CutPrefix(token, "+")
				if token == "" {
					want = h.inside
				}
				h.push(token)
				if h.inside != want {
					t.Errorf("token %d %q: inside %v, want %v", i, token, h.inside, want)
				}
			}
		})
	}
}

// Where the prompt ends matters only to the selectors that ask for it.
func TestAcceptingIsCompiling(t *testing.T) {
	plans := []string{
		"a", "a[content]", "a[user]", "a[assistant]", "a[think]", "a[2-15]", "a[every:3]",
		`a[match:/i[ts]\b/]`, "a[not think&content+every:5]", "a?entropy>1.5", "a[content]?not margin<0.5",
	}
	drawn := make([]Drawn, len(conversation))
	for i := range drawn {
		drawn[i] = Drawn{Entropy: float64(i%4) + 0.1, Margin: float64(i%3) / 2, Known: i%5 != 0}
	}
	for _, plan := range plans {
		t.Run(plan, func(t *testing.T) {
			var want []int
			for cut := len(conversation); cut >= 0; cut-- {
				c := one([]float32{1})
				c.Prompt, c.Drawn = conversation[:cut], drawn[:cut]
				g := compile(t, plan, c)
				for i := cut; i < len(conversation); i++ {
					g.Accept(conversation[i], drawn[i])
				}
				if cut == len(conversation) {
					want = steered(g)
					if len(want) == 0 {
						t.Fatal("nothing is selected")
					}
				}
				if got := steered(g); !slices.Equal(got, want) {
					t.Fatalf("a prompt of %d tokens: %v, want %v", cut, got, want)
				}
			}
		})
	}
}

func TestGates(t *testing.T) {
	drawn := []Drawn{
		{Entropy: 9, Margin: 0.01, Known: true}, // position 0: of nothing
		{Entropy: 2, Margin: 0.1, Known: true},
		{Entropy: 1, Margin: 0.6, Known: true},
		{}, // unknown
		{Entropy: 0.5, Margin: 0.9, Known: true},
	}
	for gate, want := range map[string][]int{
		"entropy>0.9":                 {1, 2},
		"entropy>1":                   {1},
		"entropy<1":                   {4},
		"margin<0.6":                  {1},
		"not entropy>1":               {2, 4},
		"not margin<0.6":              {2, 4},
		"entropy>0.9&margin<0.5":      {1},
		"entropy>0.9&not margin<0.5":  {2},
		"not entropy>9&not entropy<0": {1, 2, 4},
		"entropy<9":                   {1, 2, 4},
	} {
		t.Run(gate, func(t *testing.T) {
			for prompt := range len(drawn) + 1 {
				c := one([]float32{1})
				c.Prompt, c.Drawn = make([]Token, prompt), drawn[:prompt]
				g := compile(t, "a?"+gate, c)
				for _, d := range drawn[prompt:] {
					g.Accept(Token{}, d)
				}
				if got := steered(g); !slices.Equal(got, want) {
					t.Errorf("prompt of %d: fired at %v, want %v", prompt, got, want)
				}
			}
		})
	}
}

func TestStrengthOverTime(t *testing.T) {
	tests := []struct {
		strength string
		want     []float64 // t = 0, 1, 2, ...
	}{
		{"2", []float64{2, 2, 2}},
		{"ramp(1,3,4)", []float64{1, 1.5, 2, 2.5, 3, 3, 3}},
		{"ramp(1,-1,1)", []float64{1, -1, -1}},
		{"decay(4,1)", []float64{4, 2, 1, 0.5}},
		{"decay(4,2)", []float64{4, 4 / 1.4142135623730951, 2}},
		{"curve(1:2,3:4,4:-1)", []float64{2, 2, 3, 4, -1, -1}},
		{"curve(2:5)", []float64{5, 5, 5, 5}},
	}
	for _, test := range tests {
		t.Run(test.strength, func(t *testing.T) {
			c := one([]float32{1})
			c.Prompt = make([]Token, 3)
			g := compile(t, "a*"+test.strength, c)
			at := func(position int) float64 {
				row := []float32{0}
				g.Edit(1, position, row)
				return float64(row[0])
			}
			for p := range 3 {
				if got := at(p); got != test.want[0] {
					t.Errorf("prompt position %d: %v, want %v", p, got, test.want[0])
				}
			}
			for i, want := range test.want[1:] {
				g.Accept(Token{}, Drawn{})
				if got := at(3 + i); got-want > 1e-6 || want-got > 1e-6 {
					t.Errorf("generated token %d: %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestSentenceEnds(t *testing.T) {
	tokens := []Token{{Text: "<s>", Special: true}, {Text: "J"}, {Text: "."}, {Text: " is late"}, {Text: "."}, {Text: "x"}, {Text: "</s>.", Special: true}, {Text: "."}}
	if got, want := fmt.Sprint(SentenceEnds(tokens)), "[false false false false true false false true]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
