package library

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"tiller/steering/library/input"
)

// MaxTexts bounds the size in bytes of a file of texts to derive from.
const MaxTexts = 64 << 20

// ReadTexts reads a file of texts to derive a vector from, or an embedded one of
// contrast pairs, whole. Package contrast parses it.
func (l Library) ReadTexts(ctx context.Context, ref string) ([]byte, error) {
	name, ok := strings.CutPrefix(ref, Prefix)
	if !ok {
		data, err := input.ReadFile(ctx, ref, MaxTexts)
		if err != nil {
			return nil, fmt.Errorf("cannot read the texts: %w", err)
		}
		return data, nil
	}
	if err := choose("contrast file", Prefix, name, l.Contrasts()); err != nil {
		return nil, err
	}
	return fs.ReadFile(l.files, path.Join(contrastFolder, name+contrastEnding))
}
