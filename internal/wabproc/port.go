package wabproc

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// FreePort finds an address of the loopback that nobody listens on, by TCP or UDP, below the ports of outgoing connections: a server that ends can have it again. Nobody else gets
// it from here before the test ends.
func FreePort(t testing.TB) string {
	t.Helper()
	const lowest, end = 10_100, 20_000 // browsers refuse 10080
	for range 100 {
		port := lowest + rand.IntN(end-lowest)
		held, err := hold(port)
		if err != nil {
			continue
		}
		if addr := loopback(port); free(addr) {
			t.Cleanup(func() { held.Close() })
			return addr
		}
		held.Close()
	}
	t.Fatal("no free port was found")
	return ""
}

// hold keeps a port from other tests, in whatever process, also while no server listens there: who asks for one listens so far above it.
func hold(port int) (net.Listener, error) {
	const above = 10_000
	return net.Listen("tcp", loopback(port+above))
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

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
