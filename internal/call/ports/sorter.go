package ports

import (
	"errors"
	"net"
	"sync"
	"time"
)

const (
	headWithin  = 10 * time.Second // for the bytes that tell whose a connection is
	acceptAgain = 50 * time.Millisecond
)

// sorter hands the connections of a listener to whom they belong.
type sorter struct {
	listener net.Listener
	lanes    map[Kind]*lane
	done     chan struct{}
	works    sync.WaitGroup

	mu      sync.Mutex
	looking map[net.Conn]struct{} // connections that are being looked at
	closed  bool
}

func newSorter(l net.Listener, shared bool) *sorter {
	s := &sorter{listener: l, done: make(chan struct{}), looking: map[net.Conn]struct{}{}}
	s.lanes = map[Kind]*lane{Media: newLane(s, maxMedia, maxMediaHost), TURN: newLane(s, 0, 0)}
	if shared {
		s.lanes[HTTP] = newLane(s, 0, 0)
		s.lanes[HTTP].closes = s.listener
	}
	s.works.Go(s.accept)
	return s
}

func (s *sorter) accept() {
	defer close(s.done)
	for {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // no more files, say
			time.Sleep(acceptAgain)
		case s.look(conn):
			s.works.Go(func() { s.hand(conn) })
		default:
			_ = conn.Close()
		}
	}
}

// look notes a connection that is going to be looked at, unless the port is closed. Its deadline is set here, so that the one by which close wakes who looks is the later one.
func (s *sorter) look(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	_ = conn.SetReadDeadline(time.Now().Add(headWithin))
	s.looking[conn] = struct{}{}
	return true
}

func (s *sorter) looked(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.looking, conn)
}

// hand finds out whose a connection is.
func (s *sorter) hand(conn net.Conn) {
	kind, same, err := peek(conn)
	s.looked(conn)
	l := s.lanes[kind]
	if err != nil || l == nil || conn.SetReadDeadline(time.Time{}) != nil || !l.give(same) {
		_ = conn.Close()
	}
}

func (s *sorter) close() error {
	err := unlessClosed(s.listener.Close())
	s.mu.Lock()
	s.closed = true
	for conn := range s.looking {
		_ = conn.SetReadDeadline(time.Now()) // wakes who looks, who closes it
	}
	s.mu.Unlock()
	for _, l := range s.lanes {
		_ = l.shut()
	}
	s.works.Wait()
	return err
}
