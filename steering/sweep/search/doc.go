// Package search finds out how strongly, where and with what to steer, without
// fooling itself: it tries one term of a plan in many cells (layers, strengths,
// selectors and vectors) on one set, takes the best, and confirms that on
// another set, which chose nothing.
//
// Cells are lanes of an eval run, so they are asked, graded, kept and gone on
// with as those are. Hopeless ones are stopped early by a rule that depends on
// scores alone, see [Rule]: which cells these are doesn't change with batches,
// threads or interruptions.
//
// A sweep is a folder. It is that of the eval run which confirms, with base and
// the chosen plan, and holds beside it
//
//	sweep.json   what came of it: see [Result]
//	sweep.csv    its cells, a row each
//	grid/        the eval run of all cells on the set that chose
package search
