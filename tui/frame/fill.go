package frame

import "strings"

// Fill makes lines that are width columns wide already a block of height lines.
// It measures nothing, which [Block] does.
func Fill(lines []string, width, height int) []string {
	if len(lines) >= height {
		return lines[:max(height, 0)]
	}
	blank := strings.Repeat(" ", max(width, 0))
	for len(lines) < height {
		lines = append(lines, blank)
	}
	return lines
}
