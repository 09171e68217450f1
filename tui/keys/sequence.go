package keys

// Sequence follows keys as they are pressed, and joins two that belong together. The zero value
// waits for a first key.
type Sequence struct {
	first string // waits for its second
}

// Press takes a key and returns what it means with those before it. If it begins two keys, pending
// is that key and ok is false: show what can follow ([Map.After]). A letter that continues nothing
// is dropped, as is esc; any other key then means what it means alone.
func (s *Sequence) Press(m *Map, where Context, key string) (a Action, pending string, ok bool) {
	first := s.first
	s.first = ""
	if first != "" {
		if a, ok := m.Lookup(where, first+" "+key); ok {
			return a, "", true
		}
		if prints(key) || key == "esc" {
			return "", "", false
		}
	}
	if m.begins(where, key) {
		s.first = key
		return "", key, false
	}
	a, ok = m.Lookup(where, key)
	return a, "", ok
}

// Pending is the key that waits for its second, or "".
func (s *Sequence) Pending() string { return s.first }

// Cancel forgets the key that waits, as when the mouse is pressed.
func (s *Sequence) Cancel() { s.first = "" }
