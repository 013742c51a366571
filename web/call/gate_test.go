package call

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/call/calltest"
)

// network is what lies between a browser and the server, and can be cut: TCP for pages and signals, UDP for media.
type network struct {
	URL   string
	Media *calltest.Proxy
	door  net.Listener
	to    string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	works sync.WaitGroup
}

// newNetwork lies before a server whose media are at the same port as its pages.
func newNetwork(t *testing.T, url string) *network {
	t.Helper()
	to := strings.TrimPrefix(url, "http://")
	media, err := calltest.NewProxy(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to)), calltest.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{URL: "http://" + door.Addr().String(), Media: media, door: door, to: to, conns: map[net.Conn]bool{}}
	n.works.Go(n.listen)
	t.Cleanup(func() {
		door.Close()
		n.Cut()
		n.works.Wait()
		media.Close()
	})
	return n
}

// lead has the media of pages that a tab opens go this way, and no other: the page hears of no other address of the server's, and the server of none of the
// browser's.
func (n *network) lead(tab *browser.Tab) {
	tab.Before(fmt.Sprintf(`(() => {
		const set = RTCPeerConnection.prototype.setRemoteDescription;
		RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
			return set.call(this, { type, sdp: sdp.replace(/^(a=candidate:\S+ \d+ udp \d+ \S+ )\d+/gim, "$1%d").replace(/^a=candidate:\S+ \d+ tcp .*\r\n/gim, "") });
		};
		const local = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, "localDescription").get;
		Object.defineProperty(RTCPeerConnection.prototype, "localDescription", { get() {
			const d = local.call(this);
			return d && { type: d.type, sdp: d.sdp.replace(/^a=candidate:.*\r\n/gim, "") };
		} });
		Object.defineProperty(RTCPeerConnection.prototype, "onicecandidate", { set() {} });
		RTCPeerConnection = new Proxy(RTCPeerConnection, { construct: (Its, [config]) => new Its({ ...config, iceServers: [] }) });
	})()`, n.Media.Addr().Port))
}

// Cut ends all connections, and lets nothing through.
func (n *network) Cut() {
	n.Media.Cut()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for c := range n.conns {
		c.Close()
	}
}

// Mend ends a cut.
func (n *network) Mend() {
	n.Media.Restore()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = false
}

func (n *network) listen() {
	for {
		c, err := n.door.Accept()
		if err != nil {
			return
		}
		if !n.keep(c) {
			c.Close()
			continue
		}
		n.works.Go(func() { n.pass(c) })
	}
}

func (n *network) keep(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.cut {
		n.conns[c] = true
	}
	return !n.cut
}

func (n *network) pass(front net.Conn) {
	defer front.Close()
	back, err := net.Dial("tcp", n.to)
	if err != nil {
		return
	}
	defer back.Close()
	if !n.keep(back) {
		return
	}
	done := make(chan struct{})
	go func() {
		io.Copy(back, front)
		back.Close()
		close(done)
	}()
	io.Copy(front, back)
	front.Close()
	<-done
}
