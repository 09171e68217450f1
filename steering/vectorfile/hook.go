package vectorfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
	"tiller/steering"
)

var (
	// hookName is a hook of a block as TransformerLens names it
	// (https://transformerlensorg.github.io/TransformerLens/, HookedTransformer).
	hookName = regexp.MustCompile(`^blocks\.(\d+)\.(.+)$`)
	// moduleName is a module of a block as Hugging Face's models name it, and what is inside.
	moduleName = regexp.MustCompile(`^(?:[a-z_]+\.)*(?:layers|h|blocks)\.(\d+)(?:\.(.+))?$`)
)

// hookLayer is the layer that a hook of TransformerLens means. The stream before block N is the
// one after block N-1. Everything inside of a block is refused.
func hookLayer(hook string) (int, error) {
	switch hook {
	case "hook_embed":
		return steering.Embed, nil
	case "ln_final.hook_normalized", "ln_final.hook_scale", "hook_pos_embed":
		return 0, fmt.Errorf("the hook %s is not on the residual stream between blocks, where vectors act", badfile.Quote(hook))
	}
	match := hookName.FindStringSubmatch(hook)
	if match == nil {
		return 0, fmt.Errorf("the hook %s is not one that is known, such as blocks.8.hook_resid_pre", badfile.Quote(hook))
	}
	block, err := number(match[1], 0)
	if err != nil {
		return 0, err
	}
	switch match[2] {
	case "hook_resid_pre":
		return block - 1, nil // before block 0 is steering.Embed
	case "hook_resid_post":
		return block, nil
	case "hook_resid_mid":
		return 0, fmt.Errorf("the hook %s is between the attention and the MLP of a block, where no vector acts here: only hook_resid_pre and hook_resid_post are read", badfile.Quote(hook))
	}
	place := "inside of a block"
	switch {
	case strings.Contains(match[2], "attn") || regexp.MustCompile(`hook_[qkvz]$`).MatchString(match[2]):
		place = "of the attention"
	case strings.Contains(match[2], "mlp"):
		place = "of the MLP"
	}
	return 0, fmt.Errorf("the hook %s is %s, where vectors act on the residual stream: only hook_resid_pre and hook_resid_post are read", badfile.Quote(hook), place)
}

// moduleLayer is the layer that a module's name means: the output of a whole block.
func moduleLayer(module string) (int, error) {
	match := moduleName.FindStringSubmatch(module)
	if match == nil {
		return 0, fmt.Errorf("the module %s is not a block, such as layers.3", badfile.Quote(module))
	}
	if inside := match[2]; inside != "" {
		return 0, fmt.Errorf("the module %s is inside of a block, where vectors act on the residual stream after one, such as layers.%s", badfile.Quote(module), match[1])
	}
	return number(match[1], 0)
}

// keyNumber is a key that is a layer's number, perhaps after a word for layer.
var keyNumber = regexp.MustCompile(`^(?:(?i:layers?|blocks?|l|direction|resid_post|resid)[._]?)?(\d{1,5})$`)

// keyLayer is the layer that the key of a dictionary means, if it means one: a number, a hook or
// a module.
func keyLayer(key string) (layer int, ok bool, err error) {
	if match := keyNumber.FindStringSubmatch(key); match != nil {
		n, _ := strconv.Atoi(match[1]) // at most five digits
		return n, n <= maxLayer, nil
	}
	if key == "hook_embed" || hookName.MatchString(key) && strings.Contains(key, "hook_") {
		layer, err = hookLayer(key)
		return layer, true, err
	}
	if moduleName.MatchString(key) {
		layer, err = moduleLayer(key)
		return layer, true, err
	}
	return 0, false, nil
}
