package turn

import (
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/wabgo/wab/internal/call/ports"
)

func openPorts(t *testing.T, o ports.Options) *ports.Ports {
	t.Helper()
	p, err := ports.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// engine reads the UDP port as media's engine does, and echoes what is media's.
func engine(t *testing.T, p *ports.Ports) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 2048)
		for {
			n, from, err := p.UDP().ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if !p.Other(buf[:n], from) {
				_, _ = p.UDP().WriteToUDPAddrPort(buf[:n], from)
			}
		}
	}()
	t.Cleanup(func() { _ = p.UDP().Close(); <-ended })
}

func TestMediaAndRelayShareAPort(t *testing.T) {
	p := openPorts(t, ports.Options{UDP: "127.0.0.1:0", Relay: "127.0.0.1:0", TCP: "127.0.0.1:0"})
	engine(t, p)
	s, err := New(Options{UDP: p.Relay(), TCP: p.RelayStreams(), Media: p.UDP().LocalAddr().(*net.UDPAddr).AddrPort()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if relays := s.ICEServers("member"); len(relays) != 1 || len(relays[0].URLs) != 2 {
		t.Fatalf("%+v", relays)
	}
	ice := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("a:b")).Raw
	conn, err := net.DialUDP("udp", nil, p.UDP().LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 2048)
	for _, x := range []struct {
		ask, begin []byte
	}{
		{ice, ice}, {stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw, []byte{1, 1}}, {[]byte{0x80, 96}, []byte{0x80, 96}},
	} {
		if _, err := conn.Write(x.ask); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if err != nil || n < len(x.begin) || string(buf[:len(x.begin)]) != string(x.begin) {
			t.Errorf("%x is answered with %x, %v", x.ask, buf[:n], err)
		}
	}
}

// A relay must not be asked for relays: each would hide who asks the next.
func TestRelaysAreNotChained(t *testing.T) {
	p := openPorts(t, ports.Options{UDP: "127.0.0.1:0", Relay: "127.0.0.1:0"})
	engine(t, p)
	s := start(t, Options{UDP: p.Relay(), Media: p.UDP().LocalAddr().(*net.UDPAddr).AddrPort()})
	relay := allocate(t, dialAs(t, s, "udp", "member"))
	ask := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw
	if _, err := relay.WriteTo(ask, p.UDP().LocalAddr()); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return s.Stats().Blocked == 1 })
	roundTrip(t, relay, p.UDP().LocalAddr(), "media are")
}
