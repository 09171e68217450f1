// Package lab makes the models that are embedded in tiller, and measures what
// steering brings on them.
//
// A build takes the way of a reasoning model in miniature: a corpus of problems,
// most of which are answered at once (package corpus, package problem); a base
// model trained on it; a thinking model made from that by reinforcement; vectors
// from both; a plan chosen on one set of problems and measured on another,
// beside its controls. It prints nothing, knows no time, and makes the same
// bytes of one recipe and seed on every machine whose kernels take the same
// path.
package lab
