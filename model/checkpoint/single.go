package checkpoint

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/gguf"
)

// shardName matches the names that llama.cpp's splitting tool gives.
var shardName = regexp.MustCompile(`-\d{5}-of-(\d{5})\.gguf$`)

// openGGUF opens a GGUF file.
func (c *Checkpoint) openGGUF() error {
	m, err := c.mapFile(c.Path)
	if err != nil {
		return err
	}
	switch filekind.Of(m.data) {
	case filekind.GGUF:
	case filekind.Safetensors:
		return fmt.Errorf("%s is a safetensors file: give the folder it is in, which also has the model's %s", c.Path, configFile)
	default:
		return filekind.Refuse(c.Path, "a GGUF file", m.data)
	}
	if match := shardName.FindStringSubmatch(filepath.Base(c.Path)); match != nil {
		if parts, err := strconv.Atoi(match[1]); err == nil && parts > 1 {
			return splitModel(c.Path, uint64(parts))
		}
	}
	f, err := gguf.Parse(c.Path, m.data)
	if err != nil {
		return err
	}
	parts, _, err := f.Uint("split.count")
	if err != nil {
		return err
	}
	if parts > 1 {
		return splitModel(c.Path, parts)
	}
	c.Format, c.GGUF = FormatGGUF, f
	c.tensors = make([]Tensor, len(f.Tensors))
	for i, t := range f.Tensors {
		c.tensors[i] = Tensor{Name: t.Name, DType: t.Type.String(), Shape: t.Shape, Data: t.Data, File: c.Path, Offset: t.Offset}
	}
	c.fingerprint = fingerprintOf(m.data[:min(f.DataOffset, int64(len(m.data)))])
	return nil
}

func splitModel(path string, parts uint64) error {
	return fmt.Errorf("%s is one of %d parts of a split model, which can't be opened: join them with llama-gguf-split --merge first", path, parts)
}
