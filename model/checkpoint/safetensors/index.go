package safetensors

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/strictjson"
)

// Index says which file of a sharded model holds each tensor. It is a JSON file beside the
// shards, model.safetensors.index.json:
//
//	{"metadata": {...}, "weight_map": {"TENSOR": "FILE", ...}}
type Index map[string]string

// ParseIndex reads an index. File names are checked to lie directly in the index's folder. The
// name is used in errors only, which are of type *badfile.Error.
func ParseIndex(name string, text []byte) (Index, error) {
	r := strictjson.New(text)
	var index Index
	err := r.Object(func(member string) error {
		if member != "weight_map" {
			return r.Skip()
		}
		index = Index{}
		return r.Object(func(tensor string) error {
			file, err := r.Text()
			if err == nil {
				err = checkShard(file)
			}
			if err != nil {
				return fmt.Errorf("at tensor %s, %w", badfile.Quote(tensor), err)
			}
			index[tensor] = file
			return nil
		})
	})
	if err == nil {
		err = r.End()
	}
	if err == nil && len(index) == 0 {
		err = errors.New("its \"weight_map\" is missing or empty")
	}
	if err != nil {
		return nil, &badfile.Error{File: name, Where: "shard index", Offset: r.Offset(), Problem: err.Error()}
	}
	return index, nil
}

// checkShard refuses names that could lead out of the folder, on any system.
func checkShard(file string) error {
	if strings.ContainsAny(file, "/\\:\x00") || !filepath.IsLocal(file) || !strings.HasSuffix(file, ".safetensors") {
		return fmt.Errorf("%s is not the plain name of a .safetensors file", badfile.Quote(file))
	}
	return nil
}
