package model

import (
	"sync/atomic"

	"tiller/model/kernel"
)

// pagePositions is how many positions one page of a cache holds.
const pagePositions = 32

// A cache holds the keys and values of one lane at one block, in pages that
// lanes with a common beginning share.
type cache struct {
	width int // KVHeads * HeadDim
	pages []*page
	n     int // positions held
}

// A page is pagePositions rows of keys and values, [pagePositions, width] each.
type page struct {
	k, v []float32
	// shared pages belong to more than one cache and are copied before they
	// are written. Lanes of different goroutines may share a page, and one may
	// be forked while another steps.
	shared atomic.Bool
}

// append adds rows of keys and values, taken from columns k and v of the
// fused rows [n, stride].
func (c *cache) append(rows []float32, stride, k, v int) {
	for at := 0; at < len(rows); at += stride {
		p := c.tail()
		slot := c.n % pagePositions * c.width
		copy(p.k[slot:slot+c.width], rows[at+k:])
		copy(p.v[slot:slot+c.width], rows[at+v:])
		c.n++
	}
}

// tail returns the page that the next position goes to, its own to write.
func (c *cache) tail() *page {
	i := c.n / pagePositions
	size := pagePositions * c.width
	if i == len(c.pages) {
		c.pages = append(c.pages, &page{k: make([]float32, size), v: make([]float32, size)})
	}
	if p := c.pages[i]; p.shared.Load() {
		used := c.n % pagePositions * c.width
		own := &page{k: make([]float32, size), v: make([]float32, size)}
		copy(own.k, p.k[:used])
		copy(own.v, p.v[:used])
		c.pages[i] = own
	}
	return c.pages[i]
}

// view appends the chunks that hold positions start to end-1, in order.
func (c *cache) view(chunks []kernel.KV, start, end int) []kernel.KV {
	for start < end {
		p := c.pages[start/pagePositions]
		first := start % pagePositions
		n := min(pagePositions-first, end-start)
		chunks = append(chunks, kernel.KV{
			K: p.k[first*c.width:], V: p.v[first*c.width:], N: n,
		})
		start += n
	}
	return chunks
}

// truncate forgets all positions from n on.
func (c *cache) truncate(n int) {
	if n >= c.n {
		return
	}
	c.n = n
	c.pages = c.pages[:(n+pagePositions-1)/pagePositions]
}

// fork returns a cache of the first n positions that shares their pages.
func (c *cache) fork(n int) cache {
	n = min(n, c.n)
	pages := c.pages[:(n+pagePositions-1)/pagePositions]
	for _, p := range pages {
		p.shared.Store(true)
	}
	return cache{width: c.width, pages: append([]*page(nil), pages...), n: n}
}

// bytes is how much memory the pages take, shared ones counted in full.
func (c *cache) bytes() int {
	return len(c.pages) * pagePositions * c.width * 2 * 4
}

// A workspace is what one worker needs to attend.
type workspace struct {
	chunks []kernel.KV
	scores []float32
}

// room returns a slice for n scores.
func (w *workspace) room(n int) []float32 {
	if cap(w.scores) < n {
		w.scores = make([]float32, n+n/4)
	}
	return w.scores[:n]
}

func (m *Model) borrowWorkspace() *workspace {
	if w, ok := m.workspaces.Get().(*workspace); ok {
		return w
	}
	return &workspace{}
}

func (m *Model) returnWorkspace(w *workspace) { m.workspaces.Put(w) }
