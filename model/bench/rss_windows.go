package bench

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

var processMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

// memoryCounters is PROCESS_MEMORY_COUNTERS of the Windows API.
type memoryCounters struct {
	size, pageFaults            uint32
	peakWorkingSet, workingSet  uintptr
	peakPagedPool, pagedPool    uintptr
	peakNonPagedPool, nonPaged  uintptr
	pagefileUsage, peakPagefile uintptr
}

// peakRSS is the most memory the process ever held, in bytes; 0 if unknown.
func peakRSS() int64 {
	var c memoryCounters
	c.size = uint32(unsafe.Sizeof(c))
	ok, _, _ := processMemoryInfo.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&c)), uintptr(c.size))
	if ok == 0 {
		return 0
	}
	return int64(c.peakWorkingSet)
}
