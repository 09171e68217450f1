package kernel

import (
	"context"
	"sync/atomic"
	"time"
)

// bandwidthBytes is far more than the last cache of a processor holds.
const bandwidthBytes = 256 << 20

// ReadBandwidth measures how fast p's threads together can read memory, in
// bytes per second: the best of several passes over a buffer far larger than
// the caches. It is 0 if ctx ended before the first pass did.
func ReadBandwidth(ctx context.Context, p *Pool) float64 {
	const passes = 8
	buffer := make([]float32, bandwidthBytes/4)
	for i := range buffer {
		buffer[i] = float32(i)
	}
	var best float64
	var sink atomic.Uint32
	for range passes {
		if ctx.Err() != nil {
			break
		}
		start := time.Now()
		p.Run(len(buffer), 1<<16, func(lo, hi int) { sink.Add(active.read(buffer[lo:hi])) })
		best = max(best, bandwidthBytes/time.Since(start).Seconds())
	}
	return best
}
