package session

import "syscall"

// begin has a socket read from now on, after what came early.
func (s *socket) begin(c *Conn, early []byte) {
	s.conn = c
	if err := s.reactor.add(s); err != nil {
		c.srv.opt.Log.Warn("a connection can't be read", "err", err)
		s.leave()
		return
	}
	if len(early) > 0 && !c.early(early) {
		s.leave()
		return
	}
	s.settle(false)
}

// abandon closes a socket that nobody is to read.
func (s *socket) abandon() {
	s.Close()
	s.release()
}

// read reads once, and leaves the socket to whoever is next. It is in nobody's way for long: a client that sends faster than it is read, of which it tells, gets its next turn after all others.
// Most reads need no second one to tell that there is no more: one that brings less than there was room for has brought all, unless something else was told with it.
func (s *socket) read(buf []byte) (much bool) {
	c := s.conn
	if c.waits.Load() {
		c.waited()
	}
	now := c.now()
	switch {
	case c.out.gate.gone.Load():
		s.leave()
		return false
	case !c.mayRead(now):
		s.hold()
		return false
	}
	n, err := readOnce(uintptr(s.fd), buf)
	for err == syscall.EINTR {
		n, err = readOnce(uintptr(s.fd), buf)
	}
	switch {
	case err == syscall.EAGAIN:
		c.passTurn()
		s.settle(false)
	case err != nil || n <= 0 || !c.arrived(buf[:n], now):
		s.leave()
	default:
		c.spend(now)
		s.settle(s.toEnd || n == len(buf))
	}
	return n == len(buf)
}

// settle ends a read. The reader does nothing more with the socket.
func (s *socket) settle(more bool) {
	r := s.reactor
	r.mu.Lock()
	defer r.mu.Unlock()
	s.ends = s.ends || more && s.toEnd
	if more || s.again {
		s.again = false
		r.enqueue(s)
	} else {
		s.state = quiet
	}
}

// hold ends a turn of an owner that has used more than its share: the socket is read when it is admitted. Meanwhile what comes stays in it.
func (s *socket) hold() {
	share, r := s.conn.share, s.reactor
	s.conn.waits.Store(true)
	r.mu.Lock()
	s.again = false
	s.ends = s.ends || s.toEnd
	if s.closed {
		r.enqueue(s)
		r.mu.Unlock()
		return
	}
	s.state = held
	r.mu.Unlock()
	share.join(&share.conns, s)
}

// admit gives a socket that is held its owner's turn.
func (s *socket) admit(turn *share) bool {
	r := s.reactor
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.state != held {
		return false // it was closed
	}
	s.conn.turn = turn
	r.enqueue(s)
	return true
}

// leave ends the connection: nothing can be read any more.
func (s *socket) leave() {
	c := s.conn
	defer c.srv.readers.Done()
	defer s.release()
	c.leave()
	s.reactor.remove(s)
}
