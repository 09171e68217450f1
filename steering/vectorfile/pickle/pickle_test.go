package pickle

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tiller/model/checkpoint/badfile"
)

// shouter is a host that knows one function.
type shouter struct{}

func (shouter) Knows(g Global) bool { return g == Global{"lib", "shout"} }
func (shouter) Call(_ Global, args Tuple) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("it shouts other than one thing")
	}
	return fmt.Sprint(args[0], "!"), nil
}
func (shouter) Persistent(id any) (any, error) { return Tuple{"outside", id}, nil }

// dict makes what reading a dictionary gives.
func dict(pairs ...any) *Dict {
	d := &Dict{}
	for i := 0; i < len(pairs); i += 2 {
		if err := d.set(pairs[i], pairs[i+1]); err != nil {
			panic(err)
		}
	}
	return d
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, program string
		want          any
	}{
		{"None", "N.", nil},
		{"booleans", "\x80\x02\x88\x89\x86.", Tuple{true, false}},
		{"integers", "\x80\x02(K\x07M\x00\x01J\xff\xff\xff\xff\x8a\x00\x8a\x02\x00\xff\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft.", Tuple{int64(7), int64(256), int64(-1), int64(0), int64(-256), int64(1<<63 - 1)}},
		{"protocol 0", "(I7\nI01\nL-8L\nF2.5\nVtext\nS'old'\nt.", Tuple{int64(7), true, int64(-8), 2.5, "text", "old"}},
		{"float", "G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5},
		{"strings", "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x02h!X\x01\x00\x00\x00b\x8d\x01\x00\x00\x00\x00\x00\x00\x00c\x87.", Tuple{"h!", "b", "c"}},
		{"bytes", "C\x02\x00\x01.", Bytes{0, 1}},
		{"list", "](K\x01K\x02eK\x03a.", &List{[]any{int64(1), int64(2), int64(3)}}},
		{"lists of marks", "(K\x01(lt.", Tuple{int64(1), &List{}}},
		{"dictionary", "}(X\x01\x00\x00\x00aK\x01K\x05NuX\x01\x00\x00\x00aK\x02s.", dict("a", int64(2), int64(5), nil)},
		{"dictionary of marks", "(K\x01K\x02d.", dict(int64(1), int64(2))},
		{"ordered", "ccollections\nOrderedDict\n)R(K\x01K\x02u}b.", dict(int64(1), int64(2))},
		{"ordered of pairs", "ccollections\nOrderedDict\n](K\x01K\x02\x86e\x85R.", dict(int64(1), int64(2))},
		{"memory", "K\x07q\x05K\x08r\x06\x00\x00\x00p9\n0h\x05j\x06\x00\x00\x00g9\n\x87.", Tuple{int64(7), int64(8), int64(8)}},
		{"memoize", "K\x07\x94K\x08\x94h\x00h\x01\x86.", Tuple{int64(7), int64(8)}},
		{"stack", "K\x01K\x022\x87.", Tuple{int64(1), int64(2), int64(2)}},
		{"popped mark", "K\x01(K\x02K\x031.", int64(1)},
		{"call", "clib\nshout\nK\x01\x85R.", "1!"},
		{"call by names on the stack", "\x80\x04\x8c\x03lib\x8c\x05shout\x93K\x01\x85R.", "1!"},
		{"persistent", "K\x01Q.", Tuple{"outside", int64(1)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read("f", "p", []byte(test.program), shouter{})
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%#v, %v; want %#v", got, err, test.want)
			}
		})
	}
}

