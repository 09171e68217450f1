package kernel

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

func TestParseType(t *testing.T) {
	for _, typ := range []Type{F32, F16, BF16, Q8_0, Q4_0, Q4_1} {
		if got, ok := ParseType(typ.String()); !ok || got != typ {
			t.Errorf("ParseType(%q) = %v, %v", typ.String(), got, ok)
		}
	}
	if _, ok := ParseType("Q4_K"); ok {
		t.Error("ParseType takes Q4_K")
	}
	if got := Type(99).String(); got != "Type(99)" {
		t.Errorf("an unknown type is called %q", got)
	}
}

func TestNewMatrixRefuses(t *testing.T) {
	tests := []struct {
		name       string
		typ        Type
		rows, cols int
		bytes      int
		want       string
	}{
		{"unknown type", Type(9), 1, 1, 4, "type 9"},
		{"no rows", F32, 0, 4, 0, "empty"},
		{"negative", F32, -1, 4, 0, "empty"},
		{"broken block", Q8_0, 1, 33, 34, "blocks of 32"},
		{"short", F32, 2, 3, 23, "23 bytes"},
		{"long", BF16, 2, 3, 13, "13 bytes"},
		{"overflow of cols", F32, 1, math.MaxInt / 2, 0, "too large"},
		{"overflow of rows", F32, math.MaxInt / 2, 2, 0, "too large"},
	}
	for _, test := range tests {
		_, err := NewMatrix(test.typ, test.rows, test.cols, make([]byte, test.bytes))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
	m, err := NewMatrix(Q4_1, 2, 64, make([]byte, 2*2*20))
	if err != nil || m.Rows != 2 || m.Cols != 64 {
		t.Errorf("a good matrix: %v, %v", m, err)
	}
}

// Blocks and their weights worked out by hand from the layouts of type.go.
func TestDecodeKnownBlocks(t *testing.T) {
	q8 := append([]byte{0x00, 0x38}, make([]byte, 32)...) // d = 0.5
	q8[2], q8[3], q8[33] = 1, 0x80, 0x7f                  // 1, -128, ..., 127
	q4 := append([]byte{0x00, 0xc0}, make([]byte, 16)...) // d = -2
	q4[2], q4[17] = 0xf0, 0x18
	q41 := append([]byte{0x00, 0x34, 0x00, 0x3c}, make([]byte, 16)...) // d = 0.25, m = 1
	q41[4], q41[19] = 0x2f, 0x80
	tests := []struct {
		typ  Type
		data []byte
		at   map[int]float32
		rest float32
	}{
		{Q8_0, q8, map[int]float32{0: 0.5, 1: -64, 31: 63.5}, 0},
		{Q4_0, q4, map[int]float32{0: 16, 16: -14, 15: 0, 31: 14}, 16},
		{Q4_1, q41, map[int]float32{0: 4.75, 16: 1.5, 15: 1, 31: 3}, 1},
		{F32, []byte{0, 0, 0x80, 0xbf}, map[int]float32{0: -1}, 0},
		{F16, []byte{0x00, 0x3e}, map[int]float32{0: 1.5}, 0},
		{BF16, []byte{0xc0, 0x3f}, map[int]float32{0: 1.5}, 0},
	}
	for _, test := range tests {
		m, err := NewMatrix(test.typ, 1, test.typ.BlockSize(), test.data)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, m.Cols)
		m.DecodeRow(got, 0)
		for i, v := range got {
			want, ok := test.at[i]
			if !ok {
				want = test.rest
			}
			if v != want {
				t.Errorf("%v element %d = %v, want %v", test.typ, i, v, want)
			}
		}
	}
}

// Blocks and the weights that the Python package gguf makes of them; see
// testdata/dequantise.py.
func TestDecodeEqualsPythonGGUF(t *testing.T) {
	text, err := os.ReadFile("testdata/dequantised.json")
	if err != nil {
		t.Fatal(err)
	}
	var blocks map[string]struct{ Data, Floats string }
	if err := json.Unmarshal(text, &blocks); err != nil {
		t.Fatal(err)
	}
	if len(blocks) != len(allTypes)-1 {
		t.Errorf("the fixture has %d types, want all but F32", len(blocks))
	}
	for name, b := range blocks {
		typ, ok := ParseType(name)
		if !ok {
			t.Fatalf("the fixture has type %q", name)
		}
		data, want := unhex(t, b.Data), unhex(t, b.Floats)
		m, err := NewMatrix(typ, 1, len(want)/4, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*path{&portable, active} {
			got := make([]float32, m.Cols)
			p.decode(typ, got, m.Data)
			for i, v := range got {
				if w := binary.LittleEndian.Uint32(want[4*i:]); math.Float32bits(v) != w {
					t.Fatalf("%s, %s: weight %d is %#08x, want %#08x", p.name, name, i, math.Float32bits(v), w)
				}
			}
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
