package ports

import (
	"errors"
	"net"
)

// relayConn is the relay's own UDP port. Reading from it fails when it is closed, and for nothing less.
type relayConn struct{ *net.UDPConn }

func openRelay(addr string) (*relayConn, error) {
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	udp, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	grow(udp)
	return &relayConn{udp}, nil
}

// ReadFrom waits for a datagram.
func (c *relayConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
	}
}
