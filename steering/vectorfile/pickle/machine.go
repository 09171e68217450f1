package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"tiller/model/checkpoint/badfile"
)

// machine is Python's pickle machine without its power to call.
type machine struct {
	data  []byte
	at    int // the next byte
	begin int // of the instruction that runs
	host  Host
	stack []any
	marks []int // lengths of the stack
	memo  map[int]any
	steps int
}

var (
	errCut   = errors.New("the pickle ends inside this instruction: the file may be cut short")
	errStack = errors.New("an instruction takes more from the stack than there is: the pickle is damaged")
)

// run executes up to STOP and returns the value that is left.
func (m *machine) run() (any, error) {
	if len(m.data) > MaxBytes {
		return nil, fmt.Errorf("it has %d bytes, and at most %d are read", len(m.data), MaxBytes)
	}
	for {
		m.begin = m.at
		if m.steps++; m.steps > maxSteps {
			return nil, fmt.Errorf("it has more than %d instructions", maxSteps)
		}
		op, err := m.take(1)
		if err != nil {
			return nil, errors.New("it ends without its last instruction: the file may be cut short")
		}
		if op[0] == '.' {
			return m.pop()
		}
		if err := m.step(op[0]); err != nil {
			return nil, err
		}
		if len(m.stack) > maxDepth || len(m.marks) > maxDepth {
			return nil, fmt.Errorf("it keeps more than %d values at once", maxDepth)
		}
	}
}

