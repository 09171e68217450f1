package pattern

import (
	"encoding/json"
	"errors"
)

// Parse reads a pattern as tokenizer.json writes it: {"Regex": "..."} or
// {"String": "..."}.
func Parse(raw json.RawMessage) (*Pattern, error) {
	var j struct{ Regex, String *string }
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	switch {
	case j.Regex != nil && j.String == nil:
		return Compile(*j.Regex)
	case j.String != nil && j.Regex == nil:
		return Literal(*j.String), nil
	}
	return nil, errors.New("a pattern must be one Regex or one String")
}
