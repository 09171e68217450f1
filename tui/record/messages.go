package record

import (
	"encoding/json"
	"fmt"
	"image/color"
	"path"
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tiller/steering"
	"tiller/tui/config"
	"tiller/tui/desk"
	"tiller/tui/engine"
	"tiller/tui/visible"
)

// Started says that the sitting is written into a file from now on.
type Started struct {
	Gen  int
	Path string // the home folder as ~
	// Exists says that there is such a file already: nothing was written.
	Exists bool
}

// Ended says that no more of the sitting is written.
type Ended struct {
	Path   string
	Bytes  int64
	Events int
	Err    string // why, where nobody asked for it: a sentence without its full stop
}

// String says it in a sentence.
func (e Ended) String() string {
	if e.Err != "" {
		return fmt.Sprintf("Recording has ended: %s. What %s has can be played.", e.Err, visible.Line(e.Path))
	}
	return "Saved. Replay it with: tiller play " + visible.Line(steering.Quote(e.Path))
}

// Bookmark is a place of the sitting that the person marked.
type Bookmark struct{ Note string } // untrusted

// Other is a message of the terminal library's that no screen looks into. It is
// kept because views may ask for things whenever anything arrives.
type Other struct{ Name string }

// begins stands where the person asked for a file: there playing begins.
type begins struct{}

// remembered is a text of an earlier sitting that came up by the message before.
type remembered struct {
	At   int // 0-based, the oldest first
	Text string
}

// ends stands at the end of a log that was closed.
type ends struct{}

// A kind is a type of message that a log holds.
type kind struct {
	name  string
	holds reflect.Type
}

func of[M any](name string) kind { return kind{name, reflect.TypeFor[M]()} }

// kinds are all types of message that a log holds.
var kinds = []kind{
	// What the person and the terminal do.
	of[tea.KeyPressMsg]("key"),
	of[tea.PasteMsg]("paste"),
	of[tea.MouseClickMsg]("click"),
	of[tea.MouseWheelMsg]("wheel"),
	of[tea.WindowSizeMsg]("size"),
	of[tea.ColorProfileMsg]("colours"),
	of[tea.BackgroundColorMsg]("background"),
	of[Other]("other"),

	// What the engine brings.
	of[engine.Failed]("failed"),
	of[engine.Opening]("opening"),
	of[engine.Opened]("opened"),
	of[engine.PromptRead]("prompt"),
	of[engine.Generated]("generated"),
	of[streamed]("tokens"),
	of[engine.Traced]("traced"),
	of[engine.Colours]("coloured"),
	of[engine.Mapped]("mapped"),
	of[engine.Swept]("swept"),
	of[engine.Retested]("retested"),
	of[engine.Contrasts]("contrasts"),
	of[engine.Deriving]("deriving"),
	of[engine.Derived]("derived"),
	of[engine.VectorRead]("vector"),
	of[engine.Exists]("exists"),
	of[engine.Exported]("exported"),
	of[engine.Paths]("paths"),
	of[engine.Nearest]("nearest"),
	of[engine.Cosines]("cosines"),
	of[engine.Models]("models"),
	of[engine.Places]("places"),
	of[engine.PlansListed]("plans"),
	of[engine.PlanSaved]("plan-saved"),
	of[engine.PlanChecked]("plan-checked"),
	of[engine.Saved]("saved"),
	of[engine.SettingsSaved]("settings-saved"),
	of[engine.SettingsRead]("settings-read"),
	of[engine.Copied]("copied"),
	of[engine.Written]("written"),

	// What the screen tells itself.
	of[desk.Paused]("paused"),
	of[config.Changed]("changed"),

	// What is about the log.
	of[Started]("started"),
	of[Ended]("ended"),
	of[Bookmark]("bookmark"),
	of[begins]("begin"),
	of[remembered]("remembered"),
	of[ends]("end"),
}

// byType and byName are kinds by what they hold and are called.
var byType, byName = func() (map[reflect.Type]*kind, map[string]*kind) {
	types, names := map[reflect.Type]*kind{}, map[string]*kind{}
	for i := range kinds {
		types[kinds[i].holds], names[kinds[i].name] = &kinds[i], &kinds[i]
	}
	return types, names
}()

// foreign are the packages whose other messages no screen looks into.
var foreign = []string{"charm.land/", "github.com/charmbracelet/"}

// kindOf is the kind of a message, and the message as a log holds it.
func kindOf(msg tea.Msg) (*kind, tea.Msg, error) {
	if g, ok := msg.(engine.Generated); ok && onlyTokens(g) {
		msg = streamed(g)
	}
	t := reflect.TypeOf(msg)
	if k := byType[t]; k != nil {
		return k, msg, nil
	}
	for _, prefix := range foreign {
		if strings.HasPrefix(t.PkgPath(), prefix) {
			return byType[reflect.TypeFor[Other]()], Other{path.Base(path.Dir(t.PkgPath())) + "." + t.Name()}, nil
		}
	}
	return nil, nil, fmt.Errorf("a log has no place for the message %s", t)
}

// appendMessage writes a message of a kind.
func (c *coder) appendMessage(b []byte, msg tea.Msg) ([]byte, error) {
	switch msg := msg.(type) {
	case engine.Generated:
		return c.appendGenerated(b, msg)
	case streamed:
		return c.appendStreamed(b, msg), nil
	case tea.BackgroundColorMsg:
		return appendBackground(b, msg.Color), nil
	}
	return c.appendValue(b, reflect.ValueOf(msg))
}

// read reads what appendMessage wrote.
func (k *kind) read(c *coder, raw json.RawMessage) (tea.Msg, error) {
	switch k.holds {
	case reflect.TypeFor[engine.Generated]():
		return c.readGenerated(raw)
	case reflect.TypeFor[streamed]():
		return c.readStreamed(raw)
	case reflect.TypeFor[tea.BackgroundColorMsg]():
		return readBackground(raw)
	}
	v := reflect.New(k.holds).Elem()
	err := c.readValue(raw, v)
	return v.Interface(), err
}

// appendBackground writes a colour as red, green, blue and alpha, to 65535.
func appendBackground(b []byte, c color.Color) []byte {
	if c == nil {
		return append(b, "null"...)
	}
	red, green, blue, alpha := c.RGBA()
	return fmt.Appendf(b, "[%d,%d,%d,%d]", red, green, blue, alpha)
}

func readBackground(raw json.RawMessage) (tea.Msg, error) {
	var c *[4]uint16
	if err := json.Unmarshal(raw, &c); err != nil || c == nil {
		return tea.BackgroundColorMsg{}, err
	}
	return tea.BackgroundColorMsg{Color: color.RGBA64{R: c[0], G: c[1], B: c[2], A: c[3]}}, nil
}
