package plain

import (
	"runtime"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	table := Table{Right: []bool{false, true}}
	table.Row("tensor", "bytes", "type")
	table.Row("東京\x1b", "8192", "F32")
	table.Row("a", "16")
	var b strings.Builder
	if err := table.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := " tensor  bytes  type\n 東京␛    8192  F32\n a          16\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestTableLong has one very long cell in its last column, which is no reason
// to write as many spaces into each row.
func TestTableLong(t *testing.T) {
	var table Table
	table.Row("a", strings.Repeat("x", 1<<20))
	for range 1000 {
		table.Row("b", "c")
	}
	var b strings.Builder
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := table.Write(&b); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 100<<20 || !strings.HasSuffix(b.String(), "\n b  c\n") {
		t.Errorf("%d bytes were allocated for %d", allocated, b.Len())
	}
}
