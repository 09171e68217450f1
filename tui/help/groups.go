package help

import (
	"strings"

	"tiller/tui/keys"
)

// A group is entries under a title.
type group struct {
	title   string
	entries []entry
}

// An entry is keys, or a mark, and what it does or means.
type entry struct {
	left, right string
}

// headings name what keys do by the actions that begin such a row in the table
// of keys that act everywhere.
var headings = []struct {
	title string
	first keys.Action
}{
	{"Everywhere", keys.Generate},
	{"Views", keys.GoCompare},
	{"The dials of the plan", keys.Stronger},
	{"Questions and files", keys.NextProblem},
	{"Moving", keys.NextPane},
	{"The screen", keys.Redraw},
}

// places name contexts.
var places = map[keys.Context]string{
	keys.Compare: "In Compare", keys.Cursor: "In Cursor", keys.Layers: "In Layers", keys.Vectors: "In Vectors", keys.Plan: "In Plan",
	keys.Sweep: "In Sweep", keys.Settings: "In Settings", keys.Browse: "In a run", keys.Typing: "While you type", keys.List: "In a list",
}

// groups are the keys of a context, those that act everywhere, and the marks.
func groups(m *keys.Map, where keys.Context) []group {
	own := group{title: places[where]}
	here := map[keys.Action]keys.Binding{} // that act here as they do everywhere
	for _, b := range m.Bindings(where) {
		if b.Where == keys.Everywhere {
			here[b.Action] = b
		} else {
			own.entries = append(own.entries, keyEntry(m, where, b))
		}
	}
	var all []group
	if len(own.entries) > 0 {
		all = append(all, own)
	}
	title := ""
	for _, b := range m.Bindings(keys.Everywhere) {
		if next := heading(b.Action); next != "" {
			title = next
		}
		b, ok := here[b.Action]
		if !ok {
			continue
		}
		if len(all) == 0 || all[len(all)-1].title != title {
			all = append(all, group{title: title})
		}
		last := &all[len(all)-1]
		last.entries = append(last.entries, keyEntry(m, where, b))
	}
	return append(all, marks)
}

// heading is the title that begins with an action; empty if none does.
func heading(a keys.Action) string {
	for _, h := range headings {
		if h.first == a {
			return h.title
		}
	}
	return ""
}

// keyEntry is what a binding's keys do. One without keys, or whose keys mean
// something else here, is run by the palette: what to type there stands instead.
func keyEntry(m *keys.Map, where keys.Context, b keys.Binding) entry {
	left := strings.Join(b.Keys, "  ")
	if left == "" {
		left = m.Key(where, keys.Palette) + " " + b.Help
	}
	return entry{left, b.Long}
}

// marks are what stands on the screen beside text.
var marks = group{"Marks and words", []entry{
	{"◆", "Here base and the steered answer part: the first token that differs."},
	{"▲", "Here the plan edited the stream; under the question, at that position."},
	{"▵", "Here a run of steered tokens ends."},
	{"△", "This position is selected in the plan."},
	{"✓  ✗", "The answer is right, or wrong, where the question's answer is known."},
	{"steered", "A token is steered if some term fired where it was chosen."},
	{"|s d|/|h|", "How large an edit is: strength times the direction's length, in median lengths of the residual stream at that layer."},
	{"0.3r", "A strength in these units: three tenths of the median length."},
	{"edits", "A row edit is a change of the stream at one position and layer; prompt edits are the positions of the question, before its last, that were changed."},
	{"without", "How far the steered probabilities would be from base's if the plan lacked this term: 0 if the term does all of it."},
	{"KL", "KL(steered‖base): how far the steered next-token probabilities are from base's after the same tokens, in nats; 0 is no difference."},
	{"layer L", "The residual stream right after block L; embed is before block 0."},
	{"AUC", "How well a vector tells its two kinds of text apart, on texts it was not made from; 0.5 is chance."},
}}
