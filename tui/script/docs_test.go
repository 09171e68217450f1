package script

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tiller/assets"
	"tiller/steering/library"
	"tiller/tui/drive"
)

var update = flag.Bool("update", false, "write the screens into the documents")

// A document shows screens: a comment with a script, and below it the screen
// that the script leads to.
var shown = regexp.MustCompile("(?s)<!-- screen\n(.*?)-->\n```\n(.*?)```\n")

// TestDocuments does what the documents say, in one sitting each, and compares
// the screens.
func TestDocuments(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../../README.md")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !shown.Match(data) {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) { document(t, file, string(data)) })
	}
}

func document(t *testing.T, file, text string) {
	var on *drive.Session
	defer func() {
		if on != nil {
			on.Close()
		}
	}()
	written := shown.ReplaceAllStringFunc(text, func(block string) string {
		parts := shown.FindStringSubmatch(block)
		s, err := Parse(filepath.Base(file), parts[1])
		if err != nil {
			t.Fatal(err)
		}
		if on == nil {
			on = s.Beginning().Sit(library.New(assets.FS))
		}
		if err := s.Run(t.Context(), on, Watcher{}); err != nil {
			t.Fatal(err)
		}
		if err := on.WaitIdle(); err != nil {
			t.Fatal(err)
		}
		screen := strings.TrimRight(on.Screen(), "\n") + "\n"
		if screen != parts[2] && !*update {
			t.Errorf("%s shows\n%s\nbut after\n%s\nthe screen is (-update writes it)\n%s", file, parts[2], parts[1], screen)
		}
		return fmt.Sprintf("<!-- screen\n%s-->\n```\n%s```\n", parts[1], screen)
	})
	if *update && written != text {
		if err := os.WriteFile(file, []byte(written), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
