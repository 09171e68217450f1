//go:build unix

package cluster

import (
	"os/exec"
	"syscall"
)

// apart keeps what ctrl+c at the terminal sends from a command: it is given the
// time to say what it did.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
