// Package filekind guesses from a file's first bytes what it is, so that an error about a file
// of the wrong kind can say what was given instead.
package filekind

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Kind is what a file looks like.
type Kind uint8

// The kinds that are told apart.
const (
	Unknown Kind = iota
	GGUF
	Safetensors
	JSON
	LFSPointer
	Zip
	Pickle
	NumPy
	HDF5
	OldGGML
	Gzip
	WebPage
)

// descriptions complete "it looks like ...".
var descriptions = map[Kind]string{
	GGUF:        "a GGUF file",
	Safetensors: "a safetensors file",
	JSON:        "a JSON file",
	LFSPointer:  "a Git LFS pointer, which stands for a file that was never downloaded (git lfs pull fetches it)",
	Zip:         "a zip archive, as PyTorch saves models",
	Pickle:      "a Python pickle, which could run code when loaded",
	NumPy:       "a NumPy array",
	HDF5:        "an HDF5 file",
	OldGGML:     "a file from before GGUF, which a current tool must convert",
	Gzip:        "a gzip archive, which must be unpacked first",
	WebPage:     "a web page, perhaps an error message saved in the file's place",
}

// beginnings are lower case; the first that matches counts.
var beginnings = []struct {
	text string
	kind Kind
}{
	{"gguf", GGUF},
	{"version https://git-lfs", LFSPointer},
	{"pk\x03\x04", Zip},
	{"\x80\x02", Pickle}, {"\x80\x03", Pickle}, {"\x80\x04", Pickle}, {"\x80\x05", Pickle},
	{"\x93numpy", NumPy},
	{"\x89hdf", HDF5},
	{"lmgg", OldGGML}, {"fmgg", OldGGML}, {"tjgg", OldGGML},
	{"\x1f\x8b", Gzip},
	{"<!doctype", WebPage}, {"<html", WebPage}, {"<?xml", WebPage},
	{"{", JSON},
}

// Of guesses the kind of a file that begins with data.
func Of(data []byte) Kind {
	// A length, then "{": no text has the zeros of the length's upper half.
	if len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) < 1<<32 {
		return Safetensors
	}
	start := bytes.Clone(bytes.TrimLeft(data[:min(len(data), 256)], " \t\r\n"))
	for i, c := range start { // bytes.ToLower would rewrite what is not UTF-8
		if 'A' <= c && c <= 'Z' {
			start[i] = c + 'a' - 'A'
		}
	}
	for _, b := range beginnings {
		if bytes.HasPrefix(start, []byte(b.text)) {
			return b.kind
		}
	}
	return Unknown
}

// Refuse is the error about a file that is not what was wanted, such as "a GGUF file".
func Refuse(path, wanted string, data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("%s is empty, where %s is expected", path, wanted)
	}
	if what, ok := descriptions[Of(data)]; ok {
		return fmt.Errorf("%s is not %s but looks like %s", path, wanted, what)
	}
	return fmt.Errorf("%s is not %s: it begins with %q", path, wanted, data[:min(len(data), 16)])
}
