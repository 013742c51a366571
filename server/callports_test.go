package server

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestACallsPortIsElsewhereWhereTheNumberIsTaken(t *testing.T) {
	busy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	s := &Server{opt: Options{Addr: busy.LocalAddr().String(), Logger: slog.New(slog.DiscardHandler)}.withDefaults()}
	s.log = s.opt.Logger
	p, err := s.openPorts()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if at := p.UDP().LocalAddr().String(); at == busy.LocalAddr().String() || p.MediaStreams() == nil {
		t.Error(at)
	}
	s.opt.Calls.Addr = busy.LocalAddr().String()
	if _, err := s.openPorts(); err == nil {
		t.Error("a port that was asked for is silently another")
	}
}

func TestNamesOfTheRelay(t *testing.T) {
	for _, c := range []struct {
		url, public string
		want        []string
	}{
		{"https://wab.example/", "", []string{"wab.example"}},
		{"http://192.168.1.5:8080", "", []string{"192.168.1.5"}},
		{"http://[::]:8080", "", nil},
		{"http://127.0.0.1:8080", "", nil},
		{"https://wab.example", "203.0.113.7", nil},
		{"", "", nil},
	} {
		s := &Server{opt: Options{PublicURL: c.url}}
		if c.public != "" {
			s.opt.Calls.PublicIPs = []netip.Addr{netip.MustParseAddr(c.public)}
		}
		if got := s.callNames(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.url, got)
		}
	}
}

func TestRelaysOfMembers(t *testing.T) {
	for _, c := range []struct {
		name  string
		calls CallOptions
		urls  int
	}{
		{"by default", CallOptions{}, 1},
		{"by UDP, too", CallOptions{TURN: TURNOptions{Addr: "127.0.0.1:0"}}, 2},
		{"without TCP", CallOptions{TCPAddr: "off"}, 0},
		{"off", CallOptions{TURN: TURNOptions{Off: true}}, 0},
		{"elsewhere", CallOptions{TURN: TURNOptions{URLs: []string{"turn:relay.example"}, Secret: []byte("s")}}, 1},
		{"no calls", CallOptions{Off: true}, 0},
	} {
		s, err := New(Options{Data: t.TempDir(), Calls: c.calls, Logger: slog.New(slog.DiscardHandler)}, botApp())
		if err != nil {
			t.Fatal(err)
		}
		ice, urls := s.iceServers("member"), 0
		for _, r := range ice {
			urls += len(r.URLs)
		}
		if urls != c.urls {
			t.Errorf("%s: %+v", c.name, ice)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
