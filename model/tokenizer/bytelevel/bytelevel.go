// Package bytelevel is GPT-2's way to write any bytes as printable text: each
// byte is one rune, most printable bytes are themselves, the others are the
// runes from U+0100 on.
package bytelevel

import "tiller/model/tokenizer/aligned"

// Rune returns the rune that stands for a byte.
func Rune(b byte) rune {
	switch {
	case b >= '!' && b <= '~', b >= 0xa1 && b <= 0xac, b >= 0xae:
		return rune(b)
	case b <= ' ':
		return 0x100 + rune(b)
	case b < 0xa1: // 7f..a0
		return 0x100 + 33 + rune(b-0x7f)
	}
	return 0x100 + 33 + 34 // ad
}

// Byte returns the byte that r stands for.
func Byte(r rune) (byte, bool) {
	switch {
	case r >= '!' && r <= '~', r >= 0xa1 && r <= 0xac, r >= 0xae && r <= 0xff:
		return byte(r), true
	case r >= 0x100 && r <= 0x120:
		return byte(r - 0x100), true
	case r > 0x120 && r <= 0x120+34:
		return byte(r - 0x121 + 0x7f), true
	case r == 0x120+35:
		return 0xad, true
	}
	return 0, false
}

// Encode writes each byte of t as its rune. Every rune is aligned to exactly
// its byte, so a token that holds a part of a character has exact offsets.
func Encode(t aligned.Text) (aligned.Text, error) {
	text := t.String()
	b := aligned.Change(t, len(text)+len(text)/4)
	for i := range len(text) {
		b.ReplaceRune(i, i+1, Rune(text[i]))
	}
	return b.Text(), nil
}

// Decode appends the bytes that s stands for. Text with any rune that stands
// for no byte is taken as it is.
func Decode(dst []byte, s string) []byte {
	n := len(dst)
	for _, r := range s {
		b, ok := Byte(r)
		if !ok {
			return append(dst[:n], s...)
		}
		dst = append(dst, b)
	}
	return dst
}
