package report

import "html/template"

// page is what the template writes. All of its texts are visible already; the
// template escapes them.
type page struct {
	Style           template.CSS
	Title, Subtitle string
	Warnings        []string
	Findings        []string
	Tables          []table
	Controls        []chart
	Charts          []chart
	Flips           []flips
	Chosen          string // how the samples were
	Samples         []template.HTML
	Facts           []fact
	Origins         []table
}

// A table has a name and cells in each row.
type table struct {
	Title string
	Head  []string
	Rows  []row
	Notes []string
	Texts bool // rather than figures
}

type row struct {
	Tone  string // a class of the style sheet, or ""
	Name  string
	Cells []cell
}

// A cell is a figure and, in small, what belongs to it; or text that may wrap.
type cell struct {
	Value, Sub string
	Text       bool
}

// flips are the problems that base and a lane judge differently.
type flips struct {
	Lane             string
	ToRight, ToWrong flipped
}

type flipped struct {
	Title string
	IDs   []reference
	More  string
}

// A reference is a problem's id and, if its sample is on the page, its place in
// the run, from 1.
type reference struct {
	Place int
	ID    string
}

// A fact is something that determined the run.
type fact struct {
	Name, Text string
	Code       bool
}

// Bounds of what the page shows, in bytes of a text and in rows of a table.
const (
	maxName     = 120
	maxText     = 4000
	maxSentence = 1000
	maxWarnings = 40
	maxFindings = 80
	maxFlips    = 100 // ids a plan and way
	maxRows     = 60
)
