package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// Explain says in words for people what encoding/json found wrong with a text that it was to
// decode. What it says completes a sentence about that text.
func Explain(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON at byte %d: %v", syntax.Offset, err)
	case errors.As(err, &kind):
		return wrongKind(kind)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the JSON ends inside it"
	}
	// The package has no type for this one.
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if name, err := strconv.Unquote(field); err == nil {
			return "unknown field " + badfile.Quote(name)
		}
	}
	return err.Error()
}

// wrongKind is about a value of another kind than its key's.
func wrongKind(e *json.UnmarshalTypeError) string {
	where := "it"
	if e.Field != "" {
		where = fmt.Sprintf("key %s at byte %d", badfile.Quote(e.Field), e.Offset)
	}
	value, number, ok := strings.Cut(e.Value, " ") // such as "array", or "number 1e400"
	want := wanted(e.Type)
	switch {
	case ok:
		value = "the number " + badfile.Quote(number)
		want += " that fits into 64 bits"
	case value == "bool":
		value = "true or false"
	default:
		value = "a JSON " + value
	}
	return fmt.Sprintf("%s holds %s where %s is expected", where, value, want)
}

// wanted is what JSON calls the values of a Go type.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}
