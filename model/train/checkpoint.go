package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/nlpodyssey/spago/mat"

	"tiller/model/checkpoint/atomicfile"
	"tiller/model/checkpoint/regularfile"
	"tiller/model/checkpoint/safetensors"
)

// A checkpoint is a safetensors file: for each parameter NAME its weights,
// "first:NAME" and "second:NAME", AdamW's means; the metadata hold the step,
// the options, and what the caller adds.
const (
	keyStep    = "tiller.step"
	keyOptions = "tiller.options"
	keyHash    = "tiller.sha256" // of the tensors' data, in the order of their names
	first      = "first:"
	second     = "second:"
)

// maxCheckpoint is far above any training that fits in memory here.
const maxCheckpoint = 16 << 30

// Save writes all that is needed to go on as if nothing had happened, with the
// caller's metadata, whole or not at all.
func (t *Trainer) Save(path string, metadata map[string]string) error {
	options, err := json.Marshal(t.options)
	if err != nil {
		return fmt.Errorf("the training options can't be written: %w", err)
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	all[keyStep], all[keyOptions] = strconv.Itoa(t.step), string(options)
	var tensors []safetensors.Tensor
	state := t.state()
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(state)) {
		data := state[name]
		raw := make([]byte, 0, 4*len(data))
		for _, v := range data {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		hash.Write(raw)
		tensors = append(tensors, safetensors.Tensor{Name: name, DType: "F32", Shape: []int{len(data)}, Data: raw})
	}
	all[keyHash] = hex.EncodeToString(hash.Sum(nil))
	return atomicfile.Write(path, func(w io.Writer) error { return safetensors.Write(w, all, tensors) })
}

// Load continues the training that Save wrote to path, which must be of a
// model of the same shape with the same options, and returns its metadata.
// After an error the trainer is as it was.
func (t *Trainer) Load(path string) (map[string]string, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the training can't be continued: %w", err)
	}
	defer f.Close()
	if size > maxCheckpoint {
		return nil, fmt.Errorf("%s has %d bytes, more than any training here takes", path, size)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the training can't be continued: %w", err)
	}
	file, err := safetensors.Parse(path, data)
	if err != nil {
		return nil, err
	}
	var options Options
	if err := json.Unmarshal([]byte(file.Metadata[keyOptions]), &options); err != nil {
		return nil, fmt.Errorf("%s is no checkpoint of a training: its metadata lack %s", path, keyOptions)
	}
	if options != t.options {
		return nil, fmt.Errorf("%s was trained with other options (%s), so going on from it would give some third result", path, file.Metadata[keyOptions])
	}
	step, err := strconv.Atoi(file.Metadata[keyStep])
	if err != nil || step < 0 {
		return nil, fmt.Errorf("%s is no checkpoint of a training: its %s is %q", path, keyStep, file.Metadata[keyStep])
	}
	state := t.state()
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(state)) {
		tensor, ok := file.Tensor(name)
		if !ok || tensor.DType != "F32" || len(tensor.Data) != 4*len(state[name]) {
			return nil, fmt.Errorf("%s has no float32 tensor %q of %d numbers, so it is of another model", path, name, len(state[name]))
		}
		hash.Write(tensor.Data)
	}
	if file.Metadata[keyHash] != hex.EncodeToString(hash.Sum(nil)) {
		return nil, fmt.Errorf("%s is damaged: its numbers are not those that were saved, so begin anew without it", path)
	}
	for name, into := range state {
		tensor, _ := file.Tensor(name)
		for i := range into {
			into[i] = math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*i:]))
		}
	}
	t.step = step
	metadata := maps.Clone(file.Metadata)
	delete(metadata, keyStep)
	delete(metadata, keyOptions)
	delete(metadata, keyHash)
	return metadata, nil
}

// state is every number that a step changes, by its name in a checkpoint.
func (t *Trainer) state() map[string][]float32 {
	state := map[string][]float32{}
	for i, p := range t.parameters {
		state[p.Name] = mat.Data[float32](p.Param)
		state[first+p.Name] = t.adam.moments[i].first
		state[second+p.Name] = t.adam.moments[i].second
	}
	return state
}
