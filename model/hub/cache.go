package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/regularfile"
)

// CacheFolder is where Hugging Face's programs keep what they download, by the
// environment variables that decide it for them: HF_HUB_CACHE, HF_HOME,
// XDG_CACHE_HOME, and the home folder. It is empty if none is set. Getenv is
// os.Getenv but in tests.
//
// Source: huggingface.co/docs/huggingface_hub, "Environment variables".
func CacheFolder(getenv func(string) string) string {
	home := getenv("HOME")
	if home == "" {
		home = getenv("USERPROFILE") // Windows
	}
	for _, place := range []struct{ variable, below string }{
		{"HF_HUB_CACHE", ""},
		{"HUGGINGFACE_HUB_CACHE", ""}, // its name before
		{"HF_HOME", "hub"},
		{"XDG_CACHE_HOME", "huggingface/hub"},
	} {
		if dir := getenv(place.variable); dir != "" {
			if rest, ok := strings.CutPrefix(filepath.ToSlash(dir), "~/"); ok && home != "" {
				dir = filepath.Join(home, rest)
			}
			return filepath.Join(dir, filepath.FromSlash(place.below))
		}
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".cache", "huggingface", "hub")
}

// cachedModel begins the names of the cache's folders that hold a model:
// models--ORG--NAME.
const cachedModel = "models--"

// Cached lists the models in the cache of [CacheFolder], which may not be there.
// Of a model that is there in several revisions it takes that of main, or else
// the one that came last. Files there are links to others of the cache; a model
// with one that leads out of it is listed as such and not read.
func Cached(ctx context.Context, getenv func(string) string) (Listing, error) {
	dir := CacheFolder(getenv)
	if dir == "" {
		return Listing{}, nil
	}
	whole, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Listing{}, nil
	}
	if err != nil {
		return Listing{}, fmt.Errorf("cannot look for models in the Hugging Face cache: %w", err)
	}
	var s search
	_, folders, err := s.entries(dir)
	if err != nil {
		return Listing{}, fmt.Errorf("cannot look for models in the Hugging Face cache: %w", err)
	}
	for _, folder := range folders {
		name, ok := strings.CutPrefix(folder, cachedModel)
		if !ok {
			continue
		}
		home, err := filepath.EvalSymlinks(filepath.Join(dir, folder)) // people move large ones to other disks
		if err != nil {
			continue
		}
		s.inside = []string{whole, home}
		snapshot := s.snapshot(filepath.Join(dir, folder))
		if snapshot == "" {
			continue
		}
		// A revision that can't be read has nothing to offer. Files of some
		// lie one level below.
		_ = s.folder(ctx, snapshot, strings.ReplaceAll(name, "--", "/"), 1)
	}
	if err := ctx.Err(); err != nil {
		return Listing{}, err
	}
	return s.listing.finished(ctx)
}

// snapshot is the folder of the revision to take of a cached model; empty if
// there is none.
func (s *search) snapshot(dir string) string {
	const folder = "snapshots"
	_, revisions, err := s.entries(filepath.Join(dir, folder))
	if err != nil {
		return ""
	}
	main := mainRevision(dir)
	newest := ""
	var changed int64 // nanoseconds
	for _, revision := range revisions {
		path := filepath.Join(dir, folder, revision)
		if revision == main {
			return path
		}
		if info, err := os.Stat(path); err == nil && (newest == "" || info.ModTime().UnixNano() > changed) {
			newest, changed = path, info.ModTime().UnixNano()
		}
	}
	return newest
}

// mainRevision is the revision that a cached model's main is at; empty if that
// can't be read. It is compared with the names that are there, never used as a
// path.
func mainRevision(dir string) string {
	const longest = 256
	f, _, err := regularfile.Open(filepath.Join(dir, "refs", "main"))
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
