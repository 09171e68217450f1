// Package formula reads numbers and formulas, in LaTeX or plainly written, and
// says whether two of them mean the same. It does no algebra: formulas are read
// into trees whose values are compared.
package formula
