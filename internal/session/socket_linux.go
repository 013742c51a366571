package session

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// A socket is a TCP connection that a reactor reads. It has a file descriptor of its own, which Go's poller does not know: otherwise each arrival would wake that, too.
//
// The descriptor's number must not be used once it is closed, for another one may have it. So users are counted: the reader is one, from the beginning until it leaves, and so is each call
// under way. From 0 there is no way back, and who gives back the last one closes. To close a socket is to shut it down, at once, and to have it read: the reader then leaves.
type socket struct {
	reactor *reactor
	conn    *Conn
	fd      int
	users   atomic.Int32

	toEnd bool // the reader's: reads what there is to its end, which was told of

	// The rest is guarded by reactor.mu.
	state  state
	again  bool          // something was told while it was read
	ends   bool          // an end, or anything that cuts a read short, was told: a short read does not say that there is no more
	closed bool          // whatever it waits for
	room   chan struct{} // a writer that waits for room
}

// state is what a socket does.
type state uint8

const (
	reading state = iota // somebody reads; at first, who has made it
	quiet                // nothing is known to be at hand
	queued               // it is in the reactor's queue
	held                 // it waits for a turn of its owner's
	left                 // nobody reads any more
)

// takeSocket takes a connection out of Go's poller. What is set on it, to keep it alive for instance, stays.
func takeSocket(r *reactor, c *net.TCPConn) (*socket, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &socket{reactor: r}
	s.users.Store(1)
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		n, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
		s.fd, errno = int(n), e
	})
	switch {
	case err != nil:
		return nil, err
	case errno != 0:
		return nil, os.NewSyscallError("fcntl", errno)
	}
	c.Close()
	return s, nil
}

// acquire counts a user in, unless the descriptor is closed.
func (s *socket) acquire() bool {
	for {
		n := s.users.Load()
		if n == 0 {
			return false
		}
		if s.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *socket) release() {
	if s.users.Add(-1) == 0 {
		syscall.Close(s.fd)
	}
}

// Close ends reads and writes, and has the reader leave. It waits for nobody.
func (s *socket) Close() error {
	if !s.acquire() {
		return nil
	}
	defer s.release()
	_ = syscall.Shutdown(s.fd, syscall.SHUT_RDWR) // fails if the other side has reset it
	r := s.reactor
	r.mu.Lock()
	defer r.mu.Unlock()
	s.closed = true
	s.signalRoom()
	if s.state == held {
		r.enqueue(s)
	} else {
		r.ready(s)
	}
	return nil
}

// Write waits until all of b is written, or the connection is closed.
func (s *socket) Write(b []byte) (n int, err error) {
	if !s.acquire() {
		return 0, net.ErrClosed
	}
	defer s.release()
	var room <-chan struct{}
	for n < len(b) {
		k, err := writeOnce(uintptr(s.fd), b[n:])
		switch {
		case err == nil:
			n += k
		case err == syscall.EINTR:
		case err != syscall.EAGAIN:
			return n, os.NewSyscallError("send", err)
		case room == nil:
			room = s.awaitRoom() // and then tries again: what was told before was told nobody
			defer s.stopAwaiting()
		default:
			<-room
		}
	}
	return n, nil
}

// awaitRoom has room told from now on. A connection has one writer at a time.
func (s *socket) awaitRoom() <-chan struct{} {
	s.reactor.mu.Lock()
	defer s.reactor.mu.Unlock()
	s.room = make(chan struct{}, 1)
	return s.room
}

func (s *socket) stopAwaiting() {
	s.reactor.mu.Lock()
	defer s.reactor.mu.Unlock()
	s.room = nil
}

// signalRoom has the writer try again. It is called with reactor.mu held.
func (s *socket) signalRoom() {
	if s.room != nil {
		select {
		case s.room <- struct{}{}:
		default:
		}
	}
}

// Read is never called: the reactor reads.
func (s *socket) Read([]byte) (int, error) { return 0, syscall.EINVAL }

func (s *socket) SyscallConn() (syscall.RawConn, error) { return rawSocket{s}, nil }

// rawSocket lets bare system calls be made. It waits for nothing.
type rawSocket struct{ s *socket }

func (r rawSocket) Control(f func(fd uintptr)) error {
	if !r.s.acquire() {
		return net.ErrClosed
	}
	defer r.s.release()
	f(uintptr(r.s.fd))
	return nil
}

func (r rawSocket) Write(f func(fd uintptr) bool) error {
	if !r.s.acquire() {
		return net.ErrClosed
	}
	defer r.s.release()
	f(uintptr(r.s.fd))
	return nil
}

func (r rawSocket) Read(f func(fd uintptr) bool) error { return r.Write(f) }
