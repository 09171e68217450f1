package vectorfile

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tiller/steering"
	"tiller/steering/vectorfile/pickle"
)

func TestChoices(t *testing.T) {
	tests := []struct{ ref, path, want string }{
		{"a.pt", "a.pt", ""},
		{"dir#1/a.pt", "dir#1/a.pt", ""},
		{"a.pt#x=1", "a.pt#x=1", ""},
		{"a#b.pt#layer=3", "a#b.pt", "layer 3"},
		{"a.npz#layer=-1,feature=12", "a.npz", "feature 12 layer -1"},
		{"a.npz#shift=+1,key=a,b/c=d#e", "a.npz", "key a,b/c=d#e shift +1"},
		{"#key=", "", "key "},
	}
	for _, test := range tests {
		path, text := cut(test.ref)
		c, err := parseChoices(text)
		if err != nil {
			t.Errorf("%s: %v", test.ref, err)
		}
		var got []string
		for _, name := range []string{"feature", "key", "layer", "shift"} {
			if value, ok := c.values[name]; ok {
				got = append(got, name+" "+value)
			}
		}
		if path != test.path || strings.Join(got, " ") != test.want {
			t.Errorf("%s: path %q, choices %q", test.ref, path, got)
		}
	}
	for ref, want := range map[string]string{
		"":                             "no file is named",
		"#layer=1":                     "no file is named",
		"a#feature=x":                  `says feature="x", where a whole number is expected`,
		"a#feature=":                   "where a whole number is expected",
		"a#layer=1,layer=2":            "says layer twice",
		"a#layer=1,colour=2":           "is not of the form #feature=N",
		"a#layer=1,feature":            "is not of the form #feature=N",
		"a#layer=9e99":                 "where a whole number is expected",
		"a#shift=99999999999999999999": "where a whole number is expected",
	} {
		if _, _, err := Read(ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", ref, err, want)
		}
	}
}

func TestFiles(t *testing.T) {
	for ref, want := range map[string]string{
		"a.pt#layer=3":               "a.pt",
		"none/cfg.json":              "none/cfg.json",
		"testdata/sae-pre#feature=1": "testdata/sae-pre testdata/sae-pre/cfg.json testdata/sae-pre/sae_weights.safetensors testdata/sae-pre/sae.safetensors",
		"testdata/sae-pre/cfg.json":  "testdata/sae-pre/cfg.json testdata/sae-pre/cfg.json testdata/sae-pre/sae_weights.safetensors testdata/sae-pre/sae.safetensors",
	} {
		if got := filepath.ToSlash(strings.Join(Files(ref), " ")); got != want {
			t.Errorf("%s is read from %s, want %s", ref, got, want)
		}
	}
}

func TestTrimEnding(t *testing.T) {
	for file, want := range map[string]string{"a.gguf": "a", "a.b.safetensors": "a.b", "x.npz": "x", "y.svec": "y", "a.txt": "", "a.csv": "", "npz": ""} {
		if got, ok := TrimEnding(file); ok != (want != "") || ok && got != want {
			t.Errorf("%s is called %q, %t", file, got, ok)
		}
	}
}

// TestDescribed has one long text at many keys, as a small pickle can.
func TestDescribed(t *testing.T) {
	n := &node{keys: []string{"a", "b"}, nodes: []*node{{text: "short"}, {list: true, nodes: []*node{{text: "inside"}}}}}
	long := &node{text: strings.Repeat("x", maxDescription/2)}
	for i := range 1000 {
		n.keys, n.nodes = append(n.keys, strconv.Itoa(i)), append(n.nodes, long)
	}
	texts := n.described()
	total := 0
	for _, text := range texts {
		total += len(text)
	}
	if len(texts) != 1001 || texts["a"] != "short" || len(texts["0"]) != len(long.text) || total > 2*maxDescription {
		t.Errorf("%d texts of %d bytes together", len(texts), total)
	}
}

