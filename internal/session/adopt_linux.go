package session

import (
	"io"
	"net"
)

// adopt has a TCP connection read by the server's reactor, which own begins with; nil where a goroutine has to read it.
func (s *Server) adopt(c net.Conn) (line io.ReadWriteCloser, own *socket) {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c, nil
	}
	r := s.sharedReactor()
	if r == nil {
		return c, nil
	}
	own, err := takeSocket(r, t)
	if err != nil {
		return c, nil // too many files are open, for instance
	}
	return own, own
}

// sharedReactor begins when there is something to read; nil where it can't.
func (s *Server) sharedReactor() *reactor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reactor == nil && !s.closed {
		r, err := newReactor()
		if err != nil {
			s.opt.Log.Warn("each connection is read by a goroutine of its own", "err", err)
			return nil
		}
		s.reactor = r
	}
	return s.reactor
}
