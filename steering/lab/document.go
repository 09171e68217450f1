package lab

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
)

// tableMark is where a document holds a generated table.
var tableMark = regexp.MustCompile(`(?s)<!-- table ([a-z]+) -->\n(.*?)<!-- end -->`)

// FillTables puts sections into a document, between "<!-- table NAME -->" and
// "<!-- end -->", each on a line of its own. A place without a section and a
// section without a place are errors.
func FillTables(document []byte, sections []Section) ([]byte, error) {
	placed := map[string]bool{}
	var err error
	filled := tableMark.ReplaceAllFunc(document, func(whole []byte) []byte {
		name := string(tableMark.FindSubmatch(whole)[1])
		i := slices.IndexFunc(sections, func(s Section) bool { return s.Name == name })
		switch {
		case i < 0:
			err = fmt.Errorf("the document has a place for a table %q, which there is not", name)
			return whole
		case placed[name]:
			err = fmt.Errorf("the document has two places for the table %q", name)
			return whole
		}
		placed[name] = true
		return fmt.Appendf(nil, "<!-- table %s -->\n%s<!-- end -->", name, sections[i].Markdown)
	})
	for _, s := range sections {
		if err == nil && !placed[s.Name] {
			err = fmt.Errorf("the document has no place for the table %q", s.Name)
		}
	}
	if n := bytes.Count(document, []byte("<!-- table ")); err == nil && n != len(placed) {
		err = fmt.Errorf("the document begins %d tables, but only %d end", n, len(placed))
	}
	if err != nil {
		return nil, err
	}
	return filled, nil
}
