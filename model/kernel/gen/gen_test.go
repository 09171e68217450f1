package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestCommittedFilesAreGenerated(t *testing.T) {
	assembly, declarations, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{assemblyFile: assembly, declarationsFile: declarations} {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("model/kernel/%s is not what the generator writes: run go generate ./model/kernel", name)
		}
	}
}
