// Package summary says what a run comes to: how well each lane answers, how
// sure that is, what steering changed against the model as it is and against
// asking, and how controls did in its place. See [Make].
//
// Lanes answer the same problems, so a lane is compared with another on the
// problems that both have answered, in all of their draws, and how many these
// are stands beside the figure. All intervals are two-sided 95 % ones: Wilson's
// for the share of right answers where each problem is asked once, else those
// of a bootstrap over problems. McNemar's test wants one outcome a problem: it
// looks at draw 0, and so do the flips.
//
// A set is graded right or wrong if every score in it is 0 or 1. Of scores that
// are other numbers there is a mean, but nothing that needs right answers: no
// McNemar's test, no flips, no pass@k.
//
// The figures are those of the samples and of run.json. The order of lines, the
// times at which they were written, and whether the run was ever interrupted
// make no difference to a byte of the file.
package summary
