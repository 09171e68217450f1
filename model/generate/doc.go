// Package generate is the one loop that turns prompts into text: step, sample,
// stop. The one-shot command, the screen and the batch runner all use it.
//
// A [Session] generates several lanes together, so that base and steered lanes
// share every read of the weights. Each distinct prompt is computed once
// without steering; a steered lane takes over the keys and values that its
// plan cannot have changed and recomputes the rest.
package generate
