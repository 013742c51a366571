package sfu

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"

	"github.com/wabgo/wab/internal/call/pionlog"
)

// world is a virtual network: a server and clients, and what goes wrong between them.
type world struct {
	t      *testing.T
	router *vnet.Router
	engine *Engine

	mu       sync.Mutex
	hosts    int
	cut      map[string]bool // addresses that nothing reaches or leaves
	lose     int             // every so manieth RTP packet to an address of a client is lost; 0 none
	loseFrom string          // whose packets are lost; the server's by default
	count    map[string]int
}

const serverIP = "10.0.0.2"

func newWorld(t *testing.T, delay, jitter time.Duration) *world {
	t.Helper()
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", MinDelay: delay, MaxJitter: jitter, QueueSize: 4096, LoggerFactory: pionlog.To(silent())})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, router: router, loseFrom: serverIP, cut: map[string]bool{}, count: map[string]int{}}
	router.AddChunkFilter(w.passes)
	n := w.host(serverIP)
	if err := router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = router.Stop() })
	w.engine = newTestEngine(t, Options{UDP: serverIP + ":5000", Net: n})
	return w
}

func (w *world) host(ip string) *vnet.Net {
	w.t.Helper()
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
	if err == nil {
		err = w.router.AddNet(n)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// join has a client join from a host of its own.
func (w *world) join(room *Room, name string) *client {
	w.t.Helper()
	w.mu.Lock()
	w.hosts++
	ip := fmt.Sprintf("10.0.0.%d", 10+w.hosts)
	w.mu.Unlock()
	c := join(w.t, room, name, w.host(ip))
	c.ip = ip
	return c
}

func (w *world) passes(c vnet.Chunk) bool {
	from, to := host(c.SourceAddr()), host(c.DestinationAddr())
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut[from] || w.cut[to] {
		return false
	}
	if b := c.UserData(); w.lose > 0 && from == w.loseFrom && len(b) > 1 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) {
		w.count[to]++
		return w.count[to]%w.lose != 0
	}
	return true
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func host(a net.Addr) string {
	h, _, _ := net.SplitHostPort(a.String())
	return h
}
