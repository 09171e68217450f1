package numpy

import (
	"fmt"
	"io"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/vectorfile/archive"
)

// Archive is an .npz file: arrays by name.
type Archive struct {
	zip  *archive.Archive
	name string
	keys []string
}

// memberEnding ends the names of an archive's members; keys are without it.
const memberEnding = ".npy"

// OpenArchive takes a zip archive for an .npz file if all its members are arrays.
func OpenArchive(name string, zip *archive.Archive) (*Archive, bool) {
	a := &Archive{zip: zip, name: name}
	for _, member := range zip.Names() {
		key, ok := strings.CutSuffix(member, memberEnding)
		if !ok {
			return nil, false
		}
		a.keys = append(a.keys, key)
	}
	return a, len(a.keys) > 0
}

// Keys returns the arrays' names in the order of the file.
func (a *Archive) Keys() []string { return a.keys }

// Has reports whether there is an array of this name.
func (a *Archive) Has(key string) bool { return a.zip.Has(key + memberEnding) }

// Header reads what the array of this name is.
func (a *Archive) Header(key string) (Header, error) {
	var header Header
	err := a.open(key, func(h Header, _ io.Reader) error {
		header = h
		return nil
	})
	return header, err
}

// Read reads an array's numbers, as Header.Read does.
func (a *Archive) Read(key string) ([]float32, error) {
	var values []float32
	err := a.open(key, func(h Header, r io.Reader) (err error) {
		if values, err = h.Read(r); err == nil {
			_, err = io.Copy(io.Discard, r) // checks the member's length and checksum
		}
		return err
	})
	return values, err
}

// ReadRow reads one row of an array of two dimensions, as Header.ReadRow does.
func (a *Archive) ReadRow(key string, row int) ([]float32, error) {
	var values []float32
	err := a.open(key, func(h Header, r io.Reader) (err error) {
		values, err = h.ReadRow(r, row)
		return err
	})
	return values, err
}

// open reads an array's header and hands on what follows it.
func (a *Archive) open(key string, read func(Header, io.Reader) error) error {
	r, err := a.zip.Open(key + memberEnding)
	if err != nil {
		return err
	}
	defer r.Close()
	h, err := ReadHeader(fmt.Sprintf("%s, array %s", a.name, badfile.Quote(key)), r)
	if err != nil {
		return err
	}
	if size, most := a.zip.Size(key+memberEnding), h.at+h.Elements()*int64(h.itemSize()); size != most {
		return h.fail(h.at, "the archive says that it has %d bytes, and its shape %v and type %s say %d", size, h.Shape, h.DType, most)
	}
	return read(h, r)
}
