package normalize

import (
	"math/rand"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"tiller/model/tokenizer/aligned"
)

var forms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

// TestCompose compares both ways to normalize with x/text, on random texts with
// fewer marks in a row than x/text minds.
func TestCompose(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	alphabet := []rune("aeo\u0301\u0300\u0316\u0323\u0327éạ̄Å\u212b한글\u1100\u1161\u11a8\uac00ﬁ①㍿ẛ\u0344\u0f73\u0958 \u03d3नि你🤗")
	for range 3000 {
		var b strings.Builder
		for range rng.Intn(12) {
			b.WriteRune(alphabet[rng.Intn(len(alphabet))])
		}
		text := b.String()
		for name, form := range forms {
			want := form.String(text)
			if got := compose(aligned.New(text, 0), form).String(); got != want {
				t.Fatalf("%s of %+q: %+q, want %+q", name, text, got, want)
			}
			for rest := text; rest != ""; {
				n, _ := segment(form, rest)
				if got, want := composeLong(form, rest[:n]), form.String(rest[:n]); got != want {
					t.Fatalf("%s of the segment %+q: %+q, want %+q", name, rest[:n], got, want)
				}
				rest = rest[n:]
			}
		}
	}
}

// TestManyMarks makes sure that no joiner is put between many marks, that they
// are sorted, and that the first one composes.
func TestManyMarks(t *testing.T) {
	acute, below := "\u0301", "\u0316"
	text := "x e" + strings.Repeat(acute+below, 1000) + "y"
	want := "x é" + strings.Repeat(below, 1000) + strings.Repeat(acute, 999) + "y"
	got := compose(aligned.New(text, 0), norm.NFC)
	if got.String() != want {
		t.Errorf("got %d bytes, want %d", got.Len(), len(want))
	}
	if s, e := got.Source(2, 4); s != 2 || e != len(text)-1 {
		t.Errorf("é comes from %d to %d", s, e)
	}
	want = "e" + strings.Repeat(below, 1000) + strings.Repeat(acute, 1000)
	if got := compose(aligned.New("é"+strings.Repeat(below, 1000)+strings.Repeat(acute, 999), 0), norm.NFD); got.String() != want {
		t.Error("the decomposition differs")
	}
}

// TestOffsets checks where the bytes of a normalized text come from.
func TestOffsets(t *testing.T) {
	text := "Éa\u0301 ﬁx"
	n, err := Parse([]byte(`{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"Prepend","prepend":"_"},{"type":"Replace","pattern":{"String":" "},"content":"__"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.Normalize(aligned.New(text, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != "_éá__fix" {
		t.Fatalf("got %q", got.String())
	}
	for _, tc := range [][4]int{{0, 1, 0, 0}, {1, 3, 0, 2}, {3, 5, 2, 5}, {5, 7, 5, 6}, {7, 8, 6, 9}, {8, 9, 6, 9}, {9, 10, 9, 10}} {
		if s, e := got.Source(tc[0], tc[1]); s != tc[2] || e != tc[3] {
			t.Errorf("%q comes from %d to %d, want %d to %d", got.String()[tc[0]:tc[1]], s, e, tc[2], tc[3])
		}
	}
}
