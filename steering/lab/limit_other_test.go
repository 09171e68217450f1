//go:build !linux && !darwin

package lab

import "testing"

func limitFiles(t *testing.T) { t.Skip("nothing here limits files") }
