package plain

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// statusDelay is how long work may take before a status shows up.
const statusDelay = 300 * time.Millisecond

// Status shows on a terminal of the given width that work is going on, if it
// takes more than a moment, until the returned function is called. Width 0
// shows nothing.
func Status(w io.Writer, width int, text string) (done func()) {
	if width <= 0 {
		return func() {}
	}
	text = cut(text+" …", width-2)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-stop:
			return
		case <-time.After(statusDelay):
		}
		fmt.Fprintf(w, " %s", text)
		<-stop
		fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", width-1))
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
