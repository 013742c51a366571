package ports

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

const (
	relayQueue  = 512
	maxDatagram = 1600 // what the relay reads at once; longer ones can't be its
)

// datagram is one that waits for the relay.
type datagram struct {
	bytes []byte
	from  netip.AddrPort
}

// relayConn is the UDP port as the relay sees it: it reads what Other has taken, and writes to the socket itself.
type relayConn struct {
	udp   *net.UDPConn
	queue chan datagram
	done  chan struct{}
	once  sync.Once
	free  sync.Pool
}

func newRelayConn(udp *net.UDPConn) *relayConn {
	c := &relayConn{udp: udp, queue: make(chan datagram, relayQueue), done: make(chan struct{})}
	c.free.New = func() any { b := make([]byte, 0, maxDatagram); return &b }
	return c
}

func (c *relayConn) take(b []byte, from netip.AddrPort) bool {
	if k := Datagram(b); k != STUN && k != TURN {
		return false
	}
	if len(b) > maxDatagram {
		return true
	}
	kept := append((*c.free.Get().(*[]byte))[:0], b...)
	select {
	case c.queue <- datagram{kept, from}:
	default: // the relay is too slow
		c.free.Put(&kept)
	}
	return true
}

// ReadFrom waits for a datagram.
func (c *relayConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.queue:
		n := copy(b, d.bytes)
		c.free.Put(&d.bytes)
		return n, net.UDPAddrFromAddrPort(netip.AddrPortFrom(d.from.Addr().Unmap(), d.from.Port())), nil
	case <-c.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends a datagram.
func (c *relayConn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
		return c.udp.WriteTo(b, to)
	}
}

// Close ends reading and writing here; the socket stays open.
func (c *relayConn) Close() error {
	c.once.Do(func() { close(c.done) })
	return nil
}

func (c *relayConn) LocalAddr() net.Addr { return c.udp.LocalAddr() }

// Deadlines are not to be had: the relay sets none.
func (c *relayConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *relayConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *relayConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
