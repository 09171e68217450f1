package numpy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tiller/steering/vectorfile/archive"
)

// npy makes a file of format version 1 with this header and these numbers.
func npy(header string, values ...float32) []byte {
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	binary.Write(&b, binary.LittleEndian, values)
	return b.Bytes()
}

func f4(order, shape string) string {
	return fmt.Sprintf("{'descr': '<f4', 'fortran_order': %s, 'shape': %s, }\n", order, shape)
}

func TestRead(t *testing.T) {
	tests := []struct {
		name   string
		data   []byte
		want   []float32
		shape  []int
		second []float32 // row 1
	}{
		{"row by row", npy(f4("False", "(2, 3)"), 1, 2, 3, 4, 5, 6), []float32{1, 2, 3, 4, 5, 6}, []int{2, 3}, []float32{4, 5, 6}},
		{"column by column", npy(f4("True", "(2, 3)"), 1, 4, 2, 5, 3, 6), []float32{1, 2, 3, 4, 5, 6}, []int{2, 3}, []float32{4, 5, 6}},
		{"three dimensions", npy(f4("True", "(2, 1, 2)"), 1, 3, 2, 4), []float32{1, 2, 3, 4}, []int{2, 1, 2}, nil},
		{"one dimension", npy(f4("True", "(3,)"), 1, 2, 3), []float32{1, 2, 3}, []int{3}, nil},
		{"a number", npy(f4("False", "()"), 7), []float32{7}, []int{}, nil},
		{"empty", npy(f4("False", "(0, 3)")), []float32{}, []int{0, 3}, nil},
		{"Python 2", npy("{\"shape\": (1L, 2L), 'fortran_order': False, 'descr': '=f4'}", 1, 2), []float32{1, 2}, []int{1, 2}, nil},
		{"version 2", append([]byte("\x93NUMPY\x02\x00\x3b\x00\x00\x00{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2)}  "), 0, 0x3c, 0, 0xc0), []float32{1, -2}, []int{1, 2}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := bytes.NewReader(test.data)
			h, err := ReadHeader("f", r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.Read(r)
			if err != nil || !slices.Equal(got, test.want) || !slices.Equal(h.Shape, test.shape) {
				t.Errorf("%v of shape %v, %v", got, h.Shape, err)
			}
			r.Seek(h.at, 0)
			row, err := h.ReadRow(r, 1)
			if test.second == nil {
				if err == nil {
					t.Errorf("row 1 is %v", row)
				}
			} else if err != nil || !slices.Equal(row, test.second) {
				t.Errorf("row 1 is %v, %v", row, err)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "NumPy array (byte 0): it ends inside the first 10 bytes"},
		{"other", []byte("0123456789"), `it begins with "012345"`},
		{"version", []byte("\x93NUMPY\x04\x00\x00\x00"), "(byte 6): it is of format version 4"},
		{"cut header", npy(f4("False", "(2,)"))[:20], "(byte 20): it ends inside its header"},
		{"cut length", []byte("\x93NUMPY\x02\x00\x00\x00"), "inside the header's length"},
		{"long header", []byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), "its header is said to have 2147483647 bytes"},
		{"cut numbers", npy(f4("False", "(2,)"), 1), "(byte 72): it ends here, where an array of shape [2] and type F32 goes on"},
		{"cut column", npy(f4("True", "(2, 2)"), 1, 2, 3), "it ends here"},
		{"not a dictionary", npy("[]"), "lacks a '{' here"},
		{"key twice", npy("{'shape': (1,), 'shape': (1,)}"), `the key "shape" stands twice`},
		{"other key", npy("{'code': 1}"), `its header has the key "code"`},
		{"missing key", npy("{'shape': (1,)}"), "lacks one of the keys"},
		{"escapes", npy("{'\\x1b': 1}"), "a string here that can't be read"},
		{"rest", npy(f4("False", "(1,)")+"import os", 1), "something other than spaces follows"},
		{"type", npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"), `its type is "<c8"`},
		{"objects", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "Python objects"},
		{"records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "records of several fields"},
		{"order", npy(f4("Yes", "(1,)")), "lacks True or False"},
		{"negative shape", npy(f4("False", "(-1,)")), "lacks a whole number"},
		{"huge shape", npy(f4("False", "(4611686018427387903,)")), "more than 2^48 elements"},
		{"huge product", npy(f4("False", "(0, 281474976710656, 65536)")), "more than 2^48 elements"},
		{"large", npy(f4("False", "(281474976710656,)")), "at most 67108864 are read"},
		{"many dimensions", npy(f4("False", "(1, 1, 1, 1, 1)")), "more than 4 dimensions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := bytes.NewReader(test.data)
			h, err := ReadHeader("f", r)
			if err == nil {
				_, err = h.Read(r)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

// An array is not believed to be large before it is.
func TestReadAllocatesLittle(t *testing.T) {
	data := npy(f4("False", "(67108864,)"), 1, 2, 3)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := bytes.NewReader(data)
	h, err := ReadHeader("f", r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Read(r)
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes for an array of 12, %v", after.TotalAlloc-before.TotalAlloc, err)
	}
}

// member is one file of an archive.
type member struct {
	name string
	data []byte
}

// pack makes a zip archive.
func pack(t testing.TB, method uint16, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		w.Write(m.data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(data []byte) (*Archive, error) {
	z, err := archive.Open("f", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	a, ok := OpenArchive("f", z)
	if !ok {
		return nil, fmt.Errorf("not all members are arrays")
	}
	return a, nil
}

func TestArchive(t *testing.T) {
	array := npy(f4("False", "(2, 2)"), 1, 2, 3, 4)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		a, err := open(pack(t, method, member{"b.npy", array}, member{"a/../c.npy", array}))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a.Keys(), []string{"b", "a/../c"}) || !a.Has("b") || a.Has("c") {
			t.Errorf("keys are %q", a.Keys())
		}
		values, err := a.Read("b")
		if err != nil || !slices.Equal(values, []float32{1, 2, 3, 4}) {
			t.Errorf("%v, %v", values, err)
		}
		row, err := a.ReadRow("a/../c", 1)
		if err != nil || !slices.Equal(row, []float32{3, 4}) {
			t.Errorf("%v, %v", row, err)
		}
		if _, err := a.Read("none"); err == nil || !strings.Contains(err.Error(), `no member "none.npy"`) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := open(pack(t, zip.Store, member{"b.npy", array}, member{"x.txt", nil})); err == nil {
		t.Error("an archive with a text was taken for .npz")
	}
	long, err := open(pack(t, zip.Store, member{"b.npy", append(array, 0)}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := long.Read("b"); err == nil || !strings.Contains(err.Error(), "and its shape [2 2] and type F32 say") {
		t.Errorf("error %v", err)
	}
	damaged := pack(t, zip.Store, member{"b.npy", array})
	damaged[bytes.Index(damaged, array)+len(array)-1] ^= 1
	if a, err := open(damaged); err != nil {
		t.Error(err)
	} else if _, err := a.Read("b"); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error %v", err)
	}
}

// testdata reads the seeds that NumPy itself wrote.
func testdata(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join("../testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no %s: %v", pattern, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

func FuzzRead(f *testing.F) {
	testdata(f, "*.npy")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		h, err := ReadHeader("fuzz", r)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		if h.Elements() > 1<<16 {
			return // slow, and no other path
		}
		all, err := h.Read(r)
		if err != nil {
			return
		}
		if int64(len(all)) != h.Elements() {
			t.Fatalf("%d elements of shape %v", len(all), h.Shape)
		}
		if len(h.Shape) != 2 || h.Shape[0] == 0 {
			return
		}
		last := h.Shape[0] - 1
		r.Seek(h.at, 0)
		row, err := h.ReadRow(r, last)
		same := slices.EqualFunc(row, all[last*h.Shape[1]:], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
		if err != nil || !same {
			t.Fatalf("row %v, %v of %v", row, err, all)
		}
	})
}

func FuzzArchive(f *testing.F) {
	testdata(f, "*.npz")
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := open(data)
		if err != nil {
			return
		}
		for _, key := range a.Keys() {
			if h, err := a.Header(key); err != nil || h.Elements() > 1<<16 {
				continue
			}
			a.Read(key)
			a.ReadRow(key, 0)
		}
	})
}
