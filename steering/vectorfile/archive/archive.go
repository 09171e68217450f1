// Package archive reads the members of a zip archive of unknown origin: what is believed of its
// directory is bounded before anything is made for it, and a member yields as many bytes as the
// directory says, or an error.
package archive

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"tiller/model/checkpoint/badfile"
)

// Bounds on an archive's directory, far above any that NumPy or PyTorch writes for vectors.
const (
	maxMembers   = 1 << 14
	maxDirectory = 1 << 22
)

// Archive is a zip archive whose directory has been read.
type Archive struct {
	name    string
	members map[string]*zip.File
	names   []string
}

// Open reads the directory of the archive of this many bytes. The name is used in errors.
func Open(name string, r io.ReaderAt, size int64) (*Archive, error) {
	if err := checkDirectory(name, r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are keys here, not paths
		return nil, fmt.Errorf("%s: its zip directory can't be read, as if the file had been cut or damaged: %w", name, err)
	}
	a := &Archive{name: name, members: map[string]*zip.File{}}
	for _, member := range z.File {
		if a.members[member.Name] != nil {
			return nil, fmt.Errorf("%s: the archive has two members called %s", name, badfile.Quote(member.Name))
		}
		a.members[member.Name] = member
		a.names = append(a.names, member.Name)
	}
	return a, nil
}

// Names returns the members' names in the order of the directory.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// Has reports whether there is a member of this name.
func (a *Archive) Has(member string) bool { return a.members[member] != nil }

// Size is the number of bytes that the member is said to unpack to.
func (a *Archive) Size(member string) int64 {
	if f := a.members[member]; f != nil && f.UncompressedSize64 < 1<<62 {
		return int64(f.UncompressedSize64)
	}
	return 0
}

// Open opens a member for reading. Reading to its end checks its length and checksum.
func (a *Archive) Open(member string) (io.ReadCloser, error) {
	f := a.members[member]
	if f == nil {
		return nil, fmt.Errorf("%s: the archive has no member %s", a.name, badfile.Quote(member))
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return nil, fmt.Errorf("%s: member %s is packed by method %d, where only stored and deflated members are read", a.name, badfile.Quote(member), f.Method)
	}
	if f.Flags&1 != 0 {
		return nil, fmt.Errorf("%s: member %s is encrypted", a.name, badfile.Quote(member))
	}
	r, err := f.Open()
	if err != nil {
		return nil, a.Damaged(member, err)
	}
	return r, nil
}

// Bytes reads a member of at most so many bytes.
func (a *Archive) Bytes(member string, most int64) ([]byte, error) {
	r, err := a.Open(member)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size := a.Size(member); size > most {
		return nil, fmt.Errorf("%s: member %s has %d bytes, and at most %d are read", a.name, badfile.Quote(member), size, most)
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, a.Damaged(member, err)
	}
	return data, nil
}

// Damaged is the error about a member that could not be read to its end.
func (a *Archive) Damaged(member string, err error) error {
	return fmt.Errorf("%s: member %s can't be read, as if the file had been cut or damaged: %w", a.name, badfile.Quote(member), err)
}

// The records at the end of a zip archive, by the specification's sections 4.3.14 to 4.3.16
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
const (
	endSize     = 22
	locatorSize = 20
	end64Size   = 56
	maxComment  = 1<<16 - 1
	elsewhere16 = 1<<16 - 1 // stands where the 64-bit record has the number
	elsewhere32 = 1<<32 - 1
)

// endRecord finds the last end record whose comment fits, as archive/zip does.
func endRecord(tail []byte) int {
	for at := len(tail) - endSize; at >= 0; at-- {
		if string(tail[at:at+4]) != "PK\x05\x06" {
			continue
		}
		if at+endSize+int(binary.LittleEndian.Uint16(tail[at+20:])) <= len(tail) {
			return at
		}
	}
	return -1
}

// checkDirectory refuses an archive whose end record claims a directory that is too large.
// archive/zip makes room for as many members as an archive claims.
func checkDirectory(name string, r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, endSize+locatorSize+maxComment))
	start := size - int64(len(tail))
	if _, err := r.ReadAt(tail, start); err != nil && err != io.EOF {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	at := endRecord(tail)
	if at < 0 {
		return fmt.Errorf("%s: a zip archive ends with its directory, and this one has none: the file may be cut short", name)
	}
	members := uint64(binary.LittleEndian.Uint16(tail[at+10:]))
	length := uint64(binary.LittleEndian.Uint32(tail[at+12:]))
	if locator := at - locatorSize; locator >= 0 && string(tail[locator:locator+4]) == "PK\x06\x07" {
		record := make([]byte, end64Size)
		offset := binary.LittleEndian.Uint64(tail[locator+8:])
		if offset >= uint64(size) {
			return fmt.Errorf("%s: its zip directory is said to end at byte %d, outside the file", name, offset)
		}
		if _, err := r.ReadAt(record, int64(offset)); err != nil {
			return fmt.Errorf("%s: its zip directory can't be read at byte %d: %w", name, offset, err)
		}
		// Which record counts depends on the other's, so neither may claim too much.
		if members == elsewhere16 {
			members = 0
		}
		if length == elsewhere32 {
			length = 0
		}
		members = max(members, binary.LittleEndian.Uint64(record[32:]))
		length = max(length, binary.LittleEndian.Uint64(record[40:]))
	}
	if members > maxMembers || length > maxDirectory {
		return fmt.Errorf("%s: its zip directory claims %d members in %d bytes, and at most %d in %d are read", name, members, length, maxMembers, maxDirectory)
	}
	return nil
}
