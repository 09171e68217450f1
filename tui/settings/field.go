package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/tui/theme"
)

// Field is a setting that is a single value, as a screen of settings shows it. Folders and keys
// are lists, and are not among them.
type Field struct {
	Name string // in the config file
	Help string // a few words
	// Choices are all values that it can have; nil if it is a whole number.
	Choices []string

	value func(s *Settings) string
	set   func(s *Settings, text string) error
}

// Value returns the setting as the config file writes it.
func (f Field) Value(s Settings) string { return f.value(&s) }

// Set changes the setting to what a text says. The error says in a sentence what the setting can
// be, and then s is as it was.
func (f Field) Set(s *Settings, text string) error { return f.set(s, text) }

// The most that whole numbers may be.
const (
	maxThreads = 1024
	maxTokens  = 1 << 20
)

// Fields are all settings that are a single value, in the order of the file.
func Fields() []Field {
	return []Field{
		choice("theme", "colours for light or dark backgrounds", func(s *Settings) *theme.Name { return &s.Theme },
			theme.Auto, theme.Light, theme.Dark, theme.Mono),
		choice("colours", "how many colours the terminal has", func(s *Settings) *Colours { return &s.Colours },
			AutoColours, TrueColours, Colours256, Colours16, NoColours),
		truth("mouse", "whether the mouse does something", func(s *Settings) *bool { return &s.Mouse }),
		truth("plain", "lines instead of a screen, for screen readers", func(s *Settings) *bool { return &s.Plain }),
		frames(),
		number("threads", "workers; 0 leaves one processor to the screen", func(s *Settings) *int { return &s.Threads }, 0, maxThreads),
		number("max_tokens", "the most tokens of an answer", func(s *Settings) *int { return &s.MaxTokens }, 1, maxTokens),
	}
}

// choice is a setting that is one of a few words.
func choice[T ~string](name, help string, at func(*Settings) *T, values ...T) Field {
	choices := make([]string, len(values))
	for i, v := range values {
		choices[i] = string(v)
	}
	return Field{
		Name: name, Help: help, Choices: choices,
		value: func(s *Settings) string { return string(*at(s)) },
		set: func(s *Settings, text string) error {
			if !slices.Contains(choices, text) {
				return refuse(name, choices, text)
			}
			*at(s) = T(text)
			return nil
		},
	}
}

// truth is a setting that holds or doesn't. It takes the words that YAML 1.1 had for that as well.
func truth(name, help string, at func(*Settings) *bool) Field {
	choices := []string{"true", "false"}
	return Field{
		Name: name, Help: help, Choices: choices,
		value: func(s *Settings) string { return strconv.FormatBool(*at(s)) },
		set: func(s *Settings, text string) error {
			switch strings.ToLower(text) {
			case "true", "yes", "on":
				*at(s) = true
			case "false", "no", "off":
				*at(s) = false
			default:
				return refuse(name, choices, text)
			}
			return nil
		},
	}
}

// frames is the most frames a second, one of two.
func frames() Field {
	f := number("frames", "frames a second, at most", func(s *Settings) *int { return &s.Frames }, 60, 120)
	f.Choices = []string{"60", "120"}
	set := f.set
	f.set = func(s *Settings, text string) error {
		if !slices.Contains(f.Choices, text) {
			return refuse(f.Name, f.Choices, text)
		}
		return set(s, text)
	}
	return f
}

// number is a setting that is a whole number.
func number(name, help string, at func(*Settings) *int, least, most int) Field {
	return Field{
		Name: name, Help: help,
		value: func(s *Settings) string { return strconv.Itoa(*at(s)) },
		set: func(s *Settings, text string) error {
			n, err := strconv.Atoi(text)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%s is a whole number from %d to %d, not %s", name, least, most, badfile.Quote(text))
			}
			*at(s) = n
			return nil
		},
	}
}

// refuse says which values a setting can have.
func refuse(name string, choices []string, text string) error {
	last := len(choices) - 1
	return fmt.Errorf("%s is %s or %s, not %s", name, strings.Join(choices[:last], ", "), choices[last], badfile.Quote(text))
}
