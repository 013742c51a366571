package turn

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	firstWithin = 10 * time.Second // for a connection's first message
	quietFor    = 11 * time.Minute // an open relay says something every few minutes
	writeWithin = 10 * time.Second
	maxMessage  = 1599 // what the relay reads at once, less one
)

var errFraming = errors.New("turn: no message of STUN or TURN")

// door is a listener that keeps the relay from connections that it could not bear: too many, silent ones, those that break the framing.
type door struct {
	net.Listener
	limits Limits

	mu     sync.Mutex
	conns  map[*guarded]struct{}
	hosts  map[netip.Addr]int
	closed bool
}

func newDoor(l net.Listener, limits Limits) *door {
	return &door{Listener: l, limits: limits, conns: map[*guarded]struct{}{}, hosts: map[netip.Addr]int{}}
}

// Accept waits for a connection that there is room for. It fails when the listener is closed, and for nothing less.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			if d.isClosed() {
				return nil, net.ErrClosed
			}
			time.Sleep(acceptAgain)
			continue
		}
		if g := d.admit(conn); g != nil {
			return g, nil
		}
		_ = conn.Close()
	}
}

const acceptAgain = 50 * time.Millisecond // where the process has no more files, say

func (d *door) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

func (d *door) admit(conn net.Conn) *guarded {
	host := hostOf(conn)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.conns) >= d.limits.Conns || d.hosts[host] >= d.limits.HostConns {
		return nil
	}
	g := &guarded{Conn: conn, door: d, host: host, in: bufio.NewReaderSize(conn, maxMessage+1)}
	d.conns[g] = struct{}{}
	d.hosts[host]++
	return g
}

func hostOf(conn net.Conn) netip.Addr {
	p, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return p.Addr().Unmap()
}

func (d *door) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

func (d *door) forget(g *guarded) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, g)
	if d.hosts[g.host]--; d.hosts[g.host] <= 0 {
		delete(d.hosts, g.host)
	}
}

// closeAll closes the connections that are open, and all to come.
func (d *door) closeAll() {
	d.mu.Lock()
	d.closed = true
	all := make([]*guarded, 0, len(d.conns))
	for g := range d.conns {
		all = append(all, g)
	}
	d.mu.Unlock()
	for _, g := range all {
		_ = g.Close()
	}
}

// guarded is a connection that gives whole messages only, and that ends when they don't come or don't go.
type guarded struct {
	net.Conn
	door  *door
	host  netip.Addr
	in    *bufio.Reader
	left  int  // of the message that is being read
	heard bool // a message has come
	once  sync.Once
}

// Read gives bytes of one message.
func (g *guarded) Read(b []byte) (int, error) {
	if g.left == 0 {
		n, err := g.message()
		if err != nil {
			return 0, err
		}
		g.left = n
	}
	n, err := g.in.Read(b[:min(len(b), g.left)])
	g.left -= n
	return n, err
}

// message waits for a whole message, and returns its length.
func (g *guarded) message() (int, error) {
	wait := firstWithin
	if g.heard {
		wait = quietFor
	}
	if err := g.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return 0, err
	}
	head, err := g.in.Peek(4)
	if err != nil {
		return 0, err
	}
	n, ok := messageLen(head)
	if !ok {
		return 0, errFraming
	}
	if err := g.SetReadDeadline(time.Now().Add(firstWithin)); err != nil {
		return 0, err
	}
	if _, err = g.in.Peek(n); err != nil {
		return 0, err
	}
	g.heard = true
	return n, nil
}

// messageLen tells from its first four bytes how long a message is on a stream: STUN (RFC 8489, 5), or channel data, padded (RFC 8656, 12.5).
func messageLen(head []byte) (n int, ok bool) {
	size := int(binary.BigEndian.Uint16(head[2:4]))
	switch head[0] >> 6 {
	case 0:
		n = 20 + size
		ok = size%4 == 0
	case 1:
		n = 4 + (size+3)/4*4
		ok = true
	}
	return n, ok && n <= maxMessage
}

// Write ends the connection when it doesn't take what it is sent.
func (g *guarded) Write(b []byte) (int, error) {
	_ = g.SetWriteDeadline(time.Now().Add(writeWithin))
	n, err := g.Conn.Write(b)
	if err != nil {
		_ = g.Close()
	}
	return n, err
}

// Close frees the connection's place; more than once is fine.
func (g *guarded) Close() (err error) {
	g.once.Do(func() {
		err = g.Conn.Close()
		g.door.forget(g)
	})
	return err
}
