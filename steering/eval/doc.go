// Package eval answers the question whether a plan holds on an eval set. A run
// asks every problem of the set in every lane (the model as it is, asked
// another way, steered, with controls in place of what steers it, and the
// reasoning-trained model), grades the answers, and keeps them in a folder:
//
//	run.json       all that determines the result: see [Spec]
//	samples.jsonl  one line a problem, sample and lane: see [Sample]
//	tune.json      what was chosen on the tune set, for controls
//	summary.json   what it comes to: see [Summary]
//	report.html    the same for people
//
// A run can be ended at any moment, by any means, and goes on where it was:
// samples are appended, synced and never counted twice, and a folder in which
// another run was begun is refused with the field that differs. However often
// that happened, the same samples give the same summary to the byte: random
// numbers come from what a sample is, never from when it was computed.
package eval
