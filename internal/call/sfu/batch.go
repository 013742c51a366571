package sfu

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/net/ipv4"
)

// batchConn is the UDP port. Packets that are sent together leave in few system calls (sendmmsg, where the system has it): a copy of a
// packet for each of 60 members costs one call, not 60, and their receivers' machines are not woken in between.
type batchConn struct {
	*net.UDPConn
	other func(b []byte, from netip.AddrPort) bool // may be nil
	out   *ipv4.PacketConn                         // the same socket; of either family

	gathering atomic.Int32 // how many are between together and its end

	mu sync.Mutex // guards filling; taken before sending
	in *batch

	sending sync.Mutex // held while a batch is sent; batches leave in the order in which they were filled
	spare   *batch
}

// batchSize is how many packets leave in one system call at most, packetSize how many bytes each has room for.
const (
	batchSize  = 64
	packetSize = 1500
)

// batch is packets that wait to be sent.
type batch struct {
	n        int
	messages [batchSize]ipv4.Message
	addrs    [batchSize]net.UDPAddr
	ips      [batchSize][16]byte
	bytes    [batchSize][packetSize]byte
	buffers  [batchSize][1][]byte
}

func newBatch() *batch {
	b := &batch{}
	for i := range b.messages {
		b.messages[i].Buffers = b.buffers[i][:]
		b.messages[i].Addr = &b.addrs[i]
	}
	return b
}

func newBatchConn(c *net.UDPConn, other func([]byte, netip.AddrPort) bool) *batchConn {
	return &batchConn{UDPConn: c, other: other, out: ipv4.NewPacketConn(c), in: newBatch(), spare: newBatch()}
}

// ReadFromAddrPort reads a packet (ice.AddrPortReaderWriter).
func (c *batchConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || c.other == nil || !c.other(b[:n], from) {
			return n, from, err
		}
	}
}

// WriteToAddrPort sends a packet (ice.AddrPortReaderWriter): at once, or with others while somebody gathers them.
func (c *batchConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.gathering.Load() == 0 || len(b) > packetSize || to.Addr().Zone() != "" {
		return c.WriteToUDPAddrPort(b, to)
	}
	c.mu.Lock()
	c.in.add(b, to)
	c.release(c.in.n == batchSize)
	return len(b), nil
}

// together lets packets wait for each other from now on; the returned function sends them.
func (c *batchConn) together() (sent func()) {
	c.gathering.Add(1)
	return c.apart
}

func (c *batchConn) apart() {
	c.gathering.Add(-1)
	c.mu.Lock()
	c.release(c.in.n > 0)
}

// release frees mu; where full, it sends what has been gathered first, while the next batch may be filled.
func (c *batchConn) release(full bool) {
	if !full {
		c.mu.Unlock()
		return
	}
	c.sending.Lock()
	b := c.in
	c.in, c.spare = c.spare, nil
	c.mu.Unlock()
	b.send(c.out)
	c.spare = b
	c.sending.Unlock()
}

func (b *batch) add(p []byte, to netip.AddrPort) {
	i := b.n
	b.n++
	b.buffers[i][0] = b.bytes[i][:copy(b.bytes[i][:], p)]
	a := &b.addrs[i]
	a.Port = int(to.Port())
	if ip := to.Addr().Unmap(); ip.Is4() {
		four := ip.As4()
		a.IP = b.ips[i][:copy(b.ips[i][:], four[:])]
	} else {
		b.ips[i] = ip.As16()
		a.IP = b.ips[i][:]
	}
}

// send empties a batch. A packet that can't be sent (no route, a full socket) is lost, as datagrams may be, and the others are sent.
func (b *batch) send(out *ipv4.PacketConn) {
	for rest := b.messages[:b.n]; len(rest) > 0; {
		n, err := out.WriteBatch(rest, 0)
		if err != nil || n < 1 {
			n = 1
		}
		rest = rest[n:]
	}
	b.n = 0
}
