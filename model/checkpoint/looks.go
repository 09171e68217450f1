package checkpoint

import (
	"bytes"
	"encoding/binary"
)

// The answers of looksLike that callers compare with; each completes "it looks like ...".
const (
	isGGUF        = "a GGUF file"
	isSafetensors = "a safetensors file, which is opened by giving the folder it is in"
	isJSON        = "a JSON file"
	isUnknown     = "no file that tiller knows"
)

// looks lists beginnings of files, all lower case; the first that matches counts.
var looks = []struct{ begins, what string }{
	{"gguf", isGGUF},
	{"version https://git-lfs", "a Git LFS pointer, which stands for a file that was never downloaded: run git lfs pull"},
	{"pk\x03\x04", "a zip archive, as PyTorch saves it: safetensors or GGUF is needed"},
	{"\x80\x02", "a Python pickle: safetensors or GGUF is needed"},
	{"\x80\x04", "a Python pickle: safetensors or GGUF is needed"},
	{"\x93numpy", "a NumPy array"},
	{"\x89hdf", "an HDF5 file: safetensors or GGUF is needed"},
	{"lmgg", "a model file from before GGUF: convert it again with a current tool"},
	{"fmgg", "a model file from before GGUF: convert it again with a current tool"},
	{"tjgg", "a model file from before GGUF: convert it again with a current tool"},
	{"\x1f\x8b", "a gzip archive: unpack it first"},
	{"<!doctype", "a web page, perhaps an error message saved in the model's place"},
	{"<html", "a web page, perhaps an error message saved in the model's place"},
	{"<?xml", "an XML file, perhaps an error message saved in the model's place"},
	{"{", isJSON},
}

// looksLike guesses from its first bytes what a file is.
func looksLike(data []byte) string {
	// A length, then "{": no text has the zeros of the length's upper half.
	if len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) < 1<<32 {
		return isSafetensors
	}
	start := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 256)], " \t\r\n"))
	for _, look := range looks {
		if bytes.HasPrefix(start, []byte(look.begins)) {
			return look.what
		}
	}
	return isUnknown
}
