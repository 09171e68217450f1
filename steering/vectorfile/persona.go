package vectorfile

// The vectors of Persona Vectors (https://github.com/safety-research/persona_vectors,
// generate_vec.py): a tensor [layers+1, d_model] in TRAIT_response_avg_diff.pt,
// TRAIT_prompt_avg_diff.pt or TRAIT_prompt_last_diff.pt. Its rows are indexed like the
// hidden_states of transformers: row 0 is measured on the embeddings, row i after block i-1, and
// the last one after the final norm as well. Its own tools add row i to the output of block i-1.

import (
	"path/filepath"
	"regexp"

	"tiller/steering/vectorfile/torch"
)

// personaName is how generate_vec.py names its files.
var personaName = regexp.MustCompile(`_(?:prompt_avg|response_avg|prompt_last)_diff\.pt$`)

func isPersona(s *source) bool {
	if s.torch == nil || !personaName.MatchString(filepath.Base(s.path)) {
		return false
	}
	tensor, ok := s.torch.Root.(*torch.Tensor)
	return ok && len(long(tensor.Shape)) == 2
}

func readPersona(s *source) (contents, error) {
	a := tensorArray{s.torch.Root.(*torch.Tensor)}
	rows, err := s.rows(a, "the tensor", long(a.shape()))
	if err != nil {
		return contents{}, err
	}
	directions := map[int][]float32{}
	for row, direction := range rows {
		directions[row-1] = direction
	}
	return contents{
		directions: directions,
		convention: "row i is indexed like hidden_states: row 0 is the stream before block 0 (embed), row i the one after block i-1",
		notes: []string{
			"It is taken for a persona vector because of its name: if its rows are blocks, counted from 0, add #shift=1 to the file's name.",
			"Its last row is measured after the final norm, so treat the direction of the last layer with care.",
		},
	}, nil
}
