package evalset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// readCSV reads rows under a header, with commas between fields, or tabs in a
// .tsv file.
func readCSV(s *source) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		b := &budget{r: s.Reader}
		rows := csv.NewReader(b)
		if strings.EqualFold(filepath.Ext(s.ref), ".tsv") {
			rows.Comma = '\t'
		}
		b.allow(0)
		names, err := rows.Read()
		if err == nil {
			err = checkHeader(names)
		}
		if err != nil {
			yield(nil, explainCSV(s, err, 1))
			return
		}
		rows.ReuseRecord = true
		for last := 1; ; {
			b.allow(rows.InputOffset())
			row, err := rows.Read()
			if err == io.EOF {
				return
			}
			if len(row) > 0 {
				last, _ = rows.FieldPos(0)
			}
			var r *record
			if err == nil {
				r, err = csvRecord(last, names, row)
			}
			if err != nil {
				err = explainCSV(s, err, last)
			}
			if !yield(r, err) || err != nil && !errors.As(err, new(*LineError)) {
				return
			}
		}
	}
}

// checkHeader refuses names that fields can't be told apart by.
func checkHeader(names []string) error {
	seen := map[string]bool{}
	for i, name := range names {
		if err := checkText(fmt.Sprintf("name %d of the header", i+1), name); err != nil {
			return err
		}
		if seen[name] && name != "" {
			return fmt.Errorf("the name %s stands twice in the header", badfile.Quote(name))
		}
		seen[name] = true
	}
	if len(names) > maxFields {
		return fmt.Errorf("the header has more than %d names", maxFields)
	}
	return nil
}

// csvRecord is a row. A column without a name is passed over.
func csvRecord(line int, names, row []string) (*record, error) {
	r := &record{line: line, names: make([]string, 0, len(names)), values: make([]value, 0, len(names))}
	for i, name := range names {
		if name == "" {
			continue
		}
		if err := checkText(name, row[i]); err != nil {
			return nil, err
		}
		if at := strings.IndexByte(row[i], 0); at >= 0 {
			return nil, fmt.Errorf("byte %d of %s is a NUL", at+1, badfile.Quote(name))
		}
		r.names, r.values = append(r.names, name), append(r.values, value{kind: text, text: row[i]})
	}
	return r, nil
}

// explainCSV is what is wrong with a row that begins at or after a line.
func explainCSV(s *source, err error, line int) error {
	parse := (*csv.ParseError)(nil)
	switch {
	case errors.As(err, &parse) && parse.Err == csv.ErrFieldCount:
		return s.fail(parse.StartLine, "it has another number of fields than the header")
	case errors.As(err, &parse):
		return s.fail(parse.StartLine, "not valid CSV at line %d, byte %d: %w", parse.Line, parse.Column, parse.Err)
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%s, at or after line %d: a row is longer than %d MiB; does a quotation mark lack its other half?", s.ref, line, maxLine>>20)
	case err == io.EOF:
		return s.empty()
	case s.bytes.failed != nil:
		return s.bytes.failed
	}
	return s.fail(line, "%w", err)
}
