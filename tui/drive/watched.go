package drive

import (
	"reflect"

	tea "charm.land/bubbletea/v2"
)

// watched is a model whose commands are counted, so that it is known when
// nothing more will come of them. All its methods run on the program's loop,
// one after the other.
type watched struct {
	model   tea.Model
	pending int  // commands whose answers were not taken in yet
	sized   bool // the terminal's size has arrived
	waiting []chan<- string
}

// answer is what a counted command brought; a batch of commands, or nothing,
// as well.
type answer struct{ msg tea.Msg }

// watch asks to be told, by what the model draws then, once nothing is pending.
// The channel has to have room for it.
type watch struct{ idle chan<- string }

// Init implements [tea.Model].
func (w *watched) Init() tea.Cmd { return w.count(w.model.Init()) }

// Update implements [tea.Model].
func (w *watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if ask, ok := msg.(watch); ok {
		w.waiting = append(w.waiting, ask.idle)
		w.tell()
		return w, nil
	}
	if _, ok := msg.(tea.WindowSizeMsg); ok {
		w.sized = true
	}
	model, cmd := w.model.Update(msg)
	w.model = model
	cmd = w.count(cmd)
	w.tell()
	return w, cmd
}

// View implements [tea.Model].
func (w *watched) View() tea.View { return w.model.View() }

// count makes a command a counted one.
func (w *watched) count(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	w.pending++
	return func() tea.Msg { return answer{cmd()} }
}

// filter sees each message before Bubble Tea does, some of which never reach
// Update. It takes answers out of their wrapping and counts the commands of
// batches and sequences.
func (w *watched) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	a, ok := msg.(answer)
	if !ok {
		return msg
	}
	w.pending--
	if commands, ok := commandsOf(a.msg); ok {
		for i := range commands.Len() {
			cmd, _ := commands.Index(i).Interface().(tea.Cmd)
			commands.Index(i).Set(reflect.ValueOf(w.count(cmd)))
		}
		a.msg = commands.Interface()
		w.tell()
	}
	if a.msg == nil {
		w.tell()
	}
	return a.msg
}

// commandsOf is a copy of the commands in a message that is a list of them:
// [tea.BatchMsg], or what [tea.Sequence] brings, whose type has no name
// outside of Bubble Tea.
func commandsOf(msg tea.Msg) (commands reflect.Value, ok bool) {
	list := reflect.ValueOf(msg)
	if !list.IsValid() || list.Kind() != reflect.Slice || list.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return list, false
	}
	return reflect.AppendSlice(reflect.MakeSlice(list.Type(), 0, list.Len()), list), true
}

// tell answers those who wait if nothing is pending.
func (w *watched) tell() {
	if w.pending > 0 || !w.sized || len(w.waiting) == 0 {
		return
	}
	drawn := w.model.View().Content
	for _, idle := range w.waiting {
		idle <- drawn
	}
	w.waiting = nil
}
