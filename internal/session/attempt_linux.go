package session

import (
	"syscall"
	"unsafe"
)

// writeOnce is a bare write system call. The socket does not block, so the scheduler need not prepare for a call that does: that saves a
// tenth of a small write. b is not empty.
func writeOnce(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// readOnce is a bare read system call, for the same reason. b is not empty.
func readOnce(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
