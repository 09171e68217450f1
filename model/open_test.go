package model

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tiller/model/checkpoint/safetensors"
)

// copied puts a tiny checkpoint's folder into a temporary one, with the keys
// of its config.json changed; a nil value takes a key out.
func copied(t *testing.T, name string, changes map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	from := filepath.Join("testdata", name)
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() == "config.json" {
			data = changedJSON(t, data, changes)
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func changedJSON(t *testing.T, data []byte, changes map[string]any) []byte {
	t.Helper()
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	for k, v := range changes {
		keys[k] = v
		if v == nil {
			delete(keys, k)
		}
	}
	data, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		want    string
	}{
		"unknown architecture": {map[string]any{"model_type": "mamba"}, `model_type is "mamba", but this version runs only llama and mistral`},
		"no architecture":      {map[string]any{"model_type": nil}, `model_type is missing`},
		"text for a number":    {map[string]any{"hidden_size": "wide"}, `key "hidden_size" at byte`},
		"fraction":             {map[string]any{"hidden_size": 1.5}, `key "hidden_size" at byte`},
		"missing size":         {map[string]any{"hidden_size": nil}, `key "hidden_size" is missing`},
		"no size":              {map[string]any{"hidden_size": 0}, "config.json: the width of the residual stream is 0"},
		"long architecture":    {map[string]any{"model_type": strings.Repeat("x", 1<<20)}, `model_type is "` + strings.Repeat("x", 100) + `…", but`},
		"long number":          {map[string]any{"hidden_size": json.Number(strings.Repeat("1", 1<<20))}, `the number "` + strings.Repeat("1", 100) + `…" where a whole number`},
		"long activation":      {map[string]any{"hidden_act": strings.Repeat("x", 1<<20)}, `hidden_act is "` + strings.Repeat("x", 100) + `…", but`},
		"long rope":            {map[string]any{"rope_parameters": map[string]any{"rope_type": strings.Repeat("x", 1<<20)}}, `rope scaling "` + strings.Repeat("x", 100) + `…" is not`},
		"text for rope":        {map[string]any{"rope_parameters": "default"}, "a JSON string where an object is expected"},
		"tiny rope base":       {map[string]any{"rope_parameters": map[string]any{"rope_theta": 5e-324}}, "config.json: the rotary embedding turns pair 1 of a head by"},
		"tiny rope factor":     {map[string]any{"rope_parameters": map[string]any{"rope_type": "linear", "factor": 1e-300}}, "the rotary embedding turns pair 0 of a head by"},
		"negative layers":      {map[string]any{"num_hidden_layers": -1}, "number of layers is -1"},
		"too many layers":      {map[string]any{"num_hidden_layers": 1 << 40}, "number of layers is"},
		"more layers":          {map[string]any{"num_hidden_layers": 5}, `tensor "model.layers.2.input_layernorm.weight" is missing`},
		"fewer layers":         {map[string]any{"num_hidden_layers": 1}, "belongs to no part of the llama architecture"},
		"wrong width":          {map[string]any{"hidden_size": 32}, "has shape [67 16], but the configuration asks for [67 32]"},
		"uneven heads":         {map[string]any{"num_key_value_heads": 3}, "4 attention heads cannot share 3 key-value heads"},
		"odd head":             {map[string]any{"head_dim": 5}, "the head width is 5"},
		"activation":           {map[string]any{"hidden_act": "gelu"}, `hidden_act is "gelu"`},
		"quantised":            {map[string]any{"quantization_config": map[string]any{"bits": 4}}, "quantization_config"},
		"unknown rope":         {map[string]any{"rope_parameters": map[string]any{"rope_type": "yarn", "factor": 2}}, `rope scaling "yarn" is not supported`},
		"rope factor":          {map[string]any{"rope_parameters": map[string]any{"rope_type": "linear", "factor": 0}}, "rope scaling factor is 0"},
		"rope base":            {map[string]any{"rope_parameters": map[string]any{"rope_theta": -1}}, "rotary base is -1"},
		"llama3 limits":        {map[string]any{"rope_parameters": map[string]any{"rope_type": "llama3", "factor": 2}}, "llama3 rope scaling needs"},
		"partial rotary":       {map[string]any{"rope_parameters": map[string]any{"partial_rotary_factor": 0.5}}, "partial_rotary_factor"},
		"epsilon":              {map[string]any{"rms_norm_eps": -1}, "epsilon is -1"},
		"promised bias":        {map[string]any{"mlp_bias": true}, `mlp_bias is true, but tensor "model.layers.0.mlp.up_proj.bias" is missing`},
		"context":              {map[string]any{"max_position_embeddings": 0}, "context length is 0"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t, "llama-gqa", c.changes)
			m, err := Open(context.Background(), dir, Options{})
			if err == nil {
				m.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error is %q, want %q and the folder in it", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is more than a line", err)
			}
		})
	}
}

// TestOpenRefusesTopLevelList gives a config.json that is valid JSON of another
// kind.
func TestOpenRefusesTopLevelList(t *testing.T) {
	dir := copied(t, "llama-gqa", nil)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "config.json: it holds a JSON array where an object is expected") {
		t.Errorf("error is %v", err)
	}
}

