//go:build unix

package grade

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a program the first of a process group.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a program's process group; what has ended already is no error.
func killGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