func TestChoicesRefused(t *testing.T) {
	for ref, want := range map[string]string{
		"repeng.gguf#layer=1":           "says layer, which means nothing for a llama.cpp control vector (GGUF)",
		"repeng.gguf#key=a":             "says key, which means nothing",
		"one.npy#layer=1,key=a/b":       "it holds one array, which has no key: leave key=a/b out",
		"repeng.gguf#shift=-3":          "moves the direction of layer 1 to -2, which is not a layer",
		"repeng.gguf#shift=65535":       "which is not a layer",
		"one.npy#layer=-2":              "the choice layer=-2 is not a layer from -1 to 65535",
		"one.npy#layer=65536":           "is not a layer from -1 to 65535",
		"rows.pt#layer=1":               "says layer, which means nothing for a PyTorch tensors (.pt)",
		"nested.pt#key=meta":            `no arrays at the key "meta", but at "vectors"`,
		"nested.pt#key=vectors/angry":   `no arrays at the key "vectors/angry"`,
		"params.npz#layer=-3,feature=1": "the choice layer=-3 is not a layer",
	} {
		if _, _, err := Read(filepath.Join("testdata", ref)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", ref, err, want)
		}
	}
	v, info, err := Read("testdata/repeng.gguf#shift=-2")
	if err != nil || len(v.Layers()) != 3 || v.Layers()[0] != steering.Embed || !strings.Contains(strings.Join(info.Notes, " "), "moved by -2") {
		t.Errorf("%v, %v, %v", v, info, err)
	}
	v, _, err = Read("testdata/nested.pt#key=vectors/happy")
	if err != nil || len(v.Layers()) != 3 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestHookLayer(t *testing.T) {
	for hook, want := range map[string]int{
		"blocks.8.hook_resid_pre":   7,
		"blocks.8.hook_resid_post":  8,
		"blocks.0.hook_resid_pre":   steering.Embed,
		"blocks.12.hook_resid_post": 12,
		"hook_embed":                steering.Embed,
	} {
		if got, err := hookLayer(hook); err != nil || got != want {
			t.Errorf("%s is layer %d, %v; want %d", hook, got, err, want)
		}
	}
	for hook, want := range map[string]string{
		"blocks.8.hook_resid_mid":        "between the attention and the MLP",
		"blocks.8.attn.hook_z":           "is of the attention",
		"blocks.8.hook_attn_out":         "is of the attention",
		"blocks.8.hook_q":                "is of the attention",
		"blocks.8.hook_mlp_out":          "is of the MLP",
		"blocks.8.mlp.hook_post":         "is of the MLP",
		"blocks.8.ln2.hook_normalized":   "is inside of a block",
		"blocks.8.hook_resid_pre.x":      "is inside of a block",
		"blocks.99999999.hook_resid_pre": "is not a layer number",
		"blocks.-1.hook_resid_pre":       "is not one that is known",
		"ln_final.hook_normalized":       "is not on the residual stream",
		"":                               "is not one that is known",
		"blocks.8.\x1b[31m":              `"blocks.8.\x1b[31m"`,
	} {
		if got, err := hookLayer(hook); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is layer %d, %v; want %s", hook, got, err, want)
		}
	}
}

func TestKeyLayer(t *testing.T) {
	for key, want := range map[string]int{
		"0": 0, "12": 12, "layer_3": 3, "layer3": 3, "Layers.4": 4, "L7": 7, "block_2": 2, "direction.9": 9, "resid_post_5": 5,
		"model.layers.6": 6, "transformer.h.1": 1, "gpt_neox.layers.0": 0, "blocks.2": 2, "blocks.2.hook_resid_pre": 1, "hook_embed": -1,
	} {
		if got, ok, err := keyLayer(key); !ok || err != nil || got != want {
			t.Errorf("%q is layer %d, %t, %v; want %d", key, got, ok, err, want)
		}
	}
	for _, key := range []string{"", "v", "W_2", "mean", "happy", "99999", "123456", "-1", "layer-1", "1.5", "scale_1"} {
		if got, ok, _ := keyLayer(key); ok {
			t.Errorf("%q is layer %d", key, got)
		}
	}
	for _, key := range []string{"model.layers.3.mlp", "blocks.3.hook_mlp_out", "blocks.2.hook_resid_mid"} {
		if _, ok, err := keyLayer(key); !ok || err == nil {
			t.Errorf("%q is not refused: %t, %v", key, ok, err)
		}
	}
}

// readText reads a file of this name and content.
func readText(t *testing.T, name, content string) error {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Read(name)
	return err
}

