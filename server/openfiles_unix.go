//go:build unix

package server

import (
	"math"
	"syscall"
)

// maxFiles is how many files the process may open: Go has raised that as far as it may.
func maxFiles() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || uint64(l.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(l.Cur)
}
