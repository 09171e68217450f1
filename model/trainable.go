package model

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/nn"

	"tiller/model/checkpoint"
	"tiller/model/checkpoint/safetensors"
	"tiller/model/kernel"
)

// A Parameter is one trained weight under its Hugging Face name, such as
// "model.layers.0.mlp.up_proj.weight": [out, in] for a projection, [vocab,
// d_model] for the embedding, [d_model] for a norm.
type Parameter struct {
	Name string
	*nn.Param
}

// New makes a Llama model of a shape from nothing. Weights is asked once for
// each weight by its Hugging Face name and shape, row by row, always in the
// same order.
func New(ctx context.Context, c Config, weights func(name string, shape []int) []float32, o Options) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	var tensors []safetensors.Tensor
	visitParts(newLlama(c), "", c.Tied, func(name string, part any) {
		shape := shapeOf(part)
		tensors = append(tensors, tensorOf(name, shape, weights(name, shape)))
	})
	config, file, err := huggingFace(c, -1, -1, tensors)
	if err != nil {
		return nil, err
	}
	made, err := checkpoint.FromBytes("a new model", config, nil, file)
	if err != nil {
		return nil, err
	}
	return load(ctx, made, o)
}

// Unfreeze turns every weight into a parameter that [Model.Forward] carries
// gradients to, and returns them in the order of the network. Weights of other
// types become float32. The parameters' data are the weights: whoever changes
// one in place changes the model, which must not step meanwhile. Models with
// biases can't be trained yet.
func (m *Model) Unfreeze() ([]Parameter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var parameters []Parameter
	var err error
	visitParts(m.network, "", m.config.Tied, func(name string, part any) {
		switch part := part.(type) {
		case *Linear:
			if part.Bias != nil {
				err = fmt.Errorf("%s has a bias, and such a model can't be trained yet", name)
			}
			part.unfreeze()
			parameters = append(parameters, Parameter{name, part.Param})
		case *RMSNorm:
			part.Param = nn.NewParam(mat.NewDense[float32](mat.WithShape(1, part.width), mat.WithBacking(part.Gain)))
			part.Gain = mat.Data[float32](part.Param)
			parameters = append(parameters, Parameter{name, part.Param})
		}
	})
	return parameters, err
}

func (l *Linear) unfreeze() {
	w := dense(l.out, l.in).(*mat.Dense[float32])
	data := mat.Data[float32](w)
	for r := range l.out {
		l.Weight.DecodeRow(data[r*l.in:(r+1)*l.in], r)
	}
	l.Param = nn.NewParam(w)
	l.Weight = kernel.FromFloat32(l.out, l.in, mat.Data[float32](l.Param))
}

// HuggingFace returns the contents of the config.json and model.safetensors
// that this model's weights are stored as, in float32. Bos and eos are the ids
// of the tokens that begin and end a text, negative for none. The same weights
// give the same bytes.
func (m *Model) HuggingFace(bos, eos int) (config, weights []byte, err error) {
	if c := m.config; c.Architecture != "llama" || c.Rope.Interleaved || c.Rope.Scaling.Kind != "" || c.Rope.Factors != nil {
		return nil, nil, fmt.Errorf("this %s model can't be stored: only llama models with plain rotary positions can", c.Architecture)
	}
	var tensors []safetensors.Tensor
	visitParts(m.network, "", m.config.Tied, func(name string, part any) {
		switch part := part.(type) {
		case *Linear:
			if part.Bias != nil {
				err = fmt.Errorf("%s has a bias, and such a model can't be stored yet", name)
			}
			data := make([]float32, part.out*part.in)
			for r := range part.out {
				part.Weight.DecodeRow(data[r*part.in:(r+1)*part.in], r)
			}
			tensors = append(tensors, tensorOf(name, shapeOf(part), data))
		case *RMSNorm:
			tensors = append(tensors, tensorOf(name, shapeOf(part), part.Gain))
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return huggingFace(m.config, bos, eos, tensors)
}

// visitParts calls f for each projection, norm and embedding table of the
// network with the Hugging Face name of its weight. A tied output projection
// is the table, and is left out.
func visitParts(network any, prefix string, tied bool, f func(name string, part any)) {
	v := reflect.ValueOf(network)
	switch part := network.(type) {
	case *Linear, *RMSNorm:
		f(prefix+".weight", part)
		return
	case *Embedding:
		f(prefix+".weight", part.Table)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		for i := range v.Elem().NumField() {
			field := v.Elem().Type().Field(i)
			name, ok := field.Tag.Lookup("hf")
			if !ok || (tied && field.Tag.Get("tied") != "") {
				continue
			}
			visitParts(v.Elem().Field(i).Interface(), join(prefix, name), tied, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitParts(v.Index(i).Interface(), join(prefix, strconv.Itoa(i)), tied, f)
		}
	}
}

func shapeOf(part any) []int {
	switch part := part.(type) {
	case *Linear:
		return []int{part.out, part.in}
	case *RMSNorm:
		return []int{part.width}
	}
	return nil
}

func tensorOf(name string, shape []int, data []float32) safetensors.Tensor {
	bytes := make([]byte, 0, 4*len(data))
	for _, v := range data {
		bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
	}
	return safetensors.Tensor{Name: name, DType: "F32", Shape: shape, Data: bytes}
}

// huggingFace writes the two files of a Llama model.
func huggingFace(c Config, bos, eos int, tensors []safetensors.Tensor) (config, weights []byte, err error) {
	id := func(id int) *int {
		if id < 0 {
			return nil
		}
		return &id
	}
	config, err = json.MarshalIndent(struct {
		Architectures   []string `json:"architectures"`
		ModelType       string   `json:"model_type"`
		HiddenSize      int      `json:"hidden_size"`
		Intermediate    int      `json:"intermediate_size"`
		Layers          int      `json:"num_hidden_layers"`
		Heads           int      `json:"num_attention_heads"`
		KVHeads         int      `json:"num_key_value_heads"`
		HeadDim         int      `json:"head_dim"`
		Vocab           int      `json:"vocab_size"`
		Context         int      `json:"max_position_embeddings"`
		NormEpsilon     float32  `json:"rms_norm_eps"`
		RopeTheta       float64  `json:"rope_theta"`
		Tied            bool     `json:"tie_word_embeddings"`
		Activation      string   `json:"hidden_act"`
		AttentionBias   bool     `json:"attention_bias"`
		FeedForwardBias bool     `json:"mlp_bias"`
		DType           string   `json:"torch_dtype"`
		BOS             *int     `json:"bos_token_id"`
		EOS             *int     `json:"eos_token_id"`
	}{
		[]string{"LlamaForCausalLM"}, "llama", c.DModel, c.FFN, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.Vocab,
		c.Context, c.NormEpsilon, c.Rope.Theta, c.Tied, "silu", false, false, "float32", id(bos), id(eos),
	}, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("the configuration can't be written: %w", err)
	}
	// Fingerprints are of headers: without the hash, all models of one shape
	// would have the same.
	hash := sha256.New()
	for _, t := range tensors {
		hash.Write(t.Data)
	}
	metadata := map[string]string{"format": "pt", "weights_sha256": hex.EncodeToString(hash.Sum(nil))}
	var out bytes.Buffer
	if err := safetensors.Write(&out, metadata, tensors); err != nil {
		return nil, nil, fmt.Errorf("the weights can't be written: %w", err)
	}
	return append(config, '\n'), out.Bytes(), nil
}
