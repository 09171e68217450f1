package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testVerify damages a copy in one way after the other.
func testVerify(t *testing.T, straight string) {
	verify := func(t *testing.T, dir string, o VerifyOptions) *Verification {
		t.Helper()
		o.Threads = 1
		v, err := Verify(t.Context(), Folder{os.DirFS(dir), "the copy"}, o)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(straight)); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// The assets folder has these as well.
	put("README.md", "about")
	put("models/README.md", "about")
	put("contrast/mood.jsonl", "{}")
	put("demos/look.demo", "press g")

	v := verify(t, dir, VerifyOptions{})
	if err := v.Err(); err != nil || !v.Exact || v.N != 48 || len(v.Lanes) != 4 || v.Lanes[3].Plan == "" {
		t.Fatalf("untouched: %v, %+v", err, v)
	}
	for i, row := range v.Manifest.Headline.Table.Lanes {
		if l := v.Lanes[i]; l.Measured != row.Score || l.Stated != row.Score || l.CI95 != row.CI95 {
			t.Errorf("the table has %v, verify %v", row, l)
		}
	}
	if v := verify(t, dir, VerifyOptions{First: 7}); v.Err() != nil || v.N != 7 {
		t.Errorf("the first 7: %v, %+v", v.Err(), v)
	}

	manifest, err := os.ReadFile(file("manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	v = verify(t, dir, VerifyOptions{})
	right, _ := v.Manifest.Headline.Right["base"].MarshalText()
	flipped := strings.NewReplacer("0", "1", "1", "0").Replace(string(right))
	one := map[byte]string{'0': "1", '1': "0"}[right[0]] + string(right[1:])
	// says is the manifest with other answers of base, and the score they give.
	says := func(answers, kernel string) string {
		var m map[string]any
		if err := json.Unmarshal(manifest, &m); err != nil {
			t.Fatal(err)
		}
		m["kernel"] = kernel
		headline := m["headline"].(map[string]any)
		headline["right"].(map[string]any)["base"] = answers
		lanes := headline["table"].(map[string]any)["lanes"].([]any)
		lanes[0].(map[string]any)["score"] = float64(strings.Count(answers, "1")) / float64(len(answers))
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, c := range []struct{ manifest, want string }{
		{says(one, v.Kernel), "the lane base answers 1 of 48 problems another way"},
		{says(one, "other"), ""},
		{says(flipped, "other"), "the lane base answers"},
	} {
		put("manifest.json", c.manifest)
		err := verify(t, dir, VerifyOptions{}).Err()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	put("manifest.json", string(manifest))

	demo, err := os.ReadFile(file("plans/demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	put("plans/demo.json", strings.Replace(string(demo), "1", "2", 1))
	wants := []string{"the files are not as the manifest says: ", "plans/demo.json was changed"}
	check := func() {
		t.Helper()
		v := verify(t, dir, VerifyOptions{})
		for _, want := range wants {
			if err := v.Err(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		if len(v.Lanes) > 0 {
			t.Error("damaged files were measured")
		}
	}
	check()
	put("vectors/mine.safetensors", "")
	wants = append(wants, "vectors/mine.safetensors was added")
	check()
	if err := os.Remove(file("models/base/model.safetensors")); err != nil {
		t.Fatal(err)
	}
	wants = append(wants, "models/base/model.safetensors is missing")
	check()
	put("splits/tune.jsonl", "")
	wants = []string{"4 files are not as the manifest says, among them: models/base/model.safetensors is missing"}
	check()
}

func TestVerifyRefuses(t *testing.T) {
	dir := t.TempDir()
	verify := func() error {
		_, err := Verify(t.Context(), Folder{os.DirFS(dir), "here"}, VerifyOptions{})
		return err
	}
	if err := verify(); err == nil || !strings.Contains(err.Error(), "here has no manifest.json") {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{
		`{`:                     "at byte 1",
		`{"tool":"tiller"}`:     "needs tool, kernel and files",
		`{"tool":"a","tool":1}`: "can't be read",
		`{"tool":"t","kernel":"k","files":{"../x":{}}}`:                                                                                     `lists "../x"`,
		`{"tool":"t","kernel":"k","files":{"x":{},"x":{}}}`:                                                                                 "twice",
		`{"tool":"t","kernel":"k","files":{"x":{}}}`:                                                                                        "table of its headline",
		`{"tool":"t","kernel":"k","files":{"x":{"size":"1"}}}`:                                                                              "a whole number",
		`{"tool":"t","kernel":"k","files":{"x":{}},"headline":{"table":{"n":2,"lanes":[{"name":"base"}]},"right":{"base":"1"}}}`:            `"base" did on 1 problems, not on all 2`,
		`{"tool":"t","kernel":"k","files":{"x":{}},"headline":{"table":{"n":2,"lanes":[{"name":"base","score":1}]},"right":{"base":"10"}}}`: `contradicts itself: lane "base" has a score of 1, and answered 0.5`,
		`{"tool":"t","kernel":"k","files":{"x":{}},"headline":{"table":{"n":2,"lanes":[]},"right":{"base":"10"}}}`:                          "its headline has 0 lanes, and says of 1",
		`{"headline":{"right":{"base":"12"}}}`:                                                                                              "written in 0 and 1",
	} {
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := verify(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"tool":"t","kernel":"k","files":{"x":{}},"headline":{"table":{"n":1,"lanes":[{"name":"base","score":1}]},"right":{"base":"1"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := ParseManifest(data); err == nil && (m.Headline.Table == nil || len(m.Files) == 0) {
			t.Error("a manifest without what every manifest has")
		}
	})
}