// A list may hold itself.
func TestReadCycle(t *testing.T) {
	value, err := Read("f", "p", []byte("]q\x00h\x00a."), nil)
	list, ok := value.(*List)
	if err != nil || !ok || len(list.Items) != 1 || list.Items[0] != any(list) {
		t.Errorf("%v, %v", value, err)
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, program, want string }{
		{"system", "cos\nsystem\nX\x02\x00\x00\x00ls\x85R.", `p (byte 0): it asks Python for "os.system", which is not plain data and was not run`},
		{"eval on the stack", "\x80\x04\x8c\x08builtins\x8c\x04eval\x93.", `p (byte 18): it asks Python for "builtins.eval"`},
		{"known function of another module", "cevil\nshout\n.", `"evil.shout"`},
		{"dotted name", "\x80\x04\x8c\x0bcollections\x8c\x17OrderedDict.__reduce__x\x93.", `"collections.OrderedDict.__reduce__x"`},
		{"instance", "(ios\nsystem\n.", `"os.system"`},
		{"escapes", "cos\x1b[31m\nsystem\n.", `"os\x1b[31m.system"`},
		{"object", "(clib\nshout\no.", "it makes an object of a class"},
		{"new object", "clib\nshout\n)\x81.", "it makes an object of a class"},
		{"new object with arguments", "clib\nshout\n)}\x92.", "it makes an object of a class"},
		{"extension", "\x82\x01.", "extension registry"},
		{"set", "\x8f.", "it holds a set"},
		{"persistent text", "P1\n.", "protocol 0"},
		{"buffer", "\x97.", "it holds a buffer"},
		{"long integer", "\x8a\x09123456789.", "an integer has 9 bytes"},
		{"longer integer", "\x8b\x01\x00\x00\x00\x01.", "more than 8 bytes"},
		{"decimal", "I99999999999999999999\n.", "is not an integer of 64 bits"},
		{"host's error", "clib\nshout\n)R.", "it shouts other than one thing"},
		{"calls a string", "X\x01\x00\x00\x00a)R.", "it calls a string, which is not a function"},
		{"calls with a list", "clib\nshout\n]R.", `it calls "lib.shout" with a list`},
		{"attributes", "]}b.", "it sets attributes of a list"},
		{"attributes of a dictionary", "}]b.", "it sets a dictionary's attributes to a list"},
		{"module as a number", "K\x01K\x02\x93.", "a function is named by an integer and an integer"},
		{"key", "}]K\x01s.", "a dictionary has a list for a key"},
		{"odd items", "}(K\x01u.", "items are added to a dictionary"},
		{"append to a number", "K\x01K\x01a.", "items are added to an integer"},
		{"empty", "", "ends without its last instruction"},
		{"no stop", "K\x01", "p (byte 2): it ends without its last instruction"},
		{"cut", "X\xff\x00\x00\x00abc", "p (byte 0): the pickle ends inside this instruction"},
		{"text", "\x8c\x01\xc3.", "a string is not UTF-8"},
		{"cut line", "cos", "the pickle ends inside this instruction"},
		{"long string", "X\xff\xff\xff\xff.", "a length or number of 4294967295"},
		{"nothing left", ".", "takes more from the stack"},
		{"below the mark", "K\x01(0.", "takes more from the stack"},
		{"no mark", "t.", "it lacks a mark"},
		{"forgotten", "h\x01.", "it remembers nothing under 1"},
		{"instruction", "\xff.", `'ÿ' is not an instruction`},
		{"protocol", "\x80\x06.", "it is of protocol 6"},
		{"pairs", "ccollections\nOrderedDict\n](K\x01e\x85R.", "where pairs are expected"},
		{"ordered of a number", "ccollections\nOrderedDict\nK\x01\x85R.", "it makes an OrderedDict of an integer"},
		{"deep", strings.Repeat("(", 1<<17) + ".", "it keeps more than 65536 values at once"},
		{"wide", strings.Repeat("N", 1<<17) + ".", "it keeps more than 65536 values at once"},
		{"long", strings.Repeat("N0", 1<<20) + ".", "it has more than 1048576 instructions"},
		{"large", strings.Repeat("N", MaxBytes) + ".", "and at most 4194304 are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read("f", "p", []byte(test.program), shouter{})
			var bad *badfile.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), test.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %v, want one with %s", err, test.want)
			}
		})
	}
	if _, err := Read("f", "p", []byte("K\x01Q."), nil); err == nil {
		t.Error("without a host something outside was found")
	}
	if _, err := Read("f", "p", []byte("clib\nshout\n."), nil); err == nil {
		t.Error("without a host a function was found")
	}
}

// To take one long list again and again costs as many instructions as it has items.
func TestReadBoundsRepeats(t *testing.T) {
	list := "](" + strings.Repeat("K\x01K\x02\x86", 10000) + "eq\x00"
	_, err := Read("f", "p", []byte(list+strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R0", 1000)+"."), nil)
	if err == nil || !strings.Contains(err.Error(), "instructions") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01K\x02](K\x03G\x3f\xf8\x00\x00\x00\x00\x00\x00eu.",
		"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x03lib\x94\x8c\x05shout\x94\x93\x94K\x01\x85\x94R\x94.",
		"(I7\nI01\nL-8L\nF2.5\nVtext\nS'old'\nt.",
		"ccollections\nOrderedDict\n](K\x01K\x02\x86e\x85Rq\x00}bh\x00\x86.",
		"cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.",
		"]q\x00h\x00a.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Read("fuzz", "p", data, shouter{}); err != nil {
			var bad *badfile.Error
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > int64(len(data)) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("error %q", err)
			}
		}
	})
}
