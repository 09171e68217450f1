package vectorfile

// A sparse autoencoder of SAELens (https://github.com/jbloomAus/SAELens, saes/sae.py and
// loading/pretrained_sae_loaders.py): a folder with cfg.json and sae_weights.safetensors, whose
// tensor W_dec [d_sae, d_in] has the direction of feature n in its row n. The hook it was trained
// at is metadata.hook_name of cfg.json, or hook_name or hook_point in files of versions before 6.
// That of EleutherAI's sparsify differs in the weights' name, sae.safetensors, and names no hook.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/edsrzf/mmap-go"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/badfile"
	"tiller/model/checkpoint/filekind"
	"tiller/model/checkpoint/regularfile"
	"tiller/model/checkpoint/safetensors"
	"tiller/model/checkpoint/strictjson"
	"tiller/steering/vectorfile/floats"
)

const (
	saeConfigFile       = "cfg.json"
	saeWeightsFile      = "sae_weights.safetensors"
	sparsifyWeightsFile = "sae.safetensors"
	saeDecoder          = "W_dec"
	maxConfig           = 1 << 22
)

// autoencoder is a sparse autoencoder in a folder. Its weights may be much larger than a vector,
// so they are mapped.
type autoencoder struct {
	folder   string
	config   saeConfig
	hook     string // empty if the configuration has none
	decoder  checkpoint.Tensor
	file     *os.File
	mapped   mmap.MMap
	features int
}

// saeConfig is what matters here of cfg.json, as map keys are spelled there.
type saeConfig map[string]any

// openAutoencoder opens the folder for which path stands.
func openAutoencoder(path, folder string) (*source, error) {
	sae, err := readAutoencoder(folder)
	if err != nil {
		return nil, err
	}
	return &source{path: path, sae: sae, closers: []io.Closer{sae}}, nil
}

