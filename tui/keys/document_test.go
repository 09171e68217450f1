package keys

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/keys.md anew")

const documentFile = "../../docs/keys.md"

// place is where the document holds the tables.
var place = regexp.MustCompile(`(?s)<!-- keys -->\n.*<!-- end -->`)

// headings name the contexts in the document.
var headings = map[Context]string{
	Everywhere: "In every view", Typing: "Where text is typed", List: "In lists",
	Compare: "Compare", Cursor: "Cursor", Layers: "Layers", Vectors: "Vectors", Plan: "Plan", Sweep: "Sweep", Settings: "Settings", Browse: "Browse: tiller eval show",
}

// tables writes the default keys as Markdown, one table for each context.
func tables() string {
	var b strings.Builder
	for _, where := range Contexts() {
		fmt.Fprintf(&b, "### %s\n\n| keys | what they do | name |\n|---|---|---|\n", headings[where])
		for _, binding := range defaults() {
			if binding.Where != where {
				continue
			}
			keys := make([]string, len(binding.Keys))
			for i, key := range binding.Keys {
				keys[i] = "`" + key + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | `%s` |\n", strings.Join(keys, " "), strings.TrimSuffix(binding.Long, "."), binding.Action)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// The tables of docs/keys.md are those of the program.
func TestDocument(t *testing.T) {
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(place.FindAll(document, -1)); n != 1 {
		t.Fatalf("docs/keys.md has %d places for the tables, not one", n)
	}
	want := place.ReplaceAllLiteral(document, []byte("<!-- keys -->\n"+tables()+"<!-- end -->"))
	if string(want) == string(document) {
		return
	}
	if !*update {
		t.Fatal("the tables of docs/keys.md are not those of the program: run go test ./tui/keys -run TestDocument -update")
	}
	if err := os.WriteFile(documentFile, want, 0o666); err != nil {
		t.Fatal(err)
	}
}
