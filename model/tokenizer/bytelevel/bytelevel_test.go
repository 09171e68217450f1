package bytelevel

import "testing"

func TestEveryByteHasItsRune(t *testing.T) {
	next := rune(0x100)
	for b := range 256 {
		want := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
			want = next
			next++
		}
		if got := Rune(byte(b)); got != want {
			t.Errorf("Rune(%#x) = %U, want %U", b, got, want)
		}
		if got, ok := Byte(want); !ok || got != byte(b) {
			t.Errorf("Byte(%U) = %#x, %v", want, got, ok)
		}
	}
	for _, r := range []rune{' ', '\n', 0x7f, 0xa0, 0xad, next, '☃'} {
		if b, ok := Byte(r); ok {
			t.Errorf("Byte(%U) = %#x, want none", r, b)
		}
	}
}
