package ports

import (
	"io"
	"net"
	"net/netip"
	"sync"
)

const (
	maxMedia     = 1024
	maxMediaHost = 128
)

// lane is a listener for the connections of one kind.
type lane struct {
	sorter    *sorter
	closes    io.Closer // what Close closes, too; nil for nothing
	most, per int       // connections at a time, of all and of an address; 0 for any number
	conns     chan net.Conn
	done      chan struct{}
	once      sync.Once

	mu    sync.Mutex
	open  int
	hosts map[netip.Addr]int
}

func newLane(s *sorter, most, per int) *lane {
	return &lane{sorter: s, most: most, per: per, conns: make(chan net.Conn), done: make(chan struct{}), hosts: map[netip.Addr]int{}}
}

// give waits until somebody takes the connection; not ok: nobody does.
func (l *lane) give(conn net.Conn) bool {
	if l.most > 0 {
		if conn = l.count(conn); conn == nil {
			return false
		}
	}
	select {
	case l.conns <- conn:
		return true
	case <-l.done:
		_ = conn.Close()
		return false
	}
}

// count has a connection counted until it is closed; nil: there is no room for it.
func (l *lane) count(conn net.Conn) net.Conn {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	host := at.Addr().Unmap()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.most || l.hosts[host] >= l.per {
		return nil
	}
	l.open++
	l.hosts[host]++
	return &counted{Conn: conn, lane: l, host: host}
}

func (l *lane) uncount(host netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.hosts[host]--; l.hosts[host] <= 0 {
		delete(l.hosts, host)
	}
}

// Accept waits for a connection.
func (l *lane) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
	case <-l.sorter.done:
	}
	return nil, net.ErrClosed
}

// Close ends the lane: connections of its kind are closed from now on. HTTP's closes the port.
func (l *lane) Close() error {
	err := l.shut()
	if l.closes != nil {
		return l.closes.Close()
	}
	return err
}

func (l *lane) shut() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr is the port's address.
func (l *lane) Addr() net.Addr { return l.sorter.listener.Addr() }

// counted is a connection that frees its place when it is closed.
type counted struct {
	net.Conn
	lane *lane
	host netip.Addr
	once sync.Once
}

// Close closes the connection; more than once is fine.
func (c *counted) Close() error {
	c.once.Do(func() { c.lane.uncount(c.host) })
	return c.Conn.Close()
}
