//go:build unix

package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestManifestPipe has a pipe for a manifest, which would be waited for.
func TestManifestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, fileManifest), 0o600); err != nil {
		t.Skip(err)
	}
	_, err := Folder{FS: os.DirFS(dir), Name: "f"}.Manifest()
	if err == nil || !strings.Contains(err.Error(), "f/manifest.json is not a regular file") {
		t.Errorf("error %v", err)
	}
}
