package jinja

import (
	"fmt"
	"strconv"
	"strings"
)

// filterToJSON is json.dumps(v, ensure_ascii=False) with its arguments
// ensure_ascii, indent, separators and sort_keys.
func filterToJSON(r *run, v any, a arguments) (any, error) {
	w := &jsonWriter{r: r, item: ", ", key: ": "}
	if err := w.configure(a); err != nil {
		return nil, err
	}
	if err := w.value(v, 0); err != nil {
		return nil, err
	}
	return w.b.String(), r.make(w.b.Len())
}

type jsonWriter struct {
	r         *run
	b         strings.Builder
	ascii     bool
	indent    string
	lines     bool
	item, key string // separators
	sorted    bool
}

// maxIndent bounds the indent of one level.
const maxIndent = 64

func (w *jsonWriter) configure(a arguments) error {
	w.ascii = a.truth(0, "ensure_ascii", false)
	w.sorted = a.truth(3, "sort_keys", false)
	if v, ok := a.take(1, "indent"); ok && v != nil {
		w.lines, w.item = true, ","
		if s, ok := v.(string); ok {
			w.indent = s
		} else if n, ok := integer(v); ok {
			w.indent = strings.Repeat(" ", int(max(0, min(n, maxIndent+1))))
		}
		if len(w.indent) > maxIndent {
			return fmt.Errorf("an indent of more than %d is not supported", maxIndent)
		}
	}
	if v, ok := a.take(2, "separators"); ok && v != nil {
		l, ok := v.(*list)
		if !ok || len(l.items) != 2 {
			return fmt.Errorf("separators must be two strings")
		}
		for i, to := range []*string{&w.item, &w.key} {
			if *to, ok = l.items[i].(string); !ok {
				return fmt.Errorf("separators must be two strings")
			}
		}
	}
	return nil
}

func (w *jsonWriter) value(v any, depth int) error {
	if w.b.Len() > w.r.bytes {
		return errBytes
	}
	if depth > maxDepth {
		return errDepth
	}
	if err := w.r.step(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strconv.FormatBool(v))
	case int64:
		w.b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		w.b.WriteString(strings.NewReplacer("inf", "Infinity", "nan", "NaN").Replace(floatText(v)))
	case string:
		w.string(v)
	case *list:
		return w.list(v, depth)
	case *dict:
		return w.dict(v, depth)
	default:
		return fmt.Errorf("%s can't be JSON", typeName(v))
	}
	return nil
}

func (w *jsonWriter) newLine(depth int) {
	if w.lines {
		w.b.WriteByte('\n')
		for range depth {
			w.b.WriteString(w.indent)
		}
	}
}

func (w *jsonWriter) list(l *list, depth int) error {
	w.b.WriteByte('[')
	for i, item := range l.items {
		if i > 0 {
			w.b.WriteString(w.item)
		}
		w.newLine(depth + 1)
		if err := w.value(item, depth+1); err != nil {
			return err
		}
	}
	if len(l.items) > 0 {
		w.newLine(depth)
	}
	w.b.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *dict, depth int) error {
	keys := d.keys
	if w.sorted {
		sorted, err := w.r.sorted(keys, func(k any) any { return k }, false)
		if err != nil {
			return err
		}
		keys = sorted.(*list).items
	}
	w.b.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			w.b.WriteString(w.item)
		}
		w.newLine(depth + 1)
		if s, ok := k.(string); ok {
			w.string(s)
		} else {
			w.b.WriteByte('"')
			if err := w.value(k, depth+1); err != nil {
				return err
			}
			w.b.WriteByte('"')
		}
		w.b.WriteString(w.key)
		if err := w.value(d.values[k], depth+1); err != nil {
			return err
		}
	}
	if len(keys) > 0 {
		w.newLine(depth)
	}
	w.b.WriteByte('}')
	return nil
}

func (w *jsonWriter) string(s string) {
	w.b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(c)
		case c == '\n':
			w.b.WriteString(`\n`)
		case c == '\r':
			w.b.WriteString(`\r`)
		case c == '\t':
			w.b.WriteString(`\t`)
		case c == '\b':
			w.b.WriteString(`\b`)
		case c == '\f':
			w.b.WriteString(`\f`)
		case c < ' ' || w.ascii && c > 0x7e && c < 0x10000:
			fmt.Fprintf(&w.b, `\u%04x`, c)
		case w.ascii && c >= 0x10000:
			c -= 0x10000
			fmt.Fprintf(&w.b, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			w.b.WriteRune(c)
		}
	}
	w.b.WriteByte('"')
}