// readAutoencoder reads a folder's configuration and maps its weights.
func readAutoencoder(folder string) (*autoencoder, error) {
	a := &autoencoder{folder: folder}
	data, err := readSmall(filepath.Join(folder, saeConfigFile))
	if err != nil {
		return nil, err
	}
	if a.config, err = parseSAEConfig(filepath.Join(folder, saeConfigFile), data); err != nil {
		return nil, err
	}
	a.hook = a.config.text("hook_name", "hook_point")
	if err := a.mapWeights(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// readSmall reads a file of at most maxConfig bytes.
func readSmall(path string) ([]byte, error) {
	f, size, err := regularfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the configuration of a sparse autoencoder: %w", err)
	}
	defer f.Close()
	if size > maxConfig {
		return nil, fmt.Errorf("%s has %d bytes, and at most %d are read", path, size, maxConfig)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return data, nil
}

// parseSAEConfig reads cfg.json.
func parseSAEConfig(path string, data []byte) (saeConfig, error) {
	config := saeConfig{}
	err := json.Unmarshal(data, (*map[string]any)(&config))
	if err == nil {
		err = strictjson.Unique(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: as the configuration of a sparse autoencoder, %s", path, strictjson.Explain(err))
	}
	return config, nil
}

// lookup finds the first of some keys, in the metadata or at the top.
func (c saeConfig) lookup(keys ...string) any {
	metadata, _ := c["metadata"].(map[string]any)
	for _, key := range keys {
		if value := metadata[key]; value != nil {
			return value
		}
		if value := c[key]; value != nil {
			return value
		}
	}
	return nil
}

// text is lookup for a string.
func (c saeConfig) text(keys ...string) string {
	text, _ := c.lookup(keys...).(string)
	return text
}

// mapWeights maps the weights and finds the decoder.
func (a *autoencoder) mapWeights() error {
	path := filepath.Join(a.folder, saeWeightsFile)
	f, size, err := regularfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		path = filepath.Join(a.folder, sparsifyWeightsFile)
		if f, size, err = regularfile.Open(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s has %s but neither %s nor %s, which hold the weights of a sparse autoencoder", a.folder, saeConfigFile, saeWeightsFile, sparsifyWeightsFile)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot open the weights of a sparse autoencoder: %w", err)
	}
	a.file = f
	if size == 0 {
		return filekind.Refuse(path, "a safetensors file", nil)
	}
	if a.mapped, err = mmap.Map(f, mmap.RDONLY, 0); err != nil {
		return fmt.Errorf("cannot map %s into memory: %w", path, err)
	}
	weights, err := safetensors.Parse(path, a.mapped)
	if err != nil {
		return err
	}
	for _, t := range weights.Tensors {
		if t.Name == saeDecoder {
			a.decoder = checkpoint.Tensor{Name: t.Name, DType: t.DType, Shape: t.Shape, Data: t.Data, File: path, Offset: t.Offset}
		}
	}
	return a.checkDecoder(path)
}

// checkDecoder refuses a decoder that is not one direction of the model's width for each feature.
func (a *autoencoder) checkDecoder(path string) error {
	shape := a.decoder.Shape
	if len(shape) != 2 || shape[0] == 0 || shape[1] == 0 {
		return fmt.Errorf("%s: a sparse autoencoder has a tensor %q of two dimensions, and this has one of shape %v", path, saeDecoder, shape)
	}
	switch a.decoder.DType {
	case "F32", "F16", "BF16":
	default:
		return fmt.Errorf("%s: tensor %q is stored as %s, where F32, F16 or BF16 is expected", path, saeDecoder, a.decoder.DType)
	}
	if width, ok := a.config.lookup("d_in").(float64); ok && width != float64(shape[1]) {
		return fmt.Errorf("%s: tensor %q has shape %v, and %s says that d_in is %g", path, saeDecoder, shape, saeConfigFile, width)
	}
	a.features = shape[0]
	return nil
}

// feature reads the direction of one feature.
func (a *autoencoder) feature(n int) ([]float32, error) {
	if n < 0 || n >= a.features {
		return nil, fmt.Errorf("%s is a sparse autoencoder of %d features, and feature %d is not from 0 to %d", a.folder, a.features, n, a.features-1)
	}
	row := a.decoder
	width := row.Shape[1] * floats.Size(row.DType)
	row.Name = fmt.Sprintf("%s[%d]", saeDecoder, n)
	row.Shape, row.Data = row.Shape[1:], row.Data[n*width:(n+1)*width]
	return decode(row)
}

// Close unmaps the weights.
func (a *autoencoder) Close() error {
	var err error
	if a.mapped != nil {
		err = a.mapped.Unmap()
	}
	if a.file != nil {
		err = errors.Join(err, a.file.Close())
	}
	return err
}

func isSAELens(s *source) bool { return s.sae != nil }

func readSAELens(s *source) (contents, error) {
	layer, err := s.sae.layer()
	if err != nil {
		return contents{}, err
	}
	feature, err := s.chosenFeature(s.sae.features)
	if err != nil {
		return contents{}, err
	}
	direction, err := s.sae.feature(feature)
	if err != nil {
		return contents{}, err
	}
	c := contents{
		name:       fmt.Sprintf("%s-feature-%d", filepath.Base(s.sae.folder), feature),
		directions: map[int][]float32{layer: direction},
		convention: fmt.Sprintf("the hook %s of TransformerLens is layer %s, counted from 0", s.sae.hook, layerName(layer)),
		metadata:   map[string]string{"hook_name": s.sae.hook},
		meta:       map[string]string{MetaMethod: fmt.Sprintf("feature %d of a sparse autoencoder", feature)},
		notes:      []string{fmt.Sprintf("It is the decoder's row of feature %d of %d.", feature, s.sae.features)},
	}
	for _, key := range []string{"architecture", "model_name", "neuronpedia_id"} {
		if text := s.sae.config.text(key); text != "" {
			c.metadata[key] = text
		}
	}
	if how := s.sae.config.text("normalize_activations"); how != "" && how != "none" {
		c.notes = append(c.notes, fmt.Sprintf("The autoencoder was trained on scaled activations (normalize_activations is %s), so its activations are of another scale than the stream's.", badfile.Quote(how)))
	}
	return c, nil
}

// layer is where the autoencoder's decoder writes.
func (a *autoencoder) layer() (int, error) {
	fail := func(format string, args ...any) (int, error) {
		return 0, fmt.Errorf("%s: %w", filepath.Join(a.folder, saeConfigFile), fmt.Errorf(format, args...))
	}
	if a.hook == "" {
		return fail("it has no hook_name, which says where the autoencoder acts")
	}
	if out := a.config.text("hook_name_out"); out != "" && out != a.hook {
		return fail("it is of a transcoder, which reads at %s and writes at %s: only autoencoders of the residual stream are read", badfile.Quote(a.hook), badfile.Quote(out))
	}
	if head := a.config.lookup("hook_head_index", "hook_point_head_index"); head != nil {
		return fail("its hook %s is of the attention head %s alone, where vectors act on the residual stream", badfile.Quote(a.hook), badfile.Quote(scalar(head)))
	}
	layer, err := hookLayer(a.hook)
	if err != nil {
		return fail("%w", err)
	}
	return layer, nil
}

// chosenFeature is the feature that the reference chooses.
func (s *source) chosenFeature(features int) (int, error) {
	feature, ok := s.chosen("feature")
	if !ok {
		return 0, fmt.Errorf("%s is a sparse autoencoder of %d features: choose one by adding #feature=N to the name, with N from 0 to %d", s.path, features, features-1)
	}
	if feature < 0 || feature >= features {
		return 0, fmt.Errorf("%s is a sparse autoencoder of %d features, and feature %d is not from 0 to %d", s.path, features, feature, features-1)
	}
	return feature, nil
}
