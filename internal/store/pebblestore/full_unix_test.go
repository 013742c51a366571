//go:build unix

package pebblestore

import (
	"os/signal"
	"syscall"
	"testing"
)

// TestCA3_AFullDiskEndsTheProcess has a limit of 64 KiB a file: the log is the first to grow that long. The write that reaches it ends
// short, and what is left of it fails.
func TestCA3_AFullDiskEndsTheProcess(t *testing.T) {
	wantEnd(t, "full", ".log: "+syscall.EFBIG.Error())
}

func limitFiles() {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		panic(err)
	}
}