// TestOpenTakesLittleMemory claims a network of the largest shape that is
// believed: nothing of it is made before the first tensor is compared.
func TestOpenTakesLittleMemory(t *testing.T) {
	dir := copied(t, "llama-gqa", map[string]any{
		"num_hidden_layers": maxLayers, "hidden_size": maxWidth, "intermediate_size": maxWidth,
		"head_dim": maxWidth / 4, "vocab_size": maxVocab, "max_position_embeddings": maxContext,
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Open(context.Background(), dir, Options{})
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "but the configuration asks for") {
		t.Errorf("error is %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
		t.Errorf("refusing it took %d bytes", n)
	}
}

func TestOpenRefusesThreads(t *testing.T) {
	_, err := Open(context.Background(), filepath.Join("testdata", "llama-gqa"), Options{Threads: maxThreads + 1})
	if err == nil || !strings.Contains(err.Error(), "1025 threads are too many: at most 1024") {
		t.Errorf("error is %v", err)
	}
}

// TestOverflowIsNotBlamedOnEdits makes a norm's weights huge: without a hook,
// no edit can be the reason that logits overflow.
func TestOverflowIsNotBlamedOnEdits(t *testing.T) {
	dir := copied(t, "llama-mha", nil)
	change(t, dir, "model.norm.weight", func(data []byte) {
		for i := 0; i < len(data); i += 4 {
			copy(data[i:], []byte{0xff, 0xff, 0x7f, 0x7f}) // the largest float32
		}
	})
	m := open(t, dir, 1)
	_, err := m.Step(context.Background(), []Input{{Lane: m.NewLane(), Tokens: []int{1, 2}}}, StepOptions{})
	if err == nil || errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), dir+": the logits are not finite numbers though all weights are") {
		t.Errorf("error is %v", err)
	}
}

// change edits the bytes of one tensor of a copied folder.
func change(t *testing.T, dir, tensor string, edit func(data []byte)) {
	t.Helper()
	file := filepath.Join(dir, "model.safetensors")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	w, ok := f.Tensor(tensor)
	if !ok {
		t.Fatalf("there is no tensor %q", tensor)
	}
	edit(w.Data)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedWeightIsNamed puts NaN into a matrix: the error names the tensor.
func TestDamagedWeightIsNamed(t *testing.T) {
	dir := copied(t, "llama-mha", nil)
	change(t, dir, "model.layers.1.mlp.up_proj.weight", func(data []byte) { copy(data[8:], []byte{0, 0, 0xc0, 0x7f}) })
	m := open(t, dir, 1)
	_, err := m.Step(context.Background(), []Input{{Lane: m.NewLane(), Tokens: []int{1, 2}}}, StepOptions{})
	if err == nil || !strings.Contains(err.Error(), "model.layers.1.mlp.up_proj.weight") {
		t.Errorf("error is %v", err)
	}
}

// TestShrunkFileIsAnError cuts a mapped file short while it is in use.
func TestShrunkFileIsAnError(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a mapped file be cut")
	}
	for _, c := range []struct {
		threads, cut int
	}{{1, 1 << 20}, {3, 1 << 20}, {1, 1}} { // bytes; a single one leaves the last page in place
		dir := copied(t, "llama-mha", nil)
		m := open(t, dir, c.threads)
		lane := m.NewLane()
		if _, err := m.Step(context.Background(), []Input{{Lane: lane, Tokens: []int{1, 2}}}, StepOptions{}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "model.safetensors")
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, max(0, info.Size()-int64(c.cut))); err != nil {
			t.Fatal(err)
		}
		_, err = m.Step(context.Background(), []Input{{Lane: lane, Tokens: []int{3}}}, StepOptions{})
		if err == nil || !strings.Contains(err.Error(), "model.safetensors changed while it was in use") {
			t.Errorf("error is %v", err)
		}
		if lane.Len() != 2 {
			t.Errorf("the lane holds %d positions after a failed step, want 2", lane.Len())
		}
	}
}

func TestStepRefuses(t *testing.T) {
	m := open(t, filepath.Join("testdata", "llama-gqa"), 1)
	other := open(t, filepath.Join("testdata", "llama-mha"), 1)
	ctx := context.Background()
	for want, in := range map[string]Input{
		"there are no tokens":       {Lane: m.NewLane()},
		"id -1, but this model has": {Lane: m.NewLane(), Tokens: []int{1, -1}},
		"id 67, but this model has": {Lane: m.NewLane(), Tokens: []int{67}},
		"do not fit the model's":    {Lane: m.NewLane(), Tokens: make([]int, m.config.Context+1)},
		"belongs to another model":  {Lane: other.NewLane(), Tokens: []int{1}},
	} {
		if _, err := m.Step(ctx, []Input{in}, StepOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
	lane := m.NewLane()
	if _, err := m.Step(ctx, []Input{{Lane: lane, Tokens: []int{1, 2, 3}}}, StepOptions{}); err != nil {
		t.Fatal(err)
	}
	fork := lane.ForkFrom(0, 1)
	for want, c := range map[string]struct {
		layer int
		in    Input
	}{
		"layer 2 is not one of":   {2, Input{Lane: fork, Tokens: []int{2, 3}, Residual: make([]float32, 32)}},
		"brings 5 values":         {0, Input{Lane: fork, Tokens: []int{2, 3}, Residual: make([]float32, 5)}},
		"where this step needs 0": {0, Input{Lane: fork, Tokens: []int{1, 2, 3}, Residual: make([]float32, 48)}},
		"where this step needs 1": {-1, Input{Lane: fork, Tokens: []int{2, 3}, Residual: make([]float32, 32)}},
	} {
		if _, err := m.StepFrom(ctx, c.layer, []Input{c.in}, StepOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.Step(cancelled, []Input{{Lane: lane, Tokens: []int{1}}}, StepOptions{}); err != context.Canceled || lane.Len() != 3 {
		t.Errorf("error is %v, and the lane holds %d positions", err, lane.Len())
	}
}
