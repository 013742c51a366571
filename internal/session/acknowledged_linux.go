//go:build !386

package session

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

// acknowledged is tcpi_bytes_acked of a socket's TCP_INFO (tcp(7), linux/tcp.h): Linux 4.1 and later.
func acknowledged(fd uintptr) uint64 {
	const at = 120
	var info [at + 8]byte
	size := uint32(len(info))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 || size < at+8 {
		return 0
	}
	return binary.NativeEndian.Uint64(info[at:])
}
