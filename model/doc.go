// Package model runs decoder-only transformers: it loads a checkpoint, keeps
// the keys and values of every lane, and computes the next tokens' logits for
// many lanes with one read of the weights.
//
// The residual stream is a [rows, d_model] matrix, one row per token being
// computed. Layer L is the stream right after block L (0-based); layer -1 is
// the stream before block 0. Between blocks the stream is handed to a [Hook],
// the only place where anything outside this package can change it.
//
// A row's result depends on its own lane alone: not on the other rows it is
// computed with, the number of threads, or how a prompt was cut into chunks.
// [Model.Step], which generates, and [Model.Forward], which builds a graph for
// gradients, run the same blocks and give the same bits.
package model
