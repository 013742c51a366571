package calltest

import (
	"bytes"
	"container/heap"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	maxClients  = 256
	maxUnderWay = 4096
	maxDatagram = 65535
)

// Proxy passes datagrams between its clients and one target. Close ends it. It may be used by several goroutines.
type Proxy struct {
	front  *net.UDPConn
	target *net.UDPAddr
	wake   chan struct{} // the earliest arrival may have changed
	done   chan struct{}
	works  sync.WaitGroup

	mu         sync.Mutex
	conditions Conditions
	cut        bool
	closed     bool
	clients    map[netip.AddrPort]*client
	underWay   arrivals
	taken      uint64 // datagrams that were put on their way
	counts     Counts
}

// Counts are datagrams of both directions since the proxy began.
type Counts struct{ Passed, Lost uint64 }

// client is one address in front of the proxy, and its socket behind.
type client struct {
	back   *net.UDPConn
	to, fr *lane // towards the target, from it
}

// NewProxy listens on a free port of the loopback address, and passes on to the target. Its only errors are the system's.
func NewProxy(target *net.UDPAddr, c Conditions) (*Proxy, error) {
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback(target)})
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		front: front, target: target, conditions: c, clients: map[netip.AddrPort]*client{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	p.works.Go(p.listen)
	p.works.Go(p.deliver)
	return p, nil
}

func loopback(like *net.UDPAddr) net.IP {
	if like.IP.To4() == nil && len(like.IP) == net.IPv6len {
		return net.IPv6loopback
	}
	return net.IPv4(127, 0, 0, 1)
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() *net.UDPAddr { return p.front.LocalAddr().(*net.UDPAddr) }

// SetConditions takes effect for what comes from now on. The generators go on where they are; another seed is for clients to come.
func (p *Proxy) SetConditions(c Conditions) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conditions = c
}

// Cut loses everything from now on, what is on its way too, until Restore.
func (p *Proxy) Cut() { p.setCut(true) }

// Restore ends a cut.
func (p *Proxy) Restore() { p.setCut(false) }

func (p *Proxy) setCut(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut = cut; cut {
		p.counts.Lost += uint64(len(p.underWay))
		p.underWay = nil
	}
}

// Counts tells how many datagrams have come through and how many have not.
func (p *Proxy) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

// Clients is how many addresses have sent something.
func (p *Proxy) Clients() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.clients)
}

// Close ends the proxy and waits for its goroutines.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	backs := make([]*net.UDPConn, 0, len(p.clients))
	for _, c := range p.clients {
		backs = append(backs, c.back)
	}
	p.mu.Unlock()
	close(p.done)
	err := p.front.Close()
	for _, b := range backs {
		err = errors.Join(err, b.Close())
	}
	p.works.Wait()
	return err
}

// listen takes what clients send.
func (p *Proxy) listen() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := p.front.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a client's port is closed
		}
		if c := p.client(from); c != nil {
			p.take(c.to, buf[:n], func(b []byte) { _, _ = c.back.Write(b) })
		}
	}
}

// answer takes what the target sends to a client.
func (p *Proxy) answer(c *client, to netip.AddrPort) {
	buf := make([]byte, maxDatagram)
	for {
		n, err := c.back.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil { // else the target's port is closed, perhaps for now
			p.take(c.fr, buf[:n], func(b []byte) { _, _ = p.front.WriteToUDPAddrPort(b, to) })
		}
	}
}

// client finds the client at an address, or makes it; nil when there is no place for more.
func (p *Proxy) client(from netip.AddrPort) *client {
	p.mu.Lock()
	c, full := p.clients[from], p.closed || len(p.clients) >= maxClients
	p.mu.Unlock()
	if c != nil || full {
		return c
	}
	back, err := net.DialUDP("udp", nil, p.target)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = back.Close()
		return nil
	}
	number, seed := len(p.clients), p.conditions.Seed
	c = &client{back: back, to: newLane(seed, number, false), fr: newLane(seed, number, true)}
	p.clients[from] = c
	p.works.Go(func() { p.answer(c, from) })
	return c
}

// take decides what happens to a datagram.
func (p *Proxy) take(l *lane, b []byte, send func([]byte)) {
	p.mu.Lock()
	at, ok := l.pass(p.conditions, time.Now(), len(b))
	if !ok || p.cut || len(p.underWay) >= maxUnderWay {
		p.counts.Lost++
		p.mu.Unlock()
		return
	}
	p.taken++
	heap.Push(&p.underWay, arrival{at: at, order: p.taken, bytes: bytes.Clone(b), send: send})
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
