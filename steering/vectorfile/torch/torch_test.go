package torch

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tiller/steering/vectorfile/archive"
	"tiller/steering/vectorfile/pickle"
)

// saved makes a file as torch.save does, with these members in its folder.
func saved(t testing.TB, program string, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, content string) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("archive/data.pkl", program)
	for i := 0; i < len(members); i += 2 {
		add("archive/"+members[i], members[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tensor is the pickle of a tensor of a storage, offset, shape and strides.
func tensor(storage string, offset int, shape, stride string) string {
	return fmt.Sprintf("ctorch._utils\n_rebuild_tensor_v2\n(%sI%d\n%s%sI00\nccollections\nOrderedDict\n)RtR", storage, offset, shape, stride)
}

// stored is the pickle of a storage.
func stored(class string, elements int) string {
	return fmt.Sprintf("(Vstorage\nctorch\n%s\nV0\nVcpu\nI%d\ntQ", class, elements)
}

// tuple is the pickle of a tuple of integers.
func tuple(numbers ...int) string {
	text := "("
	for _, n := range numbers {
		text += fmt.Sprintf("I%d\n", n)
	}
	return text + "t"
}

func read(data []byte) (*File, error) {
	z, err := archive.Open("f", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return Read("f", z)
}

// six are the numbers 1 to 6 as BF16.
const six = "\x80\x3f\x00\x40\x40\x40\x80\x40\xa0\x40\xc0\x40"

func TestTensor(t *testing.T) {
	tests := []struct {
		name          string
		offset        int
		shape, stride []int
		want          []float32
	}{
		{"whole", 0, []int{6}, []int{1}, []float32{1, 2, 3, 4, 5, 6}},
		{"rows", 0, []int{2, 3}, []int{3, 1}, []float32{1, 2, 3, 4, 5, 6}},
		{"columns", 0, []int{3, 2}, []int{1, 3}, []float32{1, 4, 2, 5, 3, 6}},
		{"offset", 3, []int{3}, []int{1}, []float32{4, 5, 6}},
		{"every second", 1, []int{3}, []int{2}, []float32{2, 4, 6}},
		{"repeated", 1, []int{2, 2}, []int{0, 1}, []float32{2, 3, 2, 3}},
		{"three dimensions", 0, []int{1, 2, 3}, []int{99, 1, 2}, []float32{1, 3, 5, 2, 4, 6}},
		{"number", 5, nil, nil, []float32{6}},
		{"empty", 99, []int{0, 3}, []int{3, 1}, []float32{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program := tensor(stored("BFloat16Storage", 6), test.offset, tuple(test.shape...), tuple(test.stride...)) + "."
			f, err := read(saved(t, program, "data/0", six, "byteorder", "little"))
			if err != nil {
				t.Fatal(err)
			}
			tensor, ok := f.Root.(*Tensor)
			if !ok {
				t.Fatalf("the root is %T", f.Root)
			}
			got, err := tensor.Float32s()
			if err != nil || !slices.Equal(got, test.want) || !slices.Equal(tensor.Shape, test.shape) || tensor.Elements() != len(test.want) || tensor.DType() != "BF16" {
				t.Errorf("%v of shape %v, %v", got, tensor.Shape, err)
			}
			if len(test.shape) < 2 || test.shape[0] == 0 {
				return
			}
			row, err := tensor.Row(test.shape[0] - 1)
			if err != nil {
				t.Fatal(err)
			}
			last, err := row.Float32s()
			if err != nil || !slices.Equal(last, test.want[len(test.want)-len(last):]) || len(last) == 0 {
				t.Errorf("the last row is %v, %v", last, err)
			}
			if _, err := tensor.Row(test.shape[0]); err == nil {
				t.Error("there is a row after the last")
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	storage := stored("BFloat16Storage", 6)
	one := tuple(1)
	tests := []struct{ name, program, want string }{
		{"beyond the storage", tensor(storage, 3, tuple(4), one), "reaches to element 6 of a storage of 6"},
		{"strides beyond it", tensor(storage, 0, tuple(2, 2), tuple(5, 1)), "reaches to element 6"},
		{"negative offset", tensor(storage, -1, one, one), "begins at element -1"},
		{"huge offset", tensor(storage, 1<<62, one, one), "begins at element"},
		{"negative stride", tensor(storage, 5, tuple(6), tuple(-1)), "strides are not one whole number"},
		{"negative shape", tensor(storage, 0, tuple(-1), one), "shape is not of whole numbers"},
		{"huge shape", tensor(storage, 0, tuple(1<<62, 1<<62), tuple(0, 0)), "is too large"},
		{"huge stride", tensor(storage, 0, tuple(3), tuple(1<<62)), "is too large"},
		{"fewer strides", tensor(storage, 0, tuple(2, 2), one), "strides are not one whole number"},
		{"many dimensions", tensor(storage, 0, tuple(1, 1, 1, 1, 1, 1, 1, 1, 1), one), "shape is not of whole numbers"},
		{"no storage", tensor("I7\n", 0, one, one), "of something that is not a storage"},
		{"few values", "ctorch._utils\n_rebuild_tensor_v2\n)R", "it makes a tensor of 0 values"},
		{"storage called", "ctorch\nFloatStorage\n)R", `it makes a "torch.FloatStorage" of its own`},
		{"another name", "ctorch\nFloatStorage2\n", `it asks Python for "torch.FloatStorage2"`},
		{"more elements", stored("BFloat16Storage", 7), `the storage "0" has 7 elements of BF16, and the archive has 12 bytes`},
		{"another type", stored("FloatStorage", 6), `the storage "0" has 6 elements of F32, and the archive has 12 bytes`},
		{"negative elements", stored("FloatStorage", -1), "in a way that torch.save does not"},
		{"elements that overflow", stored("DoubleStorage", 1<<61+1), "the archive has 12 bytes"},
		{"another storage", strings.Replace(storage, "V0\n", "V../data.pkl\n", 1), `the storage "../data.pkl", which the archive lacks`},
		{"not a storage", "I7\nQ", "something outside of it that is not a storage"},
		{"a string for a class", "(Vstorage\nVtorch.FloatStorage\nV0\nVcpu\nI6\ntQ", "in a way that torch.save does not"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(saved(t, test.program+".", "data/0", six))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
	for want, data := range map[string][]byte{
		`its byte order is "big"`:  saved(t, "N.", "byteorder", "big"),
		"is a TorchScript program": saved(t, "N.", "constants.pkl", ""),
		"without its last":         saved(t, ""),
		"and at most 4194304":      saved(t, strings.Repeat("N", pickle.MaxBytes+1)),
	} {
		if _, err := read(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %s", err, want)
		}
	}
}

// A tensor that says it is large is not, beyond what is read.
func TestFloat32sBound(t *testing.T) {
	f, err := read(saved(t, tensor(stored("BFloat16Storage", 6), 0, tuple(1<<40), tuple(0))+".", "data/0", six))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Root.(*Tensor).Float32s(); err == nil || !strings.Contains(err.Error(), "at most 67108864 are read") {
		t.Errorf("error %v", err)
	}
}

func TestIs(t *testing.T) {
	for name, want := range map[string]bool{"archive/data.pkl": true, "v/data.pkl": true, "data.pkl": false, "a/b/data.pkl": false, "/x.pkl": false} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
		w.Close()
		z, err := archive.Open("f", bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || Is(z) != want {
			t.Errorf("%s: %t, %v", name, Is(z), err)
		}
	}
}

// FuzzRead changes the pickle of a file; that of the zip archive is fuzzed elsewhere.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("../testdata/*.pt")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		z, err := archive.Open(path, bytes.NewReader(data), int64(len(data)))
		if err != nil {
			continue // of before PyTorch 1.6
		}
		folder, _ := folderOf(z)
		program, err := z.Bytes(folder+pickleName, pickle.MaxBytes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(program)
	}
	f.Add([]byte(tensor(stored("BFloat16Storage", 6), 1, tuple(2, 2), tuple(2, 1)) + "."))
	f.Fuzz(func(t *testing.T, program []byte) {
		file, err := read(saved(t, string(program), "data/0", six))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
			return
		}
		tensor, ok := file.Root.(*Tensor)
		if !ok || tensor.Elements() > 1<<16 {
			return
		}
		values, err := tensor.Float32s()
		if err != nil || len(values) != tensor.Elements() {
			t.Fatalf("%d values of shape %v, %v", len(values), tensor.Shape, err)
		}
	})
}

// TestFarApart reads tensors that are small, but lie at the end of a storage of half a GiB that
// a few hundred KiB unpack to.
func TestFarApart(t *testing.T) {
	const elements, views = 1 << 27, 20
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	program, err := z.Create("archive/data.pkl")
	if err != nil {
		t.Fatal(err)
	}
	last := tensor("g0\n", elements-2, tuple(2), tuple(1))
	fmt.Fprintf(program, "(%sp0\n0%sl.", stored("FloatStorage", elements), strings.Repeat(last, views))
	w, err := z.Create("archive/data/0")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 4 * elements / len(zeros) {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, item := range f.Root.(*pickle.List).Items {
		if _, err = item.(*Tensor).Float32s(); err != nil {
			break
		}
		read++
	}
	if err == nil || !strings.Contains(err.Error(), "save copies of them") || read != maxPassed/(4*elements) {
		t.Errorf("after %d tensors: %v", read, err)
	}
}
