package export

import (
	"io"
	"strings"
)

// A titled screen is one of a text, under the label of its marker.
type titled struct {
	label  string
	screen *sheet
}

// chosen are the screens of a text: at each marker, or else the last.
func (r *reel) chosen() []titled {
	last := r.moments[len(r.moments)-1]
	if len(r.markers) == 0 {
		return []titled{{r.title, last.screen}}
	}
	var out []titled
	for _, marker := range r.markers {
		shown := r.moments[0]
		for _, m := range r.moments {
			if m.at <= marker.At {
				shown = m
			}
		}
		out = append(out, titled{marker.Label, shown.screen})
	}
	return out
}

// writeText writes the screens, each but a single one under its label.
func writeText(w io.Writer, r *reel, _ Options) error {
	var b strings.Builder
	chosen := r.chosen()
	for i, c := range chosen {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(r.markers) > 0 {
			b.WriteString(strings.TrimRight("== "+c.label, " ") + "\n\n")
		}
		b.WriteString(c.screen.text())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMarkdown writes the title, and the screens as code under their labels.
func writeMarkdown(w io.Writer, r *reel, _ Options) error {
	var b strings.Builder
	if r.title != "" {
		b.WriteString("# " + prose(r.title) + "\n\n")
	}
	for i, c := range r.chosen() {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(r.markers) > 0 {
			b.WriteString("## " + prose(c.label) + "\n\n")
		}
		text := c.screen.text()
		fence := fence(text)
		b.WriteString(fence + "text\n" + text + fence + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fence is a row of backticks longer than any in text.
func fence(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}

// prose is text without a meaning in Markdown.
func prose(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_[]<>&|~#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
