package wabproc

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// FreePort finds an address of the loopback that nobody listens on, by TCP or UDP, below the ports of outgoing connections: a server that ends can have it again.
func FreePort(t testing.TB) string {
	t.Helper()
	const lowest, end = 10_100, 30_000 // browsers refuse 10080
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(end-lowest)))
		if free(addr) {
			return addr
		}
	}
	t.Fatal("no free port was found")
	return ""
}

func free(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	return u.Close() == nil
}
