package plain

import (
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
