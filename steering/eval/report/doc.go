// Package report writes report.html: what a run came to, on one page for people
// who were not there. The page is one file that loads nothing, needs no
// scripts, follows the reader's light or dark colours and can be printed.
//
// Everything it says comes from the run's folder, much of it text that a model,
// an eval set or a vector file wrote. Such text is escaped, and characters that
// reorder or hide what is read become symbols; the page's own policy forbids
// loading and running anything, should one get through. Equal folders give
// equal bytes.
package report
