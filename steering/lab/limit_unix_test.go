//go:build linux || darwin

package lab

import (
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// limitFiles makes this process unable to write more than 6 KB into a file: the
// tokenizer fits and a model does not.
func limitFiles(t *testing.T) {
	signal.Ignore(unix.SIGXFSZ)
	const most = 6 << 10
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		t.Skip(err)
	}
}
