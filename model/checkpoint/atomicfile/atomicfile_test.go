package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func content(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// holds checks that a folder has exactly these files with these contents.
func holds(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("the folder holds %v", entries)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := Write(path, content("one")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"a": "one"})
	if err := Write(path, content("two")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{"a": "two"})
}

func TestWriteFailing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := Write(path, content("old")); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("half way")
	err := Write(path, func(w io.Writer) error {
		io.WriteString(w, "ha")
		return failed
	})
	if !errors.Is(err, failed) || err.Error() != "cannot write "+path+": half way" {
		t.Errorf("error %v", err)
	}
	holds(t, dir, map[string]string{"a": "old"})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		Write(path, func(io.Writer) error { panic("x") })
	}()
	holds(t, dir, map[string]string{"a": "old"})
}

func TestWriteKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are other there")
	}
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, content("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions %v, %v", info.Mode(), err)
	}
}

func TestWriteFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := Write(link, content("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
	holds(t, dir, map[string]string{"target": "x", "link": "x"})
}

// A link that leads nowhere is neither followed nor replaced.
func TestWriteDanglingLink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := Write(link, content("x")); err == nil || !strings.Contains(err.Error(), "it is a symbolic link that leads nowhere") {
		t.Errorf("error %v", err)
	}
	if to, err := os.Readlink(link); err != nil || to != "nowhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link was followed: %v", err)
	}
}

// A name as long as a system allows leaves no room for additions.
func TestWriteLongName(t *testing.T) {
	dir := t.TempDir()
	name := strings.Repeat("ü", 125) + ".gguf" // 255 bytes
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
		t.Skip("no such names here")
	}
	if err := Write(filepath.Join(dir, name), content("x")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, map[string]string{name: "x"})
}

// The sentence is about the file that was asked for, not about the one beside it.
func TestWriteFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no full device here")
	}
	if err := Write("/dev/full", content("x")); err == nil || err.Error() != "cannot write /dev/full: no space left on device" {
		t.Errorf("error %v", err)
	}
}

func TestLeftover(t *testing.T) {
	for name, want := range map[string]bool{temporary("run.json"): true, "run.json": false, "a.part": false, ".run.json": false} {
		if Leftover(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestWriteDevice(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip("no devices here")
	}
	if err := Write("/dev/null", content("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Error("the device was replaced")
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, content("x")); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("error %v", err)
	}
	path := filepath.Join(dir, "none", "a")
	if err := Write(path, content("x")); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), ".part") || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	holds(t, dir, nil)
}
