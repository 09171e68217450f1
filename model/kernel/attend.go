package kernel

import "fmt"

// KV is a run of N consecutive positions of a key-value cache: keys and values
// [N, stride], with the stride that Attend is given. Only the head's own
// columns need to be there in the last row.
type KV struct {
	K, V []float32
	N    int
}

// Attend computes one head's output for one query: for positions 0..n-1, which
// chunks hold in order,
//
//	p = softmax(scale * q . K[position, offset:])
//	out = sum over positions of p V[position, offset:]
//
// with d = len(q) = len(out). scores is scratch of at least n elements; its
// first n hold p afterwards. How positions are cut into chunks doesn't change a
// bit. Without positions out is 0.
func Attend(out, q []float32, chunks []KV, stride, offset int, scale float32, scores []float32) {
	n := checkAttend(out, q, chunks, stride, offset, scores)
	clear(out)
	if n == 0 || len(q) == 0 {
		return
	}
	scores = scores[:n]
	done := 0
	for _, c := range chunks {
		if c.N > 0 {
			active.dots(scores[done:done+c.N], q, c.K[offset:], stride)
			done += c.N
		}
	}
	active.scale(scores, scale)
	active.softmax(scores)
	done = 0
	for _, c := range chunks {
		if c.N > 0 {
			active.accumulate(out, len(out), 1, len(out), scores[done:], strides{step: 1}, c.V[offset:], stride, c.N)
			done += c.N
		}
	}
}

func checkAttend(out, q []float32, chunks []KV, stride, offset int, scores []float32) (n int) {
	d := len(q)
	if len(out) != d || offset < 0 || offset+d > stride {
		panic(fmt.Sprintf("kernel: a head of %d columns at %d with output of %d doesn't fit rows of %d", d, offset, len(out), stride))
	}
	for _, c := range chunks {
		if c.N < 0 || c.N > 0 && (len(c.K) < (c.N-1)*stride+offset+d || len(c.V) < (c.N-1)*stride+offset+d) {
			panic(fmt.Sprintf("kernel: keys of %d and values of %d elements don't hold %d positions of %d", len(c.K), len(c.V), c.N, stride))
		}
		n += c.N
	}
	if len(scores) < n {
		panic(fmt.Sprintf("kernel: scores for %d positions don't fit into %d", n, len(scores)))
	}
	return n
}
