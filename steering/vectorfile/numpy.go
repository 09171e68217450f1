package vectorfile

// NumPy's .npy and .npz: an array of one direction, whose layer the reference says, or of one
// row for each layer; in an .npz also one array for each layer, whose name says which. The format
// is package numpy's business.

import (
	"io"
	"regexp"

	"tiller/steering/vectorfile/numpy"
)

// numpyArray is an .npy file.
type numpyArray struct {
	header numpy.Header
	file   *io.SectionReader // after the header
}

func (s *source) openArray(r io.ReaderAt, size int64) error {
	file := io.NewSectionReader(r, 0, size)
	header, err := numpy.ReadHeader(s.path, file)
	if err != nil {
		return err
	}
	s.array = &numpyArray{header: header, file: file}
	return nil
}

func (a *numpyArray) shape() []int               { return a.header.Shape }
func (a *numpyArray) floats() ([]float32, error) { return a.header.Read(a.file) }

// numpyMember is an array of an .npz file.
type numpyMember struct {
	archive    *numpy.Archive
	key        string
	dimensions []int
}

func (m *numpyMember) shape() []int               { return m.dimensions }
func (m *numpyMember) floats() ([]float32, error) { return m.archive.Read(m.key) }

func isNumPyArray(s *source) bool { return s.array != nil }

func readNumPyArray(s *source) (contents, error) {
	return s.readTree(&node{array: s.array})
}

func isNumPyArchive(s *source) bool { return s.arrays != nil }

// unnamed is how numpy.savez names arrays that were given no name.
var unnamed = regexp.MustCompile(`^arr_\d+$`)

func readNumPyArchive(s *source) (contents, error) {
	root := &node{}
	positions := true
	for _, key := range s.arrays.Keys() {
		header, err := s.arrays.Header(key)
		if err != nil {
			return contents{}, err
		}
		root.keys = append(root.keys, key)
		root.nodes = append(root.nodes, &node{array: &numpyMember{s.arrays, key, header.Shape}})
		positions = positions && unnamed.MatchString(key)
	}
	root.list = positions && len(root.keys) > 1 && !s.chooses("key")
	return s.readTree(root)
}
