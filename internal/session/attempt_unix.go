//go:build unix

package session

import "syscall"

// An attempt is one write to a socket that does not wait.
type attempt struct {
	b   []byte
	n   int
	err error
	do  func(fd uintptr) bool // made once: a closure for each write would be garbage
}

func (a *attempt) prepare() {
	a.do = func(fd uintptr) bool {
		a.n, a.err = writeOnce(fd, a.b)
		for a.err == syscall.EINTR {
			a.n, a.err = writeOnce(fd, a.b)
		}
		return true // even where there was no room: nobody is to wait for it
	}
}

// write tells how many bytes there was room for.
func (a *attempt) write(c syscall.RawConn, b []byte) (int, error) {
	a.b = b
	err := c.Write(a.do)
	a.b = nil
	switch {
	case err != nil:
		return 0, err
	case a.err == syscall.EAGAIN:
		return 0, nil
	}
	return max(a.n, 0), a.err
}

// rawConn is how to try a write to a connection; nil where that can't be done.
func rawConn(c any) syscall.RawConn {
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}
