// Package cluster computes a run of package eval on many machines. Each
// computes a shard, which is every n-th problem, into a folder of its own, and
// [Merge] makes of the folders the one that a single machine would have
// written: what a sample is never depends on when or where it was computed, so
// problems.jsonl, run.json and summary.json are the same to the byte.
//
// A [Job] is such a run on a Slurm cluster, as one array of jobs. What it keeps
// stands in the folder slurm of the run's own:
//
//	job.sh      what a node runs: see [Script]
//	state.json  what was asked for and submitted: see [State]
//	shard-I     the run folder of shard I, from 1
//	log         what the jobs printed, one file a try
//
// Whether a shard is done is decided by its folder alone, never by what Slurm
// remembers of its job, so no accounting is needed.
package cluster
