//go:build !unix && !windows

package bench

// peakRSS is the most memory the process ever held, in bytes; 0 if unknown.
func peakRSS() int64 { return 0 }
