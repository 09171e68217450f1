package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What models on disk are known by.
const (
	configFile = "config.json" // of a Hugging Face folder
	ggufEnding = ".gguf"
)

// depth is how many levels below a folder are searched: enough for
// ORG/NAME/FILE.gguf.
const depth = 2

// Folder lists the models in a folder and up to two levels of folders below it;
// the folder itself may be one. Hidden folders, and what is inside a Hugging
// Face folder, are left out. It is an error if the folder can't be read.
func Folder(ctx context.Context, dir string) (Listing, error) {
	var s search
	if err := s.folder(ctx, dir, "", depth); err != nil {
		return Listing{}, fmt.Errorf("cannot look for models: %w", err)
	}
	return s.listing.finished(ctx)
}

// A search collects models.
type search struct {
	listing Listing
	folders int // that were looked into
	// inside are the folders that files must not lead out of, links resolved;
	// none for any.
	inside []string
}

// folder adds the models in a folder, which people call name, and in folders up
// to a number of levels below it.
func (s *search) folder(ctx context.Context, dir, name string, levels int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.folders++; s.folders > maxFolders {
		s.listing.Truncated = true
		return nil
	}
	files, folders, err := s.entries(dir)
	if err != nil {
		return err
	}
	s.ggufs(dir, name, files)
	if weights := weightFiles(files); weights != nil {
		s.model(dir, name, files, weights)
		return nil
	}
	if levels == 0 {
		return nil
	}
	for _, sub := range folders {
		if strings.HasPrefix(sub, ".") {
			continue
		}
		// One that can't be read has no models to offer.
		_ = s.folder(ctx, filepath.Join(dir, sub), path.Join(name, sub), levels-1)
	}
	return ctx.Err()
}

// entries lists the names in a folder in order. A link is what it leads to.
func (s *search) entries(dir string) (files, folders []string, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(maxEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if len(entries) > maxEntries {
		entries, s.listing.Truncated = entries[:maxEntries], true
	}
	for _, e := range entries {
		folder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(dir, e.Name()))
			folder = err == nil && info.IsDir()
		}
		if folder {
			folders = append(folders, e.Name())
		} else {
			files = append(files, e.Name())
		}
	}
	slices.Sort(files)
	slices.Sort(folders)
	return files, folders, nil
}

// weightPatterns match the names of a Hugging Face folder's files with weights.
// As model.Open does, the first that any matches counts; the last stands for
// files that can't be read, of which model.Open says why.
var weightPatterns = []string{"model.safetensors", "model-*.safetensors", "*.safetensors", "pytorch_model*"}

// weightFiles are the files of a Hugging Face folder that hold its weights; nil
// if the folder is none.
func weightFiles(files []string) []string {
	if !slices.Contains(files, configFile) {
		return nil
	}
	for _, pattern := range weightPatterns {
		var weights []string
		for _, name := range files {
			if ok, _ := path.Match(pattern, name); ok {
				weights = append(weights, name)
			}
		}
		if weights != nil {
			return weights
		}
	}
	return nil
}

// model adds a Hugging Face folder.
func (s *search) model(dir, name string, files, weights []string) {
	if name == "" {
		name = filepath.Base(dir)
		if whole, err := filepath.Abs(dir); err == nil {
			name = filepath.Base(whole)
		}
	}
	f := Found{Ref: dir, Name: name, Kind: KindFolder}
	f.count(dir, weights)
	s.confine(&f, dir, files)
	s.listing.Models = append(s.listing.Models, f)
}

// part matches the names of the parts of a split GGUF file.
var part = regexp.MustCompile(`^(.*)-\d{5}(-of-\d{5}\.gguf)$`)

// ggufs adds the GGUF files among files. The parts of a split one count once,
// as the first that is there.
func (s *search) ggufs(dir, name string, files []string) {
	parts := map[string][]string{}
	var wholes []string // keys of parts, in order
	for _, file := range files {
		if !strings.HasSuffix(strings.ToLower(file), ggufEnding) {
			continue
		}
		whole := part.ReplaceAllString(file, "$1$2")
		if parts[whole] == nil {
			wholes = append(wholes, whole)
		}
		parts[whole] = append(parts[whole], file)
	}
	for _, whole := range wholes {
		first := parts[whole][0]
		f := Found{Ref: filepath.Join(dir, first), Name: path.Join(name, first), Kind: KindGGUF}
		f.count(dir, parts[whole])
		s.confine(&f, dir, parts[whole])
		s.listing.Models = append(s.listing.Models, f)
	}
}

// count takes the size and the time of the files with weights. One that is not
// there, as behind a broken link, has neither.
func (f *Found) count(dir string, weights []string) {
	for _, name := range weights {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		f.Bytes += info.Size()
		if info.ModTime().After(f.Modified) {
			f.Modified = info.ModTime()
		}
	}
}

// confine notes the first of a model's files that leads out of where it may.
func (s *search) confine(f *Found, dir string, files []string) {
	if s.inside == nil {
		return
	}
	for _, name := range files {
		whole := filepath.Join(dir, name)
		target, err := filepath.EvalSymlinks(whole)
		if err != nil {
			continue // model.Open says why
		}
		if !slices.ContainsFunc(s.inside, func(dir string) bool { return below(target, dir) }) {
			f.outside = whole
			return
		}
	}
}

// below reports whether a path is a folder's or below it.
func below(path, dir string) bool {
	rest, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rest)
}
