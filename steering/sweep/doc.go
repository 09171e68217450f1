// Package sweep tries one term of a plan at many layers and strengths: a grid
// of cells, each the same plan with that term at one layer and one strength,
// over the same problems.
//
// What steering changes is said by two numbers: the share of right answers, for
// which every cell has to answer every problem, and the KL divergence from the
// unsteered model after the prompt, for which the prompts suffice.
//
// All cells work on a few problems first and then on the next few, so that the
// whole grid is there early and gets surer as it goes. Cells and the unsteered
// model, all of one problem, begin from one computed prompt and step together.
package sweep
