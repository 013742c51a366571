package pebblestore

import (
	"os"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// syncInPlace is SyncData of a file of the operating system's; the scheduler is not told that it waits.
func syncInPlace(f vfs.File) error {
	for {
		switch _, _, errno := syscall.RawSyscall(syscall.SYS_FDATASYNC, f.Fd(), 0, 0); errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return os.NewSyscallError("fdatasync", errno)
		}
	}
}
