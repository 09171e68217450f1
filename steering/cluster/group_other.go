//go:build !unix

package cluster

import "os/exec"

// apart does nothing here: Slurm's commands are on Unix.
func apart(*exec.Cmd) {}
