package assets

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// lines decodes a file of JSON lines, each into a new T without unknown fields.
func lines[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := fs.ReadFile(FS, name)
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		d := json.NewDecoder(bytes.NewReader(s.Bytes()))
		d.DisallowUnknownFields()
		var one T
		if err := d.Decode(&one); err != nil || d.More() {
			t.Fatalf("%s, line %d: %v: %q", name, len(all)+1, err, s.Bytes())
		}
		all = append(all, one)
	}
	return all
}

// glob lists what matches, of which there must be some unless the assets of
// the lab are absent.
func glob(t *testing.T, pattern string, needed bool) []string {
	t.Helper()
	names, err := fs.Glob(FS, pattern)
	if err != nil {
		t.Fatal(err)
	}
	if needed && len(names) == 0 {
		t.Fatalf("nothing matches %s", pattern)
	}
	return names
}

// built reports whether the output of `tiller lab build` is here; without it
// there are the contrast texts only.
func built() bool {
	_, err := fs.Stat(FS, "manifest.json")
	return err == nil
}

func TestContrast(t *testing.T) {
	index, err := fs.ReadFile(FS, "contrast/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range glob(t, "contrast/*.jsonl", true) {
		if !bytes.Contains(index, []byte("`"+path.Base(name)+"`")) {
			t.Errorf("contrast/README.md does not mention %s", name)
		}
		pairs := lines[struct{ Prompt, Positive, Negative string }](t, name)
		if len(pairs) < 40 {
			t.Errorf("%s has %d pairs, which is too few", name, len(pairs))
		}
		seen := map[string]bool{}
		length := [2]int{}
		for i, p := range pairs {
			if !printable(strings.TrimSuffix(p.Prompt, "\n")) {
				t.Errorf("%s, line %d has a character that can't be printed: %q", name, i+1, p.Prompt)
			}
			for side, text := range []string{p.Positive, p.Negative} {
				if plain := strings.ToLower(strings.TrimSpace(text)); plain == "" || seen[plain] {
					t.Errorf("%s, line %d: empty or there twice: %q", name, i+1, text)
				} else {
					seen[plain] = true
				}
				if !printable(text) {
					t.Errorf("%s, line %d has a character that can't be printed: %q", name, i+1, text)
				}
				length[side] += utf8.RuneCountInString(text)
			}
			a, b := utf8.RuneCountInString(p.Positive), utf8.RuneCountInString(p.Negative)
			if a > 2*b || b > 2*a {
				t.Errorf("%s, line %d: one side is more than twice as long as the other", name, i+1)
			}
		}
		// Length must not be what tells the sides apart.
		if ratio := float64(length[0]) / float64(length[1]); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: the positive texts are %.2f times as long as the negative ones", name, ratio)
		}
	}
}

// printable reports whether a text is valid and has no control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func TestModels(t *testing.T) {
	var names []string
	for _, dir := range glob(t, "models/*", built()) {
		if path.Ext(dir) == ".md" {
			continue
		}
		names = append(names, path.Base(dir))
		for _, file := range []string{"config.json", "model.safetensors", "tokenizer.json"} {
			if info, err := fs.Stat(FS, path.Join(dir, file)); err != nil || info.Size() == 0 {
				t.Errorf("%s has no %s: %v", dir, file, err)
			}
		}
	}
	if got := strings.Join(names, " "); built() && got != "base thinking" {
		t.Errorf("the models are %q, want base and thinking", got)
	}
}

func TestPlansNameVectorsThatAreHere(t *testing.T) {
	name := regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	for _, file := range glob(t, "vectors/*.safetensors", built()) {
		if base := strings.TrimSuffix(path.Base(file), ".safetensors"); !name.MatchString(base) {
			t.Errorf("%s is not a name that a plan can use", file)
		}
	}
	demo := !built()
	for _, file := range glob(t, "plans/*.json", built()) {
		demo = demo || file == "plans/demo.json"
		data, err := fs.ReadFile(FS, file)
		if err != nil {
			t.Fatal(err)
		}
		var plan struct {
			About string
			Terms []struct{ Vector string }
		}
		if err := json.Unmarshal(data, &plan); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if plan.About == "" || len(plan.Terms) == 0 {
			t.Errorf("%s has no terms, or does not say what it is about", file)
		}
		for _, term := range plan.Terms {
			if _, err := fs.Stat(FS, "vectors/"+term.Vector+".safetensors"); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if !demo {
		t.Error("there is no plans/demo.json")
	}
}

func TestSplits(t *testing.T) {
	type question struct{ ID, Family, Question, Answer string }
	home := map[string]string{} // of each question
	ids := map[string]bool{}    // of the test split
	for _, file := range glob(t, "splits/*.jsonl", built()) {
		for i, q := range lines[question](t, file) {
			if q.ID == "" || q.Family == "" || q.Question == "" || q.Answer == "" {
				t.Errorf("%s, line %d lacks a field", file, i+1)
			}
			if other, twice := home[q.Question]; twice {
				t.Errorf("%s, line %d: %q is in %s already", file, i+1, q.Question, other)
			}
			home[q.Question] = file
			if file == "splits/test.jsonl" {
				ids[q.ID] = true
			}
		}
	}
	if !built() {
		return
	}
	data, err := fs.ReadFile(FS, "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Demonstration string }
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Demonstration != "" && !ids[manifest.Demonstration] {
		t.Errorf("manifest.json names the question %q, which is not in splits/test.jsonl", manifest.Demonstration)
	}
}

func TestSize(t *testing.T) {
	var total int64
	err := fs.WalkDir(FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		total += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if total > 8<<20 {
		t.Errorf("the assets have %d bytes, and everybody who installs tiller gets them", total)
	}
}
