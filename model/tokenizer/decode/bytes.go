package decode

import (
	"strconv"
	"unicode/utf8"

	"tiller/model/tokenizer/bytelevel"
)

// ByteLevel turns GPT-2's alphabet back into bytes, and the bytes into text.
type ByteLevel struct{}

func (ByteLevel) fuses() bool { return true }

func (ByteLevel) piece(token string) string { return string(bytelevel.Decode(nil, token)) }

func (ByteLevel) start(fused bool, emit func(item)) step {
	lossy := &Lossy{}
	out := func(s string) {
		if s != "" {
			emit(item{text: s})
		}
	}
	b := &byteLevel{lossy: lossy, out: out}
	if fused {
		return &whole{f: func(s string) string {
			return lossy.Push(bytelevel.Decode(nil, s)) + lossy.Flush()
		}, emit: emit}
	}
	return b
}

type byteLevel struct {
	lossy *Lossy
	out   func(string)
	buf   []byte
}

func (b *byteLevel) push(it item) {
	if it.raw {
		b.buf = append(b.buf[:0], it.text...)
	} else {
		b.buf = bytelevel.Decode(b.buf[:0], it.text)
	}
	b.out(b.lossy.Push(b.buf))
}

func (b *byteLevel) flush() { b.out(b.lossy.Flush()) }

// ByteFallback turns tokens like <0x0A> into bytes, and runs of bytes into
// characters. A byte that is part of no character becomes U+FFFD. (The
// reference gives up all of a run when one byte of it is wrong; here the
// characters in it survive, so that they can be shown when they are complete.)
type ByteFallback struct{}

func (ByteFallback) fuses() bool { return false }

func (ByteFallback) piece(token string) string {
	if b, ok := byteToken(token); ok {
		return string([]byte{b})
	}
	return token
}

func byteToken(token string) (byte, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return 0, false
	}
	n, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(n), err == nil
}

func (f ByteFallback) start(fused bool, emit func(item)) step {
	if fused {
		return &whole{f: func(s string) string {
			if b, ok := byteToken(s); ok {
				if b < utf8.RuneSelf {
					return string(rune(b))
				}
				return string(utf8.RuneError)
			}
			return s
		}, emit: emit}
	}
	return &byteRun{emit: emit}
}

// byteRun collects the bytes of one character.
type byteRun struct {
	emit func(item)
	buf  []byte
}

func (r *byteRun) push(it item) {
	b, ok := byteToken(it.text)
	if !ok || it.raw {
		r.flush()
		r.emit(it)
		return
	}
	r.buf = append(r.buf, b)
	r.settle(false)
}

func (r *byteRun) flush() { r.settle(true) }

// settle sends on what is certain: characters, and bytes that can't be part of
// one.
func (r *byteRun) settle(all bool) {
	for len(r.buf) > 0 && (all || utf8.FullRune(r.buf)) {
		c, w := utf8.DecodeRune(r.buf)
		r.emit(item{text: string(c)})
		r.buf = r.buf[:copy(r.buf, r.buf[w:])]
	}
}
