package subword

// mergeWord joins the tokens of one word. Tokens keep their places; those that
// were joined to the one on their left are empty. Open pairs wait in a heap,
// best rank first, leftmost first among equals, so a word of n characters
// takes n log n steps however long it is.
type mergeWord struct {
	model  *BPE
	word   string
	tokens []Token
	next   []int32
	prev   []int32
	heap   []candidate
	pops   int // work done, for tests
}

// candidate is a pair that may be joined: the token at pos and the one after
// it. It is stale once the pair has grown beyond its size in bytes.
type candidate struct {
	rank int32
	pos  int32
	id   int32
	size int32
}

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.pos < d.pos
}

func (w *mergeWord) run() []Token {
	n := len(w.tokens)
	if n < 2 {
		return w.tokens
	}
	w.next, w.prev = make([]int32, n), make([]int32, n)
	for i := range w.tokens {
		w.prev[i], w.next[i] = int32(i-1), int32(i+1)
	}
	w.next[n-1] = -1
	for i := range n - 1 {
		if c, ok := w.candidate(int32(i)); ok {
			w.heap = append(w.heap, c)
		}
	}
	for i := len(w.heap)/4 + 1; i >= 0; i-- {
		w.down(i)
	}
	for len(w.heap) > 0 {
		w.join(w.pop())
	}
	out := w.tokens[:0]
	for i := int32(0); i >= 0; i = w.next[i] {
		out = append(out, w.tokens[i])
	}
	return out
}

// candidate looks up the pair that starts at pos.
func (w *mergeWord) candidate(pos int32) (candidate, bool) {
	after := w.next[pos]
	if after < 0 {
		return candidate{}, false
	}
	left, right := w.tokens[pos], w.tokens[after]
	m, ok := w.model.lookup(w.word, left, right)
	return candidate{rank: m.rank, pos: pos, id: m.id, size: int32(right.End - left.Start)}, ok
}

func (w *mergeWord) join(c candidate) {
	w.pops++
	left := &w.tokens[c.pos]
	after := w.next[c.pos]
	if left.End == left.Start || after < 0 || w.tokens[after].End-left.Start != int(c.size) {
		return
	}
	right := &w.tokens[after]
	left.ID, left.End = int(c.id), right.End
	right.Start = right.End
	w.next[c.pos] = w.next[after]
	if n := w.next[after]; n >= 0 {
		w.prev[n] = c.pos
	}
	if p := w.prev[c.pos]; p >= 0 {
		if c, ok := w.candidate(p); ok {
			w.push(c)
		}
	}
	if c, ok := w.candidate(c.pos); ok {
		w.push(c)
	}
}

// The heap is 4-ary: children of i are 4i+1 to 4i+4.

func (w *mergeWord) push(c candidate) {
	w.heap = append(w.heap, c)
	i := len(w.heap) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !c.before(w.heap[parent]) {
			break
		}
		w.heap[i] = w.heap[parent]
		i = parent
	}
	w.heap[i] = c
}

func (w *mergeWord) pop() candidate {
	top := w.heap[0]
	last := len(w.heap) - 1
	w.heap[0] = w.heap[last]
	w.heap = w.heap[:last]
	w.down(0)
	return top
}

func (w *mergeWord) down(i int) {
	if i >= len(w.heap) {
		return
	}
	c := w.heap[i]
	for {
		best := 4*i + 1
		if best >= len(w.heap) {
			break
		}
		for child := best + 1; child < len(w.heap) && child <= 4*i+4; child++ {
			if w.heap[child].before(w.heap[best]) {
				best = child
			}
		}
		if !w.heap[best].before(c) {
			break
		}
		w.heap[i] = w.heap[best]
		i = best
	}
	w.heap[i] = c
}
