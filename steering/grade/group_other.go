//go:build !unix

package grade

import "os/exec"

// ownGroup does nothing where there are no process groups.
func ownGroup(*exec.Cmd) {}

// killGroup ends a program; what has ended already is no error.
func killGroup(c *exec.Cmd) { _ = c.Process.Kill() }
