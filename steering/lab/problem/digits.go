package problem

import "strconv"

// digits are the ten digits with a prefix before each.
func digits(prefix string) []string {
	out := make([]string, 10)
	for d := range out {
		out[d] = prefix + strconv.Itoa(d)
	}
	return out
}

// digit reads one digit.
func digit(word string) (d int, ok bool) {
	if len(word) != 1 || word[0] < '0' || word[0] > '9' {
		return 0, false
	}
	return int(word[0] - '0'), true
}

// operand reads a sign and one digit.
func operand(word string) (sign byte, d int, ok bool) {
	if len(word) != 2 {
		return 0, 0, false
	}
	d, ok = digit(word[1:])
	return word[0], d, ok
}

// lastDigit writes the last digit of n, counted up from the ten below zero if
// n is negative.
func lastDigit(n int) string { return strconv.Itoa((n%10 + 10) % 10) }
