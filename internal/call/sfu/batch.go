package sfu

import (
	"net"
	"net/netip"
)

// batchConn is the UDP port.
type batchConn struct {
	*net.UDPConn
	other func(b []byte, from netip.AddrPort) bool // may be nil
}

func newBatchConn(c *net.UDPConn, other func([]byte, netip.AddrPort) bool) *batchConn {
	return &batchConn{UDPConn: c, other: other}
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

// WriteToAddrPort sends a packet (ice.AddrPortReaderWriter).
func (c *batchConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}

func (c *batchConn) together() func() { return func() {} }
