package vectorfile

import (
	"fmt"
	"io/fs"

	"tiller/steering"
)

// ReadFS is Read for a file of fsys, such as one that is embedded in the
// program. Source is what the vector's Source will be, and names it in errors.
func ReadFS(fsys fs.FS, file, source string) (*steering.Vector, Info, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, Info{}, fmt.Errorf("cannot read the vector %s: %w", source, err)
	}
	s, err := parse(source, data)
	if err != nil {
		return nil, Info{}, err
	}
	return s.vector()
}
