package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// pack makes an archive of members that all hold the same.
func pack(t *testing.T, method uint16, content string, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(data []byte) (*Archive, error) { return Open("f", bytes.NewReader(data), int64(len(data))) }

func TestArchive(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		a, err := open(pack(t, method, "hello", "b", "../a"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Names(), []string{"b", "../a"}) || !a.Has("../a") || a.Has("a") || a.Size("b") != 5 || a.Size("a") != 0 {
			t.Errorf("names %q, sizes %d, %d", a.Names(), a.Size("b"), a.Size("a"))
		}
		data, err := a.Bytes("../a", 5)
		if err != nil || string(data) != "hello" {
			t.Errorf("%q, %v", data, err)
		}
		if _, err := a.Bytes("b", 4); err == nil || !strings.Contains(err.Error(), `f: member "b" has 5 bytes, and at most 4 are read`) {
			t.Errorf("error %v", err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	good := pack(t, zip.Store, "hello", "a", "b")
	end := bytes.LastIndex(good, []byte("PK\x05\x06"))
	claims := func(members uint16, length uint32) []byte {
		data := bytes.Clone(good)
		binary.LittleEndian.PutUint16(data[end+10:], members)
		binary.LittleEndian.PutUint32(data[end+12:], length)
		return data
	}
	// A record in the comment whose own comment doesn't fit is none.
	decoy := append(claims(60000, 100), good[end:]...)
	binary.LittleEndian.PutUint16(decoy[end+20:], endSize)
	binary.LittleEndian.PutUint16(decoy[len(decoy)-2:], 1)
	var many []string
	for i := range maxMembers + 1 {
		many = append(many, fmt.Sprint(i))
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "this one has none"},
		{"cut", good[:end], "this one has none: the file may be cut short"},
		{"many members", claims(65535, 100), "claims 65535 members"},
		{"decoy", decoy, "claims 60000 members"},
		{"long directory", claims(2, 1<<30), "in 1073741824 bytes"},
		{"twice", pack(t, zip.Store, "", "a", "a"), `two members called "a"`},
		{"really many", pack(t, zip.Store, "", many...), "at most 16384"},
		{"damaged", append(bytes.Repeat([]byte{1}, 40), good[end:]...), "can't be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := open(test.data); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

func TestMembersRefused(t *testing.T) {
	// In the local header and in the directory: flags at 6 and 8, the method at 8 and 10.
	change := func(offset, value int) []byte {
		data := pack(t, zip.Store, "hello", "a")
		directory := bytes.Index(data, []byte("PK\x01\x02"))
		data[offset], data[directory+offset+2] = byte(value), byte(value)
		return data
	}
	wrong := pack(t, zip.Store, "hello", "a")
	wrong[bytes.Index(wrong, []byte("hello"))] = 'j'
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"encrypted", change(6, 1), "is encrypted"},
		{"method", change(8, 12), "is packed by method 12"},
		{"checksum", wrong, "cut or damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, err := open(test.data)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Bytes("a", 100); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
}

// A member unpacks to no more than the directory says.
func TestBytesBound(t *testing.T) {
	data := pack(t, zip.Deflate, strings.Repeat("x", 1<<20), "a")
	directory := bytes.Index(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[directory+24:], 10) // the size unpacked
	a, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Bytes("a", 1<<10); err == nil {
		t.Errorf("%d bytes were unpacked", len(got))
	}
}
