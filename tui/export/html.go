package export

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

var (
	//go:embed page.html.tmpl
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed player.js
	playerScript string
)

// A page is what the template of the page shows.
type page struct {
	Title   string
	Policy  string // what the page may load: nothing
	Style   template.CSS
	Picture template.HTML // the last screen, each place a group of class "strip"
	Moves   bool
	Data    playerData
	Script  template.JS
}

// playerData is what the player plays.
type playerData struct {
	Strips  [][]string  `json:"strips"`  // the states of each place, SVG
	Frames  []pageFrame `json:"frames"`  // in order
	Markers []pageMark  `json:"markers"` // in order
	End     float64     `json:"end"`     // seconds
}

// A pageFrame is what changes at a time.
type pageFrame struct {
	At      float64 `json:"at"`      // seconds
	Changes []int   `json:"changes"` // place and state in turn
}

type pageMark struct {
	At    float64 `json:"at"` // seconds
	Label string  `json:"label"`
}

// writeHTML writes a page that shows the last screen, and plays the reel where
// scripts run. It needs nothing from elsewhere and is allowed nothing.
func writeHTML(w io.Writer, r *reel, o Options) error {
	r = r.inked()
	d := newDrawing(r.layout(o, 1), r.theme)
	strips := d.strips(r)
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(playerScript))
	return t.Execute(w, page{
		Title: r.title, Moves: len(r.moments) > 1, Data: r.data(strips), Picture: d.picture(r, strips),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Style:  template.CSS(pageStyle + d.style()), Script: template.JS(playerScript),
	})
}

// picture draws the last screen so that the player can replace its parts. All
// text in it was escaped.
func (d *drawing) picture(r *reel, strips []*strip) template.HTML {
	var b bytes.Buffer
	d.open(&b, r.title, ` id="screen"`)
	d.window(&b)
	for _, s := range strips {
		fmt.Fprintf(&b, `<g class="strip" transform="translate(%d %d)">%s</g>`+"\n", s.x, s.y, s.states[s.last()])
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// data is what there is to play.
func (r *reel) data(strips []*strip) playerData {
	out := playerData{Frames: make([]pageFrame, len(r.moments)), Markers: []pageMark{}, End: r.end.Seconds()}
	for i, m := range r.moments {
		out.Frames[i] = pageFrame{m.at.Seconds(), []int{}}
	}
	for i, s := range strips {
		out.Strips = append(out.Strips, s.states)
		for _, c := range s.changes {
			f := &out.Frames[c.moment]
			f.Changes = append(f.Changes, i, c.state)
		}
	}
	for _, m := range r.markers {
		out.Markers = append(out.Markers, pageMark{m.At.Seconds(), strings.TrimSpace(m.Label)})
	}
	return out
}
