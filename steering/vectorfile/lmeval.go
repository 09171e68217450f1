package vectorfile

// The steering files of EleutherAI's lm-evaluation-harness
// (https://github.com/EleutherAI/lm-evaluation-harness, lm_eval/models/hf_steered.py).
//
// The .pt is a dictionary by hookpoint, a module's name such as layers.3, of dictionaries with
// steering_vector, steering_coefficient, action (add or clamp), bias and head_index.
//
// The .csv names features of sparse autoencoders instead, one a row: loader (sparsify or
// sae_lens), action, sparse_model, hookpoint, feature_index, steering_coefficient, head_index,
// sae_id, description. Nothing is downloaded: the folder sparse_model/hookpoint (or
// sparse_model/sae_id for sae_lens) has to lie beside the file.
//
// For the action add, a direction is multiplied by its coefficient, so that strength 1 does what
// lm-eval does, whatever the other hookpoints' coefficients are.

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering/vectorfile/pickle"
	"tiller/steering/vectorfile/torch"
)

const steerVectorKey = "steering_vector"

// isSteerFile recognises the .pt.
func isSteerFile(s *source) bool {
	if s.torch == nil {
		return false
	}
	root, ok := s.torch.Root.(*pickle.Dict)
	if !ok || len(root.Values) == 0 {
		return false
	}
	first, ok := root.Values[0].(*pickle.Dict)
	if !ok {
		return false
	}
	_, ok = first.Get(steerVectorKey)
	return ok
}

// steer is what lm-eval does at one hookpoint.
type steer struct {
	hookpoint   string
	action      string
	coefficient float64
	direction   []float32
	biased      bool
}

func readSteerFile(s *source) (contents, error) {
	root := s.torch.Root.(*pickle.Dict)
	var steers []steer
	for i, key := range root.Keys {
		hookpoint := scalar(key)
		info, ok := root.Values[i].(*pickle.Dict)
		if !ok {
			return contents{}, fmt.Errorf("%s: hookpoint %s is not described by a dictionary with %s", s.path, badfile.Quote(hookpoint), steerVectorKey)
		}
		at, err := s.readSteer(hookpoint, info)
		if err != nil {
			return contents{}, fmt.Errorf("%s: hookpoint %s: %w", s.path, badfile.Quote(hookpoint), err)
		}
		steers = append(steers, at)
	}
	return s.steered(steers, moduleLayer)
}

// readSteer reads what the .pt says of one hookpoint.
func (s *source) readSteer(hookpoint string, info *pickle.Dict) (steer, error) {
	at := steer{hookpoint: hookpoint, coefficient: 1}
	value, _ := info.Get(steerVectorKey)
	tensor, ok := value.(*torch.Tensor)
	if !ok || len(long(tensor.Shape)) != 1 {
		return at, fmt.Errorf("its %s is not a tensor of one dimension", steerVectorKey)
	}
	if head, _ := info.Get("head_index"); head != nil {
		return at, fmt.Errorf("it acts on the attention head %s alone, where vectors act on the residual stream", badfile.Quote(scalar(head)))
	}
	if action, _ := info.Get("action"); action != nil {
		at.action = scalar(action)
	}
	if bias, _ := info.Get("bias"); bias != nil {
		at.biased = true
	}
	switch coefficient, _ := info.Get("steering_coefficient"); x := coefficient.(type) {
	case nil:
	case float64:
		at.coefficient = x
	case int64:
		at.coefficient = float64(x)
	default:
		return at, fmt.Errorf("its steering_coefficient is %s, where a number is expected", badfile.Quote(scalar(x)))
	}
	var err error
	at.direction, err = s.floats(tensorArray{tensor}, steerVectorKey)
	return at, err
}

