package record

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tiller/model/checkpoint/strictjson"
	"tiller/steering/lab/problem"
	"tiller/tui/engine"
	"tiller/tui/visible"
)

// How Go values stand in a log. A struct is an object whose names are those of
// its fields in small letters; a field that is zero, or that JSON is told to
// leave out, is left out. Some structs, of which there are many, are lists of
// their fields in order, without the zero ones at the end. The tokens of a
// prompt that stood in the log before are the number of that time. A list of floats is a string: base64 of their bits,
// the lowest byte first. One float is a number, or else "NaN", "+Inf", "-Inf".
// A text that is not UTF-8 is a list of one string, base64 of its bytes. So
// every value comes back with the same bits.

var timeType = reflect.TypeFor[time.Time]()

// A coder is what those who write or read a log remember of its lines before.
type coder struct {
	words   map[int]word   // text and piece that ids had last
	next    map[int]int    // index of the next token, by lane
	prompts map[string]int // by their tokens as they are written
	listed  []reflect.Value
}

func newCoder() *coder {
	return &coder{words: map[int]word{}, next: map[int]int{}, prompts: map[string]int{}}
}

var promptType = reflect.TypeFor[[]engine.PromptToken]()

// rows are the structs that are written as lists.
var rows = map[reflect.Type]bool{
	reflect.TypeFor[engine.PromptToken](): true,
	reflect.TypeFor[engine.Choice]():      true,
	reflect.TypeFor[engine.LensRow]():     true,
	reflect.TypeFor[problem.Problem]():    true,
}

// appendValue writes a value.
func (c *coder) appendValue(b []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(b, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return appendFloat(b, v.Float(), v.Type().Bits()), nil
	case reflect.String:
		return appendText(b, v.String()), nil
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return c.appendValue(b, v.Elem())
	case reflect.Slice:
		return c.appendList(b, v)
	case reflect.Map:
		return c.appendMap(b, v)
	case reflect.Struct:
		if v.Type() == timeType {
			return appendText(b, v.Interface().(time.Time).Format(time.RFC3339Nano)), nil
		}
		return c.appendStruct(b, v)
	}
	return b, fmt.Errorf("a log has no form for a %s", v.Type())
}

func appendFloat(b []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(strconv.AppendFloat(append(b, '"'), x, 'g', -1, bits), '"')
	}
	return strconv.AppendFloat(b, x, 'g', -1, bits)
}

// appendText writes a text, with what a terminal would act on as escapes.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `["`...)
		return append(base64.StdEncoding.AppendEncode(b, []byte(s)), `"]`...)
	}
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // a string can always be written
	return append(b, visible.JSON(quoted)...)
}

// plain reports whether a text stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (c *coder) appendList(b []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return append(b, "null"...), nil
	}
	if size := floatBytes(v.Type().Elem()); size > 0 {
		return appendFloats(b, v, size), nil
	}
	begin := len(b)
	var err error
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = c.appendValue(b, v.Index(i)); err != nil {
			return b, err
		}
	}
	b = append(b, ']')
	if v.Type() != promptType {
		return b, nil
	}
	text := string(b[begin:])
	if n, before := c.prompts[text]; before {
		return strconv.AppendInt(b[:begin], int64(n), 10), nil
	}
	c.prompts[text] = len(c.prompts)
	return b, nil
}

// floatBytes is the size of a float; 0 for another type.
func floatBytes(t reflect.Type) int {
	switch t.Kind() {
	case reflect.Float32:
		return 4
	case reflect.Float64:
		return 8
	}
	return 0
}

func appendFloats(b []byte, v reflect.Value, size int) []byte {
	raw := make([]byte, 0, v.Len()*size)
	for i := range v.Len() {
		x := v.Index(i).Float()
		if size == 4 {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
			continue
		}
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
	}
	return append(base64.StdEncoding.AppendEncode(append(b, '"'), raw), '"')
}

func (c *coder) appendMap(b []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return append(b, "null"...), nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	var err error
	b = append(b, '[') // of pairs: a key need not be UTF-8
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(append(b, '['), key.String()), ',')
		if b, err = c.appendValue(b, v.MapIndex(key)); err != nil {
			return b, err
		}
		b = append(b, ']')
	}
	return append(b, ']'), nil
}

func (c *coder) appendStruct(b []byte, v reflect.Value) ([]byte, error) {
	if rows[v.Type()] {
		return c.appendRow(b, v)
	}
	var err error
	b = append(b, '{')
	first := true
	for _, f := range layouts[v.Type()] {
		value := v.Field(f.index)
		if zero(value) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), f.name...), `":`...)
		if b, err = c.appendValue(b, value); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// zero reports whether nothing need be written of a field. Below zero there is
