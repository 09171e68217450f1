package tokenizer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tiller/model/checkpoint/regularfile"
)

// Limits on the sizes in bytes of the files that are read whole.
const (
	maxTokenizerFile = 512 << 20
	maxConfigFile    = 64 << 20
)

// Open reads a tokenizer: a folder with a tokenizer.json, which may have
// tokenizer_config.json, special_tokens_map.json, config.json,
// generation_config.json and chat_template.jinja beside it; such a
// tokenizer.json; or a GGUF file, which needs no weights.
func Open(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the tokenizer can't be opened: %w", err)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is neither a folder nor a regular file", path)
	}
	if isGGUF(path) {
		return openGGUF(path)
	}
	return openJSON(path)
}

func openFolder(dir string) (*Tokenizer, error) {
	path := filepath.Join(dir, "tokenizer.json")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("the folder %s has no tokenizer.json, the only kind of tokenizer that can be read from a folder: %w", dir, err)
	}
	return openJSON(path)
}

func openJSON(path string) (*Tokenizer, error) {
	data, err := readFile(path, maxTokenizerFile)
	if err != nil {
		return nil, err
	}
	t, err := Parse(path, data)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	read := func(name string) ([]byte, error) { return readOptional(filepath.Join(dir, name), maxConfigFile) }
	if err := t.configure(dir, read); err != nil {
		return nil, err
	}
	return t, nil
}

// OpenFS reads the tokenizer of the model folder at the root of fsys, as Open
// does. Name names the folder in errors.
func OpenFS(fsys fs.FS, name string) (*Tokenizer, error) {
	data, err := fs.ReadFile(fsys, "tokenizer.json")
	if err != nil {
		return nil, fmt.Errorf("the tokenizer of %s can't be read: %w", name, err)
	}
	t, err := Parse(filepath.Join(name, "tokenizer.json"), data)
	if err != nil {
		return nil, err
	}
	read := func(file string) ([]byte, error) {
		data, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}
	if err := t.configure(name, read); err != nil {
		return nil, err
	}
	return t, nil
}

func isGGUF(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && bytes.Equal(magic[:], []byte("GGUF"))
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the tokenizer can't be read: %w", err)
	}
	defer f.Close()
	if size > limit {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", path, size, limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s grew beyond %d bytes while it was read", path, limit)
	}
	return data, nil
}

// readOptional is readFile for a file that may be missing; data is nil then.
func readOptional(path string, limit int64) (data []byte, err error) {
	data, err = readFile(path, limit)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return data, err
}