// step executes one instruction.
func (m *machine) step(op byte) error {
	for _, group := range []func(*machine, byte) (bool, error){
		(*machine).constant, (*machine).text, (*machine).collection, (*machine).memory, (*machine).object,
	} {
		if done, err := group(m, op); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("%q is not an instruction of a pickle that can be read", op)
}

// constant executes what pushes None, a boolean or a number, and what changes nothing.
func (m *machine) constant(op byte) (bool, error) {
	switch op {
	case 0x80: // PROTO
		version, err := m.take(1)
		if err == nil && version[0] > 5 {
			err = fmt.Errorf("it is of protocol %d, and protocols up to 5 are read", version[0])
		}
		return true, err
	case 0x95: // FRAME
		_, err := m.take(8)
		return true, err
	case 'N':
		return true, m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return true, m.push(op == 0x88)
	case 'K':
		return m.pushUint(1)
	case 'M':
		return m.pushUint(2)
	case 'J':
		b, err := m.take(4)
		if err != nil {
			return true, err
		}
		return true, m.push(int64(int32(binary.LittleEndian.Uint32(b))))
	case 0x8a: // LONG1
		return true, m.long()
	case 'I', 'L':
		return true, m.decimal(op)
	case 'G':
		b, err := m.take(8)
		if err != nil {
			return true, err
		}
		return true, m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 'F':
		line, err := m.line()
		if err != nil {
			return true, err
		}
		x, err := strconv.ParseFloat(line, 64)
		if err != nil {
			return true, fmt.Errorf("%s is not a number", badfile.Quote(line))
		}
		return true, m.push(x)
	}
	return false, nil
}

func (m *machine) pushUint(size int) (bool, error) {
	n, err := m.uint(size)
	if err != nil {
		return true, err
	}
	return true, m.push(int64(n))
}

// long pushes an integer of up to 8 bytes in two's complement.
func (m *machine) long() error {
	n, err := m.uint(1)
	if err != nil {
		return err
	}
	b, err := m.take(n)
	if err != nil {
		return err
	}
	if n > 8 {
		return fmt.Errorf("an integer has %d bytes, and at most 8 are read", n)
	}
	var wide [8]byte
	if n > 0 && b[n-1]&0x80 != 0 {
		wide = [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	copy(wide[:], b)
	return m.push(int64(binary.LittleEndian.Uint64(wide[:])))
}

// decimal pushes an integer that is written out, or one of protocol 0's booleans.
func (m *machine) decimal(op byte) error {
	line, err := m.line()
	if err != nil {
		return err
	}
	if op == 'I' && (line == "00" || line == "01") {
		return m.push(line == "01")
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(line, "L"), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not an integer of 64 bits", badfile.Quote(line))
	}
	return m.push(n)
}

// text executes what pushes a string or bytes.
func (m *machine) text(op byte) (bool, error) {
	sizes := map[byte]int{
		0x8c: 1, 'X': 4, 0x8d: 8, // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8
		'U': 1, 'T': 4, // Python 2's strings
		'C': 1, 'B': 4, 0x8e: 8, // bytes
	}
	size, ok := sizes[op]
	if !ok {
		if op != 'V' && op != 'S' {
			return false, nil
		}
		return true, m.quoted(op)
	}
	n, err := m.uint(size)
	if err != nil {
		return true, err
	}
	b, err := m.take(n)
	if err != nil {
		return true, err
	}
	if op == 'C' || op == 'B' || op == 0x8e {
		return true, m.push(Bytes(bytes.Clone(b)))
	}
	if !utf8.Valid(b) {
		return true, errors.New("a string is not UTF-8")
	}
	return true, m.push(string(b))
}

// quoted pushes a string of protocol 0.
func (m *machine) quoted(op byte) error {
	line, err := m.line()
	if err != nil {
		return err
	}
	if op == 'S' {
		n := len(line)
		if n < 2 || line[0] != line[n-1] || line[0] != '\'' && line[0] != '"' {
			return fmt.Errorf("%s is not a string between quotation marks", badfile.Quote(line))
		}
		line = line[1 : n-1]
	}
	if strings.ContainsRune(line, '\\') || !utf8.ValidString(line) {
		return fmt.Errorf("the string %s has escapes, which are not read", badfile.Quote(line))
	}
	return m.push(line)
}

// collection executes what makes and fills lists, tuples and dictionaries.
func (m *machine) collection(op byte) (bool, error) {
	switch op {
	case '(':
		m.marks = append(m.marks, len(m.stack))
		return true, nil
	case ']':
		return true, m.push(&List{})
	case ')':
		return true, m.push(Tuple{})
	case '}':
		return true, m.push(&Dict{})
	case 0x85, 0x86, 0x87: // TUPLE1 to TUPLE3
		items, err := m.last(int(op - 0x84))
		if err != nil {
			return true, err
		}
		return true, m.push(Tuple(items))
	case 'a', 's':
		items, err := m.last(map[byte]int{'a': 1, 's': 2}[op])
		if err != nil {
			return true, err
		}
		return true, m.fill(op, items)
	case 't', 'l', 'd', 'e', 'u', '1':
		items, err := m.sinceMark()
		if err != nil {
			return true, err
		}
		return true, m.marked(op, items)
	}
	return false, nil
}

// marked executes what takes all items since a mark.
func (m *machine) marked(op byte, items []any) error {
	switch op {
	case 't':
		return m.push(Tuple(items))
	case 'l':
		return m.push(&List{items})
	case 'd':
		if err := m.push(&Dict{}); err != nil {
			return err
		}
		return m.fill('u', items)
	case 'e', 'u':
		return m.fill(op, items)
	}
	return nil // POP_MARK
}

// fill adds items to the list or dictionary on top of the stack.
func (m *machine) fill(op byte, items []any) error {
	if len(m.stack) == 0 {
		return errStack
	}
	switch target := m.stack[len(m.stack)-1].(type) {
	case *List:
		if op == 'a' || op == 'e' {
			target.Items = append(target.Items, items...)
			return nil
		}
	case *Dict:
		if (op == 's' || op == 'u') && len(items)%2 == 0 {
			for i := 0; i < len(items); i += 2 {
				if err := target.set(items[i], items[i+1]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return fmt.Errorf("items are added to %s: the pickle is damaged", kind(m.stack[len(m.stack)-1]))
}

// memory executes what remembers values and takes them from the stack.
func (m *machine) memory(op byte) (bool, error) {
	switch op {
	case '0':
		_, err := m.pop()
		return true, err
	case '2':
		if len(m.stack) == 0 {
			return true, errStack
		}
		return true, m.push(m.stack[len(m.stack)-1])
	case 'q', 'r', 'p', 0x94: // PUTs, MEMOIZE
		key, err := m.memoKey(op)
		if err == nil && len(m.stack) == 0 {
			err = errStack
		}
		if err == nil {
			m.memo[key] = m.stack[len(m.stack)-1]
		}
		return true, err
	case 'h', 'j', 'g': // GETs
		key, err := m.memoKey(op)
		if err != nil {
			return true, err
		}
		value, ok := m.memo[key]
		if !ok {
			return true, fmt.Errorf("it remembers nothing under %d: the pickle is damaged", key)
		}
		return true, m.push(value)
	}
	return false, nil
}

// memoKey reads what a value is remembered under.
func (m *machine) memoKey(op byte) (int, error) {
	switch op {
	case 'q', 'h':
		return m.uint(1)
	case 'r', 'j':
		return m.uint(4)
	case 0x94:
		return len(m.memo), nil
	}
	line, err := m.line()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(line, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a number to remember a value under", badfile.Quote(line))
	}
	return int(n), nil
}

// push puts a value onto the stack.
func (m *machine) push(value any) error {
	m.stack = append(m.stack, value)
	return nil
}

// floor is how far the stack may be emptied.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (any, error) {
	items, err := m.last(1)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// last takes so many values from the stack.
func (m *machine) last(n int) ([]any, error) {
	from := len(m.stack) - n
	if from < m.floor() {
		return nil, errStack
	}
	items := append([]any(nil), m.stack[from:]...)
	m.stack = m.stack[:from]
	return items, nil
}

// sinceMark takes all values since the last mark.
func (m *machine) sinceMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errors.New("it lacks a mark: the pickle is damaged")
	}
	items, err := m.last(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return items, err
}

// take reads so many bytes.
func (m *machine) take(n int) ([]byte, error) {
	if n < 0 || n > len(m.data)-m.at {
		return nil, errCut
	}
	b := m.data[m.at : m.at+n]
	m.at += n
	return b, nil
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) uint(size int) (int, error) {
	b, err := m.take(size)
	if err != nil {
		return 0, err
	}
	var n uint64
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	if n > math.MaxInt32 {
		return 0, fmt.Errorf("a length or number of %d is more than any that is read", n)
	}
	return int(n), nil
}

// line reads up to the end of the line.
func (m *machine) line() (string, error) {
	end := bytes.IndexByte(m.data[m.at:], '\n')
	if end < 0 {
		return "", errCut
	}
	b, err := m.take(end + 1)
	return string(b[:end]), err
}
