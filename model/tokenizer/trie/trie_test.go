package trie

import (
	"reflect"
	"testing"
)

func TestPrefixes(t *testing.T) {
	keys := []string{"", "a", "ab", "abc", "abd", "b", "\xff", "\xff\x00", "zoo", "a"}
	values := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	tr := New(keys, values)
	tests := []struct {
		text string
		want [][2]int
	}{
		{"", nil},
		{"abcd", [][2]int{{1, 9}, {2, 2}, {3, 3}}},
		{"abd", [][2]int{{1, 9}, {2, 2}, {3, 4}}},
		{"abe", [][2]int{{1, 9}, {2, 2}}},
		{"b", [][2]int{{1, 5}}},
		{"\xff\x00x", [][2]int{{1, 6}, {2, 7}}},
		{"zo", nil},
		{"y", nil},
	}
	for _, tc := range tests {
		var got [][2]int
		tr.Prefixes(tc.text, func(n, v int) { got = append(got, [2]int{n, v}) })
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("Prefixes(%q) = %v, want %v", tc.text, got, tc.want)
		}
	}
	if n, v := tr.Longest("abdz"); n != 3 || v != 4 {
		t.Errorf("Longest = %d, %d", n, v)
	}
	if n, _ := (&Trie{}).Longest("a"); n != 0 {
		t.Errorf("the empty trie found %d", n)
	}
}
