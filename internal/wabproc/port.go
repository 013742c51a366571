package wabproc

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// freePort finds an address of the loopback that nobody listens on, below the ports of outgoing connections.
func freePort(t testing.TB) string {
	t.Helper()
	const lowest, end = 10_000, 30_000
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(end-lowest)))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no free port was found")
	return ""
}
