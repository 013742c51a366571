package session

import (
	"net"
	"syscall"
	"unsafe"
)

// Unsent is how many bytes the system holds of what was written to a TCP connection, because the other side's system has not said that it has them, and how many that one has
// taken so far; 0 where that can't be told. As long as more are taken, somebody reads: what is left tells less, for whoever writes fills the room anew, up to the same byte.
func Unsent(c net.Conn) (left int, taken uint64) { return unsent(c) }

func unsent(c any) (left int, taken uint64) {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = t.NetConn()
	}
	raw := rawConn(c)
	if raw == nil {
		return 0, 0
	}
	var n int32
	_ = raw.Control(func(fd uintptr) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
			n = 0
		}
		taken = acknowledged(fd)
	})
	return int(n), taken
}
