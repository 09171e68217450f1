package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// text is str(): how a value is printed.
func (r *run) text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case undefined:
		return "", nil
	}
	return r.repr(v)
}

// repr is Python's repr().
func (r *run) repr(v any) (string, error) {
	var b strings.Builder
	if err := r.writeRepr(&b, v); err != nil {
		return "", err
	}
	return b.String(), r.make(b.Len())
}

func (r *run) writeRepr(b *strings.Builder, v any) error {
	if b.Len() > r.bytes {
		return errBytes
	}
	if err := r.step(1); err != nil {
		return err
	}
	if r.depth++; r.depth > maxDepth {
		return errDepth
	}
	defer func() { r.depth-- }()
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if v {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(floatText(v))
	case string:
		writeQuoted(b, v)
	case undefined:
		b.WriteString("Undefined")
	case *list:
		return r.writeListRepr(b, v)
	case *dict:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			if err := r.writeRepr(b, k); err != nil {
				return err
			}
			b.WriteString(": ")
			if err := r.writeRepr(b, v.values[k]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case *namespace:
		b.WriteString("<Namespace>")
	default:
		b.WriteString("<function>")
	}
	return nil
}

func (r *run) writeListRepr(b *strings.Builder, l *list) error {
	brackets := "[]"
	if l.tuple {
		brackets = "()"
	}
	b.WriteByte(brackets[0])
	for i, item := range l.items {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := r.writeRepr(b, item); err != nil {
			return err
		}
	}
	if l.tuple && len(l.items) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(brackets[1])
	return nil
}

// floatText is Python's repr of a float.
func floatText(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsRune(s, '.') {
		s += ".0"
	}
	return s
}

func writeQuoted(b *strings.Builder, s string) {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	b.WriteRune(quote)
	for _, c := range s {
		switch {
		case c == quote || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(b, `\x%02x`, c)
		case !strconv.IsPrint(c) && c < 0x100:
			fmt.Fprintf(b, `\x%02x`, c)
		case !strconv.IsPrint(c) && c < 0x10000:
			fmt.Fprintf(b, `\u%04x`, c)
		case !strconv.IsPrint(c):
			fmt.Fprintf(b, `\U%08x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteRune(quote)
}