func TestReadTextRefuses(t *testing.T) {
	const header = "loader,action,sparse_model,hookpoint,feature_index,steering_coefficient,head_index,sae_id,description,\n"
	tests := []struct{ name, file, content, want string }{
		{"JSON cut", "v.svec", `{"directions": {"1": [1,`, "unexpected end of JSON input"},
		{"JSON without directions", "v.svec", `{"model_type": "llama"}`, `is JSON without the key "directions"`},
		{"JSON of a text", "v.svec", `{"directions": "x"}`, "where an object is expected"},
		{"key twice", "v.svec", `{"directions": {"1": [1], "1": [2]}}`, "stands twice"},
		{"no layer", "v.svec", `{"directions": {"mean": [1]}}`, `key "mean" of directions: "mean" is not a layer number`},
		{"negative", "v.svec", `{"directions": {"-1": [1]}}`, `"-1" is not a layer number`},
		{"layer twice", "v.svec", `{"directions": {"1": [1], "01": [2]}}`, `names a layer that another key names too`},
		{"no elements", "v.svec", `{"directions": {"1": []}}`, "has no elements"},
		{"widths", "v.svec", `{"directions": {"1": [1], "2": [1, 2]}}`, `key "2" has 2 elements and key "1" has 1`},
		{"too large", "v.svec", `{"directions": {"1": [1e300]}}`, "holds 1e+300 at index 0, which is too large for float32"},
		{"null", "v.svec", `{"directions": {"1": null}}`, "has no elements"},
		{"empty", "v.svec", `{"directions": {}}`, "has no directions"},
		{"zero", "v.svec", `{"directions": {"1": [0]}}`, "is zero at every layer"},
		{"CSV of nothing", "v.csv", header, "has no directions"},
		{"short row", "v.csv", header + "sparsify,add\n", "wrong number of fields"},
		{"quotes", "v.csv", header + "\"sparsify", "extraneous or missing"},
		{"feature", "v.csv", header + "sparsify,add,s,layers.1,x,1,,,,\n", `line 2: feature_index is "x"`},
		{"coefficient", "v.csv", header + "sparsify,add,s,layers.1,1,NaN,,,,\n", `line 2: steering_coefficient is "NaN"`},
		{"loader", "v.csv", header + "pickle,add,s,layers.1,1,1,,,,\n", `the loader is "pickle"`},
		{"head", "v.csv", header + "sparsify,add,s,layers.1,1,1,3,,,\n", `the attention head "3"`},
		{"absolute", "v.csv", header + "sparsify,add,/etc,layers.1,1,1,,,,\n", `"/etc" is not a folder beside the file`},
		{"outside", "v.csv", header + "sparsify,add,a,../../x,1,1,,,,\n", `"a" is not a folder beside the file`},
		{"no model", "v.csv", header + "sparsify,add,,layers.1,1,1,,,,\n", `"" is not a folder beside the file`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := readText(t, test.file, test.content); err == nil || !strings.Contains(err.Error(), test.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

func TestAutoencoderRefuses(t *testing.T) {
	weights, err := os.ReadFile("testdata/sae-pre/sae_weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, config, weights, want string }{
		{"no weights", `{"hook_name": "blocks.1.hook_resid_pre"}`, "none", "neither sae_weights.safetensors nor sae.safetensors"},
		{"empty weights", `{"hook_name": "blocks.1.hook_resid_pre"}`, "", "is empty"},
		{"other weights", `{"hook_name": "blocks.1.hook_resid_pre"}`, native(nil, row("W_enc", 1)), `a sparse autoencoder has a tensor "W_dec" of two dimensions`},
		{"cut weights", `{"hook_name": "blocks.1.hook_resid_pre"}`, string(weights[:100]), "may be cut short"},
		{"width", `{"hook_name": "blocks.1.hook_resid_pre", "d_in": 9}`, string(weights), "has shape [5 8], and cfg.json says that d_in is 9"},
		{"no hook", `{"d_in": 8}`, string(weights), "cfg.json: it has no hook_name"},
		{"not JSON", `hook`, string(weights), "as the configuration of a sparse autoencoder, not valid JSON"},
		{"list", `[]`, string(weights), "where an object is expected"},
		{"hook twice", `{"hook_name": "blocks.1.hook_resid_pre", "hook_name": "blocks.2.hook_resid_pre"}`, string(weights), "stands twice"},
		{"transcoder", `{"metadata": {"hook_name": "blocks.1.hook_resid_pre", "hook_name_out": "blocks.1.hook_mlp_out"}}`, string(weights), `it is of a transcoder, which reads at "blocks.1.hook_resid_pre" and writes at "blocks.1.hook_mlp_out"`},
		{"old head", `{"hook_point": "blocks.1.hook_resid_pre", "hook_point_head_index": 0}`, string(weights), `the attention head "0"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("cfg.json", []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
			if test.weights != "none" {
				if err := os.WriteFile("sae_weights.safetensors", []byte(test.weights), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := Read(".#feature=3"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

// A link to a file is followed; one to a device is not read.
func TestReadLinks(t *testing.T) {
	file, err := filepath.Abs("testdata/c-f4.npy")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(file, "v.npy"); err != nil {
		t.Skip("no links here")
	}
	if v, _, err := Read("v.npy"); err != nil || v.Name != "v" {
		t.Errorf("%v, %v", v, err)
	}
	if err := os.Symlink("/dev/zero", "cfg.json"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no devices here")
	}
	if _, _, err := Read("."); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("error %v", err)
	}
}

// What a pickle holds may unfold to more than it has, or to itself.
func TestTreeBound(t *testing.T) {
	s := &source{path: "v"}
	list := &pickle.List{}
	list.Items = []any{list}
	if _, err := s.tree(list); err == nil || !strings.Contains(err.Error(), "more than 65536 values, or lists and dictionaries more than 16 deep") {
		t.Errorf("error %v", err)
	}
	wide := any(nil)
	for range 15 {
		wide = &pickle.List{Items: []any{wide, wide, wide, wide}}
	}
	if _, err := s.tree(wide); err == nil || !strings.Contains(err.Error(), "more than 65536 values") {
		t.Errorf("error %v", err)
	}
}

// Arrays that are read again and again count each time.
func TestElementsBound(t *testing.T) {
	s := &source{path: "v"}
	huge := &numpyMember{dimensions: []int{1 << 25}}
	if _, err := s.floats(&counted{huge, nil}, "a"); err != nil {
		t.Error(err)
	}
	if _, err := s.floats(&counted{huge, nil}, "a"); err != nil {
		t.Error(err)
	}
	if _, err := s.floats(&counted{huge, nil}, "a"); err == nil || !strings.Contains(err.Error(), "more than the 67108864 elements") {
		t.Errorf("error %v", err)
	}
	if _, err := s.floats(&counted{&numpyMember{dimensions: []int{1 << 40, 1 << 40}}, nil}, "a"); err == nil {
		t.Error("a huge array was read")
	}
}

// counted is an array that has a shape and yields nothing.
type counted struct {
	array
	values []float32
}

func (c *counted) floats() ([]float32, error) { return c.values, nil }

// fuzzed reads a file in memory and checks what all formats promise.
func fuzzed(t *testing.T, path string, data []byte) {
	s, err := parse(path, data)
	if err == nil {
		s.choices.values = map[string]string{"layer": "1"}
		s.choices.used = map[string]bool{}
		_, _, err = s.vector()
	}
	if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Fatalf("error %q", err)
	}
}

// seeds adds the files of testdata that match.
func seeds(f *testing.F, patterns ...string) {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(paths) == 0 {
			f.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

func FuzzArrays(f *testing.F) {
	seeds(f, "*.npy", "*.npz", "*.pt")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzed(t, "fuzz.pt", data) })
}

func FuzzActivationSteering(f *testing.F) {
	seeds(f, "*.svec")
	f.Add([]byte(`{"model_type": null, "directions": {"01": [1e-50, -0.0], "2": [3, 4]}, "explained_variances": {}}`))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzed(t, "fuzz.svec", data) })
}

func FuzzSteerTable(f *testing.F) {
	seeds(f, "*.csv")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzed(t, "testdata/fuzz.csv", data) })
}

func FuzzAutoencoderConfig(f *testing.F) {
	seeds(f, "sae-*/cfg.json", "sparsify/*/cfg.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := parseSAEConfig("cfg.json", data)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		a := &autoencoder{config: config, hook: config.text("hook_name", "hook_point")}
		layer, err := a.layer()
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") || layer < steering.Embed || layer > maxLayer {
			t.Fatalf("layer %d, error %q", layer, err)
		}
	})
}

func FuzzChoices(f *testing.F) {
	for _, ref := range []string{"a.pt", "params.npz#layer=20,feature=123", "a#b#shift=-1,key=x,y", "a#feature=x"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		path, text := cut(ref)
		if path+text != ref {
			t.Fatalf("%q became %q and %q", ref, path, text)
		}
		if _, err := parseChoices(text); err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Fatalf("error %q", err)
		}
	})
}

// TestReadLargeText refuses texts and headers that would take much more room than they have bytes.
func TestReadLargeText(t *testing.T) {
	for name, test := range map[string]struct {
		start string
		size  int64
		want  string
	}{
		"a.csv":         {"feature_index,steering_coefficient\n", maxCSV + 1, "a.csv has 4194305 bytes, more than the 4194304"},
		"a.svec":        {"{", maxText + 1, "more than the 67108864 that a vector file of text may have"},
		"a.safetensors": {"\x01\x00\x00\x01\x00\x00\x00\x00{", maxSafetensorsHeader + 100, "its header has 16777217 bytes, more than the 16777216"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(test.start), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, test.size); err != nil {
			t.Skip("no sparse files here")
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %s", name, err, test.want)
		}
	}
}
