package sfu

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func udp(t *testing.T, network, addr string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenPacket(network, addr)
	switch {
	case err != nil && strings.HasPrefix(addr, "["):
		t.Skip("a machine without IPv6: ", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	u := c.(*net.UDPConn)
	_ = u.SetReadBuffer(socketBuffer)
	_ = u.SetReadDeadline(time.Now().Add(patience))
	return u
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// What is sent together arrives as what is sent alone: all of it, in order, from a socket of either family to either.
func TestABatchArrivesInOrder(t *testing.T) {
	for _, c := range []struct{ network, from, to string }{
		{"udp4", "127.0.0.1:0", "127.0.0.1:0"}, {"udp", "[::]:0", "127.0.0.1:0"}, {"udp6", "[::1]:0", "[::1]:0"},
	} {
		t.Run(c.from+" "+c.to, func(t *testing.T) {
			to := udp(t, "udp", c.to)
			from := newBatchConn(udp(t, c.network, c.from), nil)
			sent := from.together()
			const n = 3*batchSize + 7
			for i := range n {
				if _, err := from.WriteToAddrPort(bytes.Repeat([]byte{byte(i)}, i+1), addrOf(to)); err != nil {
					t.Fatal(err)
				}
			}
			sent()
			buf := make([]byte, 2*packetSize)
			for i := range n {
				got, _, err := to.ReadFromUDPAddrPort(buf)
				if err != nil || !bytes.Equal(buf[:got], bytes.Repeat([]byte{byte(i)}, i+1)) {
					t.Fatalf("packet %d: %d bytes, %v", i, got, err)
				}
			}
		})
	}
}

func TestAPacketThatCannotBeSentStopsNoOther(t *testing.T) {
	to := udp(t, "udp4", "127.0.0.1:0")
	from := newBatchConn(udp(t, "udp4", "127.0.0.1:0"), nil)
	sent := from.together()
	for _, b := range []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::1]:9"), addrOf(to), netip.MustParseAddrPort("255.255.255.255:9"), addrOf(to)} {
		if _, err := from.WriteToAddrPort([]byte("x"), b); err != nil {
			t.Fatal(err)
		}
	}
	sent()
	for range 2 {
		if n, _, err := to.ReadFromUDPAddrPort(make([]byte, 10)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
}

func TestManySendAtTheSameTime(t *testing.T) {
	to := udp(t, "udp4", "127.0.0.1:0")
	from := newBatchConn(udp(t, "udp4", "127.0.0.1:0"), nil)
	const senders, rounds, each = 4, 10, 10 // no more than a socket holds on any system: nobody reads meanwhile
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for range rounds {
				sent := from.together()
				for range each {
					_, _ = from.WriteToAddrPort([]byte("x"), addrOf(to))
				}
				sent()
			}
		})
	}
	all.Wait()
	for range senders * rounds * each {
		if _, _, err := to.ReadFromUDPAddrPort(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
}
