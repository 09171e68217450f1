package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiller/model"
	"tiller/model/checkpoint"
	"tiller/model/checkpoint/regularfile"
	"tiller/tui/plain"
)

// modelReport is what `model inspect --json` prints.
type modelReport struct {
	Ref          string          `json:"ref"`
	Format       string          `json:"format"`
	Fingerprint  string          `json:"fingerprint"`
	Architecture string          `json:"architecture"`
	Problem      string          `json:"problem,omitempty"` // why tiller can't run it
	Layers       int             `json:"layers,omitempty"`
	DModel       int             `json:"d_model,omitempty"`
	Heads        int             `json:"heads,omitempty"`
	KVHeads      int             `json:"kv_heads,omitempty"`
	HeadDim      int             `json:"head_dim,omitempty"`
	FFN          int             `json:"ffn,omitempty"`
	Vocab        int             `json:"vocab,omitempty"`
	Context      int             `json:"context,omitempty"`
	Window       int             `json:"window,omitempty"`
	Parameters   int64           `json:"parameters,omitempty"`
	WeightBytes  int64           `json:"weight_bytes"`
	Types        map[string]int  `json:"types"` // tensors of each stored type
	Tokenizer    tokenizerReport `json:"tokenizer"`
	Tensors      []tensorReport  `json:"tensors"`
}

type tokenizerReport struct {
	Kind         string `json:"kind,omitempty"` // in the file's own words
	Size         int    `json:"size,omitempty"`
	ChatTemplate bool   `json:"chat_template"`
	Problem      string `json:"problem,omitempty"` // why it can't be used
}

type tensorReport struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Shape  []int  `json:"shape"`
	Bytes  int    `json:"bytes"`
	File   string `json:"file"`
	Offset int64  `json:"offset"`
}

func newModelInspect() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "inspect PATH",
		Short:   "Say what a model's files hold",
		Long:    "Says what a Hugging Face folder or a GGUF file holds: architecture, sizes, stored types and tensors.",
		Example: "tiller model inspect SmolLM2-135M.gguf",
		Args:    oneArg("the path of a Hugging Face folder or a GGUF file, or embedded:NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := inspectModel(cmd, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), report)
			}
			return report.write(styled(cmd.OutOrStdout()))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// inspectModel reads a checkpoint's tables. A model that can't be run is
// described as far as its files go.
func inspectModel(cmd *cobra.Command, path string) (*modelReport, error) {
	c, err := embedded.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r := &modelReport{
		Ref: path, Format: c.Format, Fingerprint: c.Fingerprint(), Architecture: architecture(c),
		Types: map[string]int{}, Tensors: []tensorReport{}, Tokenizer: inspectTokenizer(c),
	}
	for _, t := range c.Tensors() {
		r.Types[t.DType]++
		r.WeightBytes += int64(len(t.Data))
		r.Tensors = append(r.Tensors, tensorReport{t.Name, t.DType, t.Shape, len(t.Data), t.File, t.Offset})
	}
	m, err := embedded.OpenModel(cmd.Context(), path, model.Options{Threads: 1})
	if err != nil {
		r.Problem = err.Error()
		return r, cmd.Context().Err()
	}
	defer m.Close()
	cfg := m.Config()
	r.Architecture, r.Layers, r.DModel = cfg.Architecture, cfg.Layers, cfg.DModel
	r.Heads, r.KVHeads, r.HeadDim, r.FFN = cfg.Heads, cfg.KVHeads, cfg.HeadDim, cfg.FFN
	r.Vocab, r.Context, r.Window, r.Parameters = cfg.Vocab, cfg.Context, cfg.Window, cfg.Parameters()
	return r, nil
}

// inspectTokenizer describes a checkpoint's tokenizer.
func inspectTokenizer(c *checkpoint.Checkpoint) tokenizerReport {
	r := tokenizerReport{Kind: tokenizerKind(c)}
	t, err := embedded.OpenTokenizer(c.Path)
	if err != nil {
		r.Problem = err.Error()
		return r
	}
	r.Size, r.ChatTemplate = t.Size(), t.HasChatTemplate()
	return r
}

// maxTokenizerFile bounds the size in bytes of a tokenizer.json that is looked
// into.
const maxTokenizerFile = 512 << 20

// tokenizerKind is what the files call their kind of tokenizer.
func tokenizerKind(c *checkpoint.Checkpoint) string {
	if c.GGUF != nil {
		kind, _, _ := c.GGUF.Text("tokenizer.ggml.model")
		if pre, ok, _ := c.GGUF.Text("tokenizer.ggml.pre"); ok {
			kind += ", " + pre
		}
		return kind
	}
	var file struct {
		Model struct {
			Type string `json:"type"`
		} `json:"model"`
	}
	_ = json.Unmarshal(tokenizerFile(c.Path), &file) // tokenizer.Open says what is wrong with it
	return file.Model.Type
}

