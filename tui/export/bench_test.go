package export

import (
	"bytes"
	"context"
	"testing"
	"time"
)

// BenchmarkWrite writes a minute at 120 by 30, of which every frame differs.
func BenchmarkWrite(b *testing.B) {
	r := demo(time.Minute, 120, 30)
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := f.Write(context.Background(), &out, r, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "bytes")
		})
	}
}
