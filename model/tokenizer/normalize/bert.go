package normalize

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"

	"tiller/model/tokenizer/aligned"
)

// bert is the cleaning of BERT's tokenizers.
type bert struct{ clean, chinese, accents, lower bool }

func parseBert(raw json.RawMessage) (Normalizer, error) {
	j := struct {
		Clean   bool  `json:"clean_text"`
		Chinese bool  `json:"handle_chinese_chars"`
		Accents *bool `json:"strip_accents"`
		Lower   bool  `json:"lowercase"`
	}{Clean: true, Chinese: true, Lower: true}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	b := bert{clean: j.Clean, chinese: j.Chinese, accents: j.Lower, lower: j.Lower}
	if j.Accents != nil {
		b.accents = *j.Accents
	}
	return b, nil
}

func (b bert) Normalize(t aligned.Text) (aligned.Text, error) {
	if b.clean {
		t = mapRunes(t, func(r rune) ([2]rune, int) {
			switch {
			case r == '\t', r == '\n', r == '\r', unicode.IsSpace(r):
				return [2]rune{' '}, 1
			case r == 0, r == utf8.RuneError, unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
				return [2]rune{}, 0
			}
			return [2]rune{r}, 1
		})
	}
	if b.chinese {
		t = spaceIdeographs(t)
	}
	if b.accents {
		t, _ = nfd(t)
		t = filter(t, func(r rune) bool { return unicode.Is(unicode.Mn, r) })
	}
	if b.lower {
		return lowercase(t)
	}
	return t, nil
}

// spaceIdeographs puts a space before and after each ideograph.
func spaceIdeographs(t aligned.Text) aligned.Text {
	text := t.String()
	var b *aligned.Builder
	last := 0
	for i, r := range text {
		if !isIdeograph(r) {
			continue
		}
		if b == nil {
			b = aligned.Change(t, 2*t.Len())
		}
		b.Keep(last, i)
		last = i + utf8.RuneLen(r)
		b.Replace(i, i, " ")
		b.Keep(i, last)
		b.Replace(last, last, " ")
	}
	if b == nil {
		return t
	}
	b.Keep(last, t.Len())
	return b.Text()
}

// isIdeograph is BERT's idea of a Chinese character, its gap between 2B820 and
// 2B91F included.
func isIdeograph(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf || r >= 0x20000 && r <= 0x2a6df ||
		r >= 0x2a700 && r <= 0x2b73f || r >= 0x2b740 && r <= 0x2b81f || r >= 0x2b920 && r <= 0x2ceaf ||
		r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f
}
