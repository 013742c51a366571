//go:build !386

package session

import (
	"syscall"
	"unsafe"
)

// writeOnce is a bare send system call. The socket does not block, so the scheduler need not prepare for a call that does: that saves a
// tenth of a small write; a write, which may be to a file, takes a little longer. b is not empty.
func writeOnce(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// readOnce is a bare receive system call, for the same reasons. b is not empty.
func readOnce(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