// tokenizerFile is the content of a model folder's tokenizer.json; nil if it
// can't be had, of which tokenizer.Open says why.
func tokenizerFile(ref string) []byte {
	if folder, err := embedded.ModelFolder(ref); err == nil && folder != nil {
		text, _ := fs.ReadFile(folder, "tokenizer.json")
		return text
	}
	f, size, err := regularfile.Open(filepath.Join(ref, "tokenizer.json"))
	if err != nil {
		return nil
	}
	defer f.Close()
	if size > maxTokenizerFile {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTokenizerFile))
	if err != nil {
		return nil
	}
	return text
}

// architecture is what the files call themselves, supported or not.
func architecture(c *checkpoint.Checkpoint) string {
	if c.GGUF != nil {
		name, _, _ := c.GGUF.Text("general.architecture")
		return name
	}
	var config struct {
		ModelType string `json:"model_type"`
	}
	_ = json.Unmarshal(c.Config, &config) // model.Open says what is wrong with it
	return config.ModelType
}

// write prints the report for people.
func (r *modelReport) write(w io.Writer) error {
	var about plain.Table
	about.Row("model", r.Ref)
	about.Row("format", r.Format)
	about.Row("fingerprint", r.Fingerprint)
	about.Row("architecture", r.Architecture)
	if r.Problem == "" {
		about.Row("layers", fmt.Sprintf("%d of width %d", r.Layers, r.DModel))
		about.Row("attention", r.attention())
		about.Row("feed-forward", strconv.Itoa(r.FFN))
		about.Row("vocabulary", strconv.Itoa(r.Vocab))
		about.Row("context", strconv.Itoa(r.Context)+" tokens")
		about.Row("parameters", grouped(r.Parameters))
	} else {
		about.Row("cannot run", r.Problem)
	}
	about.Row("tokenizer", r.Tokenizer.line())
	about.Row("weights", fmt.Sprintf("%s bytes: %s", grouped(r.WeightBytes), r.types()))
	if err := about.Write(w); err != nil {
		return err
	}
	table := plain.Table{Right: []bool{false, false, true, true}}
	fmt.Fprintln(w)
	table.Row("tensor", "type", "shape", "bytes")
	for _, row := range foldBlocks(r.Tensors) {
		table.Row(row...)
	}
	return table.Write(w)
}

// line describes the tokenizer for people.
func (t tokenizerReport) line() string {
	if t.Problem != "" {
		return "none that can be used: " + t.Problem
	}
	s := fmt.Sprintf("%s, %d tokens, ", t.Kind, t.Size)
	if t.ChatTemplate {
		return s + "with a chat template"
	}
	return s + "no chat template"
}

func (r *modelReport) attention() string {
	s := fmt.Sprintf("%d heads of width %d", r.Heads, r.HeadDim)
	if r.KVHeads != r.Heads {
		s += fmt.Sprintf(" on %d key-value heads", r.KVHeads)
	}
	if r.Window > 0 {
		s += fmt.Sprintf(", over a window of %d tokens", r.Window)
	}
	return s
}

// types lists the stored types by name.
func (r *modelReport) types() string {
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(r.Types)) {
		parts = append(parts, fmt.Sprintf("%d x %s", r.Types[t], t))
	}
	return strings.Join(parts, ", ")
}

// foldBlocks returns rows of the tensor table in which the same tensor of many
// blocks is one row: "model.layers.0-29.mlp.up_proj.weight".
func foldBlocks(tensors []tensorReport) [][]string {
	type fold struct {
		tensorReport
		before, after string
		blocks        []int
	}
	var folds []*fold
	index := map[string]*fold{}
	for _, t := range tensors {
		before, block, after := blockNumber(t.Name)
		key := fmt.Sprintf("%q %q %s %v", before, after, t.Type, t.Shape)
		f := index[key]
		if f == nil || block < 0 {
			f = &fold{tensorReport: t, before: before, after: after}
			folds = append(folds, f)
			index[key] = f
		}
		f.blocks = append(f.blocks, block)
	}
	var rows [][]string
	for _, f := range folds {
		name, size := f.Name, grouped(int64(f.Bytes))
		if len(f.blocks) > 1 {
			slices.Sort(f.blocks)
			name = f.before + ranges(f.blocks) + f.after
			size = fmt.Sprintf("%d x %s", len(f.blocks), size)
		}
		rows = append(rows, []string{name, f.Type, shape(f.Shape), size})
	}
	return rows
}

// blockNumber splits a tensor name at its first part that is a number; block
// is -1 if there is none.
func blockNumber(name string) (before string, block int, after string) {
	at := 0
	for _, part := range strings.SplitAfter(name, ".") {
		digits := strings.TrimSuffix(part, ".")
		if n, err := strconv.ParseUint(digits, 10, 31); err == nil {
			return name[:at], int(n), name[at+len(digits):]
		}
		at += len(part)
	}
	return name, -1, ""
}

// ranges writes sorted numbers as "0-3,5".
func ranges(n []int) string {
	var parts []string
	for i := 0; i < len(n); {
		j := i
		for j+1 < len(n) && n[j+1] == n[j]+1 {
			j++
		}
		part := strconv.Itoa(n[i])
		if j > i {
			part += "-" + strconv.Itoa(n[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

func shape(dims []int) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = strconv.Itoa(d)
	}
	return strings.Join(parts, " x ")
}

// grouped writes n with a thin gap at every three digits.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
