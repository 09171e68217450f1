package model

import (
	"fmt"
	"path/filepath"

	"tiller/model/checkpoint"
)

// Limits on what a configuration may ask for, so that a damaged file cannot
// decide how much memory is taken.
const (
	maxLayers  = 1 << 10
	maxWidth   = 1 << 20
	maxContext = 1 << 24
	maxVocab   = 1 << 24
)

// A Config is the shape of a network, whichever file it was read from.
type Config struct {
	Architecture string // as the checkpoint names it: "llama", "mistral"
	Layers       int    // number of blocks
	DModel       int    // width of the residual stream
	Heads        int    // query heads
	KVHeads      int    // key and value heads; Heads is a multiple of it
	HeadDim      int    // width of one head
	FFN          int    // width of the feed-forward layer
	Vocab        int    // number of token ids
	Context      int    // most positions a lane can hold
	Window       int    // positions a row attends to, itself included; 0 is all
	NormEpsilon  float32
	Tied         bool // the output projection is the embedding matrix
	Rope         Rope
}

// readConfig reads the shape of the network from either kind of checkpoint.
func readConfig(c *checkpoint.Checkpoint) (Config, error) {
	var cfg Config
	var err error
	if c.GGUF != nil {
		cfg, err = ggufConfig(c)
	} else {
		cfg, err = hfConfig(c)
	}
	if err != nil {
		return Config{}, err
	}
	if err := cfg.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", configFile(c), err)
	}
	return cfg, nil
}

// configFile is the file that says what shape a checkpoint's network has.
func configFile(c *checkpoint.Checkpoint) string {
	if c.GGUF != nil {
		return c.Path
	}
	return filepath.Join(c.Path, "config.json")
}

// check refuses shapes that no network can have.
func (c Config) check() error {
	for _, f := range []struct {
		name  string
		value int
		most  int
	}{
		{"number of layers", c.Layers, maxLayers},
		{"width of the residual stream", c.DModel, maxWidth},
		{"number of attention heads", c.Heads, maxWidth},
		{"number of key-value heads", c.KVHeads, maxWidth},
		{"head width", c.HeadDim, maxWidth},
		{"feed-forward width", c.FFN, maxWidth},
		{"vocabulary size", c.Vocab, maxVocab},
		{"context length", c.Context, maxContext},
	} {
		if f.value < 1 || f.value > f.most {
			return fmt.Errorf("the %s is %d, which is not between 1 and %d", f.name, f.value, f.most)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d attention heads cannot share %d key-value heads evenly", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("the head width is %d, but rotary positions need an even one", c.HeadDim)
	case c.Heads*c.HeadDim > maxWidth:
		return fmt.Errorf("%d heads of width %d are more than %d wide", c.Heads, c.HeadDim, maxWidth)
	case !(c.NormEpsilon > 0) || c.NormEpsilon > 1:
		return fmt.Errorf("the norm's epsilon is %g, which is not above 0 and at most 1", c.NormEpsilon)
	case c.Window < 0:
		return fmt.Errorf("the sliding window is %d, which is negative", c.Window)
	}
	return c.Rope.check()
}

// Parameters is the number of weights that a network of this shape holds,
// biases left out.
func (c Config) Parameters() int64 {
	block := int64(c.DModel) * int64(2*c.Heads*c.HeadDim+2*c.KVHeads*c.HeadDim+3*c.FFN+2)
	embeddings := int64(c.Vocab) * int64(c.DModel)
	if !c.Tied {
		embeddings *= 2
	}
	return int64(c.Layers)*block + embeddings + int64(c.DModel)
}
