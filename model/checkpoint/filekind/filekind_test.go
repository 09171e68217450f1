package filekind

import (
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	tests := []struct{ data, want string }{
		{"", "f is empty, where a GGUF file is expected"},
		{"GGUF\x03\x00\x00\x00", "looks like a GGUF file"},
		{"\x40\x00\x00\x00\x00\x00\x00\x00{\"a\"", "looks like a safetensors file"},
		{"PK\x03\x04\x00\x00", "a zip archive, as PyTorch saves models"},
		{"\x80\x02}q", "a Python pickle"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer"},
		{"\n <!DOCTYPE html><html>", "a web page"},
		{"<HTML>", "a web page"},
		{`{"error": "Unauthorized"}`, "a JSON file"},
		{"ggjt", `begins with "ggjt"`},
		{"tjgg\x03", "before GGUF"},
		{"\x93NUMPY\x01", "a NumPy array"},
		{"\x89HDF\r\n", "an HDF5 file"},
		{"\x1f\x8b\x08", "a gzip archive"},
		{"\x1b[31mhello, this is a long text", `begins with "\x1b[31mhello, this"`},
	}
	for _, test := range tests {
		err := Refuse("f", "a GGUF file", []byte(test.data))
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.data, err, test.want)
		}
	}
}
