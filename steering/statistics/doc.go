// Package statistics says how sure a measured figure is: intervals, paired
// differences and tests of right and wrong answers to the same problems.
//
// Lanes answer the same problems, so what is compared is compared problem by
// problem. Where a problem was answered several times, its answers are one
// cluster and are resampled together (Miller 2024, "Adding Error Bars to
// Evals", arXiv 2411.00640). All intervals are two-sided 95 % ones.
package statistics
