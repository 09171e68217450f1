// Package hub finds the models that are on this machine: in the cache that
// Hugging Face's programs share, and in folders. It only reads, and only what
// the files say about themselves, never the weights.
package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"time"

	"tiller/model"
	"tiller/model/checkpoint"
	"tiller/model/checkpoint/regularfile"
)

// The kinds of model on disk.
const (
	KindFolder = "folder" // a Hugging Face folder
	KindGGUF   = "gguf"   // a GGUF file, or the first of several
)

// A Found is a model on this machine. Its texts come from files and their
// names, and are untrusted.
type Found struct {
	// Ref is the path that [model.Open] takes.
	Ref string
	// Name is what people call it: ORG/NAME in the cache, with the file after
	// it if that is GGUF, or the path below the folder that was looked into.
	Name string
	// Kind is KindFolder or KindGGUF.
	Kind string
	// Bytes is the size of the files with weights.
	Bytes int64
	// Architecture is as the files name it, supported or not: "llama", "gpt2";
	// empty if that can't be read.
	Architecture string
	// Why is the reason that [model.Open] gives for refusing it; empty if it
	// takes it.
	Why string
	// Modified is when a file of it last changed.
	Modified time.Time

	outside string // a file that is a link out of the cache
}

// Supported reports whether [model.Open] takes the model.
func (f Found) Supported() bool { return f.Why == "" }

// A Listing is what was found.
type Listing struct {
	// Models are in order, the one that changed last first.
	Models []Found
	// Truncated says that there may be more: limits on how much is looked at
	// were reached.
	Truncated bool
}

// Limits of a search, so that no folder makes it last.
const (
	maxEntries = 4096 // of one folder
	maxFolders = 1024
	maxModels  = 256
	maxConfig  = 16 << 20 // bytes of a config.json
)

// finished is the listing in order, with no more models than are listed, and
// with what each one's files say.
func (l Listing) finished(ctx context.Context) (Listing, error) {
	slices.SortFunc(l.Models, func(a, b Found) int {
		return cmp.Or(b.Modified.Compare(a.Modified), cmp.Compare(a.Ref, b.Ref))
	})
	if len(l.Models) > maxModels {
		l.Models, l.Truncated = l.Models[:maxModels], true
	}
	for i := range l.Models {
		if err := l.Models[i].look(ctx); err != nil {
			return Listing{}, err
		}
	}
	return l, nil
}

// look asks the model's files what it is and whether it can be used. Its own
// error is that of ctx.
func (f *Found) look(ctx context.Context) error {
	if f.outside != "" {
		f.Why = f.outside + " is a link that leads out of the cache"
		return ctx.Err()
	}
	m, err := model.Open(ctx, f.Ref, model.Options{Threads: 1})
	if err == nil {
		f.Architecture = m.Config().Architecture
		m.Close() // it was only read from
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.Why, f.Architecture = err.Error(), declared(f.Kind, f.Ref)
	return nil
}

// declared is the architecture that a model's files name.
func declared(kind, ref string) string {
	if kind == KindFolder {
		var config struct {
			ModelType string `json:"model_type"`
		}
		_ = json.Unmarshal(readConfig(ref), &config) // Why says what is wrong with it
		return config.ModelType
	}
	c, err := checkpoint.Open(ref)
	if err != nil {
		return ""
	}
	defer c.Close()
	if c.GGUF == nil {
		return "" // it has become a folder since
	}
	name, _, _ := c.GGUF.Text("general.architecture")
	return name
}

// readConfig is the content of a folder's config.json, nil if it can't be had.
func readConfig(dir string) []byte {
	f, size, err := regularfile.Open(filepath.Join(dir, configFile))
	if err != nil {
		return nil
	}
	defer f.Close()
	if size > maxConfig {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		return nil
	}
	return text
}