// steered makes a vector of what lm-eval does at some hookpoints.
func (s *source) steered(steers []steer, layerOf func(string) (int, error)) (contents, error) {
	c := contents{
		convention: "the hookpoint layers.L is the output of block L, counted from 0",
		metadata:   map[string]string{},
	}
	d := newDirections(s.path, "hookpoint")
	for _, at := range steers {
		layer, err := layerOf(at.hookpoint)
		if err != nil {
			return contents{}, fmt.Errorf("%s: %w", s.path, err)
		}
		c.metadata[at.hookpoint] = fmt.Sprintf("%s %g", at.action, at.coefficient)
		switch at.action {
		case "add":
			for i, x := range at.direction {
				at.direction[i] = float32(at.coefficient * float64(x))
			}
		case "clamp":
			c.notes = append(c.notes, fmt.Sprintf("At layer %s lm-eval clamps: use the plan's clamp with the value %g, which is not multiplied in.", layerName(layer), at.coefficient))
		default:
			return contents{}, fmt.Errorf("%s: hookpoint %s has the action %s, where add or clamp is expected", s.path, badfile.Quote(at.hookpoint), badfile.Quote(at.action))
		}
		if at.biased && at.action == "clamp" {
			c.notes = append(c.notes, fmt.Sprintf("At layer %s lm-eval takes a bias off before it clamps, which a plan does not.", layerName(layer)))
		}
		if err := d.add(layer, at.hookpoint, at.direction); err != nil {
			return contents{}, err
		}
	}
	if slices.ContainsFunc(steers, func(at steer) bool { return at.action == "add" }) {
		c.notes = append(c.notes, "Its coefficients are multiplied into the directions that are added: strength 1 does what lm-eval does.")
	}
	c.directions = d.byLayer
	return c, nil
}

// Columns of the .csv.
const (
	featureColumn     = "feature_index"
	coefficientColumn = "steering_coefficient"
	maxSteers         = 1 << 10
)

// isSteerCSV recognises the .csv by the first line.
func isSteerCSV(start []byte) bool {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	return bytes.Contains(line, []byte(featureColumn)) && bytes.Contains(line, []byte(coefficientColumn))
}

func isSteerTable(s *source) bool { return isSteerCSV(s.data) }

func readSteerTable(s *source) (contents, error) {
	r := csv.NewReader(bytes.NewReader(s.data))
	names, err := r.Read()
	if err != nil {
		return contents{}, fmt.Errorf("%s: %w", s.path, err)
	}
	var steers []steer
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return contents{}, fmt.Errorf("%s: %w", s.path, err)
		}
		line, _ := r.FieldPos(0)
		if len(steers) == maxSteers {
			return contents{}, fmt.Errorf("%s: it has more than %d rows", s.path, maxSteers)
		}
		row := map[string]string{}
		for i, name := range names {
			row[name] = fields[i]
		}
		at, err := s.readFeature(row)
		if err != nil {
			return contents{}, fmt.Errorf("%s: line %d: %w", s.path, line, err)
		}
		steers = append(steers, at)
	}
	return s.steered(steers, func(name string) (int, error) {
		if layer, err := hookLayer(name); err == nil {
			return layer, nil
		}
		return moduleLayer(name)
	})
}

// readFeature reads what one row of the .csv names.
func (s *source) readFeature(row map[string]string) (steer, error) {
	at := steer{hookpoint: row["hookpoint"], action: row["action"], biased: true}
	if at.action == "" {
		at.action = "add"
	}
	if head := row["head_index"]; head != "" {
		return at, fmt.Errorf("it acts on the attention head %s alone, where vectors act on the residual stream", badfile.Quote(head))
	}
	feature, err := strconv.Atoi(row[featureColumn])
	if err != nil {
		return at, fmt.Errorf("%s is %s, where a whole number is expected", featureColumn, badfile.Quote(row[featureColumn]))
	}
	at.coefficient, err = strconv.ParseFloat(row[coefficientColumn], 64)
	if err != nil || math.IsNaN(at.coefficient) || math.IsInf(at.coefficient, 0) {
		return at, fmt.Errorf("%s is %s, where a number is expected", coefficientColumn, badfile.Quote(row[coefficientColumn]))
	}
	sub := at.hookpoint
	switch loader := row["loader"]; loader {
	case "", "sparsify":
	case "sae_lens":
		sub = row["sae_id"]
	default:
		return at, fmt.Errorf("the loader is %s, where sparsify or sae_lens is expected", badfile.Quote(loader))
	}
	local := filepath.FromSlash(row["sparse_model"] + "/" + sub)
	if strings.Trim(row["sparse_model"], "/") == "" || !filepath.IsLocal(local) {
		return at, fmt.Errorf("the sparse model %s is not a folder beside the file", badfile.Quote(row["sparse_model"]))
	}
	sae, err := readAutoencoder(filepath.Join(filepath.Dir(s.path), local))
	if err != nil {
		return at, fmt.Errorf("the sparse model %s has to be a folder beside the file, since nothing is downloaded: %w", badfile.Quote(row["sparse_model"]), err)
	}
	defer sae.Close()
	if at.hookpoint == "" {
		at.hookpoint = sae.hook
	}
	at.direction, err = sae.feature(feature)
	return at, err
}
