//go:build unix

package ports

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// A connection that has not sent enough to tell is looked at again after a while, and a longer one then: the system wakes who waits for the first byte only.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// peek tells whose a connection is, and leaves its bytes where they are. It fails at the read deadline.
func peek(conn net.Conn) (Kind, net.Conn, error) {
	if socket, ok := conn.(syscall.Conn); ok {
		if raw, err := socket.SyscallConn(); err == nil {
			kind, err := peekRaw(raw)
			return kind, conn, err
		}
	}
	return peekAhead(conn)
}

func peekRaw(raw syscall.RawConn) (Kind, error) {
	end := time.Now().Add(headWithin)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		kind, more, err := peekOnce(raw)
		if err != nil || !more {
			return kind, err
		}
		if time.Now().After(end) {
			return Nobody, errNothing
		}
		time.Sleep(pause)
	}
}

var errNothing = errors.New("ports: too few bytes to tell whose the connection is")

func peekOnce(raw syscall.RawConn) (k Kind, more bool, err error) {
	var head [headBytes]byte
	n := 0
	waited := raw.Read(func(fd uintptr) bool {
		for {
			n, _, err = syscall.Recvfrom(int(fd), head[:], syscall.MSG_PEEK)
			if err != syscall.EINTR {
				break
			}
		}
		return err != syscall.EAGAIN
	})
	switch {
	case waited != nil:
		return Nobody, false, waited
	case err != nil:
		return Nobody, false, err
	case n == 0:
		return Nobody, false, io.EOF
	}
	k, more = Stream(head[:n])
	return k, more, nil
}