// a zero too, which is not.
func zero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(v.Float()) == 0
	case reflect.Struct:
		for i := range v.NumField() {
			if !zero(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

func (c *coder) appendRow(b []byte, v reflect.Value) ([]byte, error) {
	fields := layouts[v.Type()]
	for len(fields) > 0 && zero(v.Field(fields[len(fields)-1].index)) {
		fields = fields[:len(fields)-1]
	}
	var err error
	b = append(b, '[')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = c.appendValue(b, v.Field(f.index)); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// A field is one that stands in a log.
type field struct {
	name  string
	index int
}

// layouts are the fields of every struct that stands in logs.
var layouts = func() map[reflect.Type][]field {
	all := map[reflect.Type][]field{}
	layOut(all, reflect.TypeFor[Header]())
	for _, k := range kinds {
		layOut(all, k.holds)
	}
	return all
}()

// layOut adds the layout of a type, and of those within it.
func layOut(all map[reflect.Type][]field, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		layOut(all, t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if _, done := all[t]; done || t == timeType {
		return
	}
	list := []field{}
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("json") != "-" {
			list = append(list, field{strings.ToLower(f.Name), i})
			layOut(all, f.Type)
		}
	}
	all[t] = list
}

// unmarshal is [json.Unmarshal] whose errors are for people.
func unmarshal(raw json.RawMessage, to any) error {
	err := json.Unmarshal(raw, to)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &kind) {
		return errors.New(strictjson.Explain(err))
	}
	return err
}

// readValue reads what appendValue wrote into v, which is zero.
func (c *coder) readValue(raw json.RawMessage, v reflect.Value) error {
	if string(raw) == "null" {
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		s, err := readText(raw)
		v.SetString(s)
		return err
	case reflect.Float32, reflect.Float64:
		x, err := readFloat(raw, v.Type().Bits())
		v.SetFloat(x)
		return err
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return c.readValue(raw, v.Elem())
	case reflect.Slice:
		return c.readList(raw, v)
	case reflect.Map:
		return c.readMap(raw, v)
	case reflect.Struct:
		if v.Type() != timeType {
			return c.readStruct(raw, v)
		}
		fallthrough // as encoding/json reads it
	default:
		return unmarshal(raw, v.Addr().Interface())
	}
}

func readText(raw json.RawMessage) (string, error) {
	if len(raw) > 0 && raw[0] == '[' {
		var parts []string
		if err := unmarshal(raw, &parts); err != nil {
			return "", err
		}
		if len(parts) != 1 {
			return "", errors.New("a text in base64 has one part")
		}
		b, err := base64.StdEncoding.DecodeString(parts[0])
		return string(b), err
	}
	var s string
	err := unmarshal(raw, &s)
	return s, err
}

func readFloat(raw json.RawMessage, bits int) (float64, error) {
	switch string(raw) {
	case `"NaN"`:
		return math.NaN(), nil
	case `"+Inf"`:
		return math.Inf(1), nil
	case `"-Inf"`:
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(string(raw), bits)
}

func (c *coder) readList(raw json.RawMessage, v reflect.Value) error {
	if size := floatBytes(v.Type().Elem()); size > 0 {
		return readFloats(raw, v, size)
	}
	if v.Type() == promptType && len(raw) > 0 && raw[0] != '[' {
		n, err := strconv.Atoi(string(raw))
		if err != nil || n < 0 || n >= len(c.listed) {
			return fmt.Errorf("there is no prompt %s before", raw)
		}
		v.Set(reflect.AppendSlice(reflect.MakeSlice(promptType, 0, c.listed[n].Len()), c.listed[n])) // of its own, as it was
		return nil
	}
	var items []json.RawMessage
	if err := unmarshal(raw, &items); err != nil {
		return err
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := c.readValue(item, list.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	v.Set(list)
	if v.Type() == promptType {
		c.listed = append(c.listed, list)
	}
	return nil
}

func readFloats(raw json.RawMessage, v reflect.Value, size int) error {
	var text string
	if err := unmarshal(raw, &text); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	if len(b)%size != 0 {
		return fmt.Errorf("%d bytes are not a list of floats", len(b))
	}
	list := reflect.MakeSlice(v.Type(), len(b)/size, len(b)/size)
	for i := range list.Len() {
		if size == 4 {
			list.Index(i).SetFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:]))))
			continue
		}
		list.Index(i).SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(b[i*8:])))
	}
	v.Set(list)
	return nil
}

func (c *coder) readMap(raw json.RawMessage, v reflect.Value) error {
	var pairs [][]json.RawMessage
	if err := unmarshal(raw, &pairs); err != nil {
		return err
	}
	m := reflect.MakeMap(v.Type())
	for _, pair := range pairs {
		if len(pair) != 2 {
			return errors.New("a pair has two parts")
		}
		key, err := readText(pair[0])
		if err != nil {
			return err
		}
		value := reflect.New(v.Type().Elem()).Elem()
		if err := c.readValue(pair[1], value); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		m.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), value)
	}
	v.Set(m)
	return nil
}

func (c *coder) readStruct(raw json.RawMessage, v reflect.Value) error {
	if rows[v.Type()] {
		return c.readRow(raw, v)
	}
	var members map[string]json.RawMessage
	if err := unmarshal(raw, &members); err != nil {
		return err
	}
	return c.readMembers(members, v)
}

// readMembers reads the fields of a struct; it empties members.
func (c *coder) readMembers(members map[string]json.RawMessage, v reflect.Value) error {
	for _, f := range layouts[v.Type()] {
		member, ok := members[f.name]
		if !ok {
			continue
		}
		delete(members, f.name)
		if err := c.readValue(member, v.Field(f.index)); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		return fmt.Errorf("there is no %q in it", name)
	}
	return nil
}

func (c *coder) readRow(raw json.RawMessage, v reflect.Value) error {
	var items []json.RawMessage
	if err := unmarshal(raw, &items); err != nil {
		return err
	}
	fields := layouts[v.Type()]
	if len(items) > len(fields) {
		return fmt.Errorf("it has %d parts, at most %d were expected", len(items), len(fields))
	}
	for i, item := range items {
		if err := c.readValue(item, v.Field(fields[i].index)); err != nil {
			return fmt.Errorf("%s: %w", fields[i].name, err)
		}
	}
	return nil
}
