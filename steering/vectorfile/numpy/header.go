package numpy

import (
	"fmt"
	"strconv"
	"strings"

	"tiller/model/checkpoint/badfile"
)

// Bounds on shapes: products of what they allow fit into 62 bits.
const (
	maxDimensions = 4
	maxTotal      = 1 << 48
)

// dtypes are the kinds of numbers that are read, without the byte order before them.
var dtypes = map[string]string{"f2": "F16", "f4": "F32", "f8": "F64"}

// parse reads the header's text, a Python dictionary with exactly the keys descr, fortran_order
// and shape.
func (h *Header) parse(text []byte) error {
	p := literal{text: string(text)}
	seen := map[string]bool{}
	err := p.dict(func(key string) error {
		if seen[key] {
			return fmt.Errorf("the key %s stands twice in its header", badfile.Quote(key))
		}
		seen[key] = true
		switch key {
		case "descr":
			return h.descr(&p)
		case "fortran_order":
			order, err := p.boolean()
			h.Fortran = order
			return err
		case "shape":
			return h.shape(&p)
		}
		return fmt.Errorf("its header has the key %s, which no .npy file has", badfile.Quote(key))
	})
	if err == nil && len(seen) != 3 {
		err = fmt.Errorf("its header lacks one of the keys descr, fortran_order and shape")
	}
	if err == nil && strings.Trim(p.text[p.at:], " \n") != "" {
		err = fmt.Errorf("something other than spaces follows its header's dictionary")
	}
	if err != nil {
		return h.fail(h.at+int64(p.at), "%v", err)
	}
	return nil
}

// descr reads the type.
func (h *Header) descr(p *literal) error {
	if p.peek() != '\'' && p.peek() != '"' {
		return fmt.Errorf("its elements are records of several fields, where an array of F16, F32 or F64 is expected")
	}
	text, err := p.str()
	if err != nil {
		return err
	}
	if strings.HasSuffix(text, "O") {
		return fmt.Errorf("it holds Python objects, which are pickles that could run code: save the array as float32")
	}
	if len(text) == 3 && strings.ContainsRune("<>=", rune(text[0])) {
		h.DType, h.big = dtypes[text[1:]], text[0] == '>'
	}
	if h.DType == "" {
		return fmt.Errorf("its type is %s, where F16, F32 or F64 is expected ('<f2', '<f4', '<f8'): save the array as float32", badfile.Quote(text))
	}
	return nil
}

// shape reads a tuple of whole numbers.
func (h *Header) shape(p *literal) error {
	if err := p.expect('('); err != nil {
		return err
	}
	total := int64(1)
	h.Shape = []int{}
	for p.peek() != ')' {
		n, err := p.number()
		if err != nil {
			return err
		}
		if len(h.Shape) == maxDimensions {
			return fmt.Errorf("its shape has more than %d dimensions", maxDimensions)
		}
		if n > maxTotal || n > 0 && total > maxTotal/n {
			return fmt.Errorf("its shape is of more than 2^48 elements")
		}
		if n > 0 {
			total *= n
		}
		h.Shape = append(h.Shape, int(n))
		if p.peek() != ')' {
			if err := p.expect(','); err != nil {
				return err
			}
		}
	}
	return p.expect(')')
}

// literal reads the part of Python's literals that headers use.
type literal struct {
	text string
	at   int
}

// peek returns the next byte that is not a space, or 0.
func (p *literal) peek() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *literal) expect(c byte) error {
	if p.peek() != c {
		return fmt.Errorf("its header lacks a %q here", c)
	}
	p.at++
	return nil
}

// dict reads a dictionary; member reads the value of each key.
func (p *literal) dict(member func(key string) error) error {
	if err := p.expect('{'); err != nil {
		return err
	}
	for p.peek() != '}' {
		key, err := p.str()
		if err != nil {
			return err
		}
		if err := p.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if p.peek() != '}' {
			if err := p.expect(','); err != nil {
				return err
			}
		}
	}
	return p.expect('}')
}

// str reads a string without escapes.
func (p *literal) str() (string, error) {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return "", fmt.Errorf("its header lacks a string here")
	}
	text, _, ok := strings.Cut(p.text[p.at+1:], string(quote))
	if !ok || strings.ContainsRune(text, '\\') {
		return "", fmt.Errorf("its header has a string here that can't be read")
	}
	p.at += len(text) + 2
	return text, nil
}

func (p *literal) boolean() (bool, error) {
	p.peek()
	for text, value := range map[string]bool{"True": true, "False": false} {
		if strings.HasPrefix(p.text[p.at:], text) {
			p.at += len(text)
			return value, nil
		}
	}
	return false, fmt.Errorf("its header lacks True or False here")
}

// number reads a whole number of at most 2^62-1.
func (p *literal) number() (int64, error) {
	p.peek()
	end := p.at
	for end < len(p.text) && '0' <= p.text[end] && p.text[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(p.text[p.at:end], 10, 62)
	if err != nil {
		return 0, fmt.Errorf("its header lacks a whole number here")
	}
	p.at = end
	if strings.HasPrefix(p.text[end:], "L") { // as Python 2 wrote it
		p.at++
	}
	return int64(n), nil
}
