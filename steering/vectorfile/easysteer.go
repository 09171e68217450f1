package vectorfile

// The GGUF of EasySteer (https://github.com/ZJU-REAL/EasySteer): a control vector whose layers
// begin at 0 and which has the key controlvector.method. direction.N was measured on, and is
// added to, the output of decoder layer N.

import (
	"slices"

	"tiller/model/checkpoint/gguf"
)

func isEasySteer(s *source) bool {
	if s.gguf == nil || s.architecture() != architecture {
		return false
	}
	_, method := s.gguf.Lookup(methodKey)
	return method || slices.ContainsFunc(s.gguf.Tensors, func(t gguf.Tensor) bool { return t.Name == directionPrefix+"0" })
}

func readEasySteer(s *source) (contents, error) {
	directions, err := s.directions(func(x string) (int, error) { return number(x, 0) })
	if err != nil {
		return contents{}, err
	}
	c := contents{
		directions: directions,
		convention: "direction.N acts after block N, counted from 0",
		metadata:   s.metadata(),
	}
	c.meta = carried(c.metadata, architecture)
	if _, ok := directions[0]; ok {
		c.notes = append(c.notes, "It has a direction at layer 0, which llama.cpp can't load: to convert it, write .safetensors, which keeps every layer.")
	} else {
		c.notes = append(c.notes, "It is taken for EasySteer's because it has the key "+methodKey+".")
	}
	return c, nil
}
