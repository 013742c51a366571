package turn

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/call/pionlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// media is a peer that answers everything with the same, in place of the media engine.
func media(t *testing.T, host string) *net.UDPConn {
	t.Helper()
	conn := listenUDP(t, host)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn
}

func listenUDP(t *testing.T, host string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start runs a server on free ports before a medium.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.UDP == nil && o.TCP == nil {
		o.UDP, o.TCP = listenUDP(t, "127.0.0.1"), listenTCP(t)
	}
	if o.Log == nil {
		o.Log = quiet
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial is a client of a server by one transport, with credentials.
func dial(t *testing.T, s *Server, transport, username, password string) *turn.Client {
	t.Helper()
	var conn net.PacketConn
	var at string
	if transport == "udp" {
		conn, at = listenUDP(t, "127.0.0.1"), s.opt.UDP.LocalAddr().String()
	} else {
		at = s.opt.TCP.Addr().String()
		stream, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		conn = turn.NewSTUNConn(stream)
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		Conn: conn, STUNServerAddr: at, TURNServerAddr: at, Username: username, Password: password, Realm: Realm, LoggerFactory: pionlog.To(quiet),
		RTO: 10 * time.Second, // nothing is lost here, and what is asked again would be counted again
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return c
}

// member is a client with credentials of its own.
func dialAs(t *testing.T, s *Server, transport, member string) *turn.Client {
	t.Helper()
	ice := s.ICEServers(member)
	if len(ice) != 1 {
		t.Fatalf("%d relays", len(ice))
	}
	return dial(t, s, transport, ice[0].Username, ice[0].Credential)
}

func allocate(t *testing.T, c *turn.Client) net.PacketConn {
	t.Helper()
	conn, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// roundTrip sends a text, behind the first byte of RTP, to a peer and wants it back from there.
func roundTrip(t *testing.T, conn net.PacketConn, to net.Addr, text string) {
	t.Helper()
	text = "\x80" + text
	if _, err := conn.WriteTo([]byte(text), to); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2048)
	n, from, err := conn.ReadFrom(buf)
	if err != nil || string(buf[:n]) != text || from.String() != to.String() {
		t.Fatalf("%q from %v, %v; sent %q to %v", buf[:n], from, err, text, to)
	}
}

func await(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it doesn't come to pass")
		}
	}
}

func at(conn *net.UDPConn) netip.AddrPort { return conn.LocalAddr().(*net.UDPAddr).AddrPort() }
