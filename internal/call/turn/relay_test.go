package turn

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

func TestRelaysToTheMediaByUDPAndTCP(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			roundTrip(t, allocate(t, dialAs(t, s, transport, "member-"+transport)), m.LocalAddr(), "by "+transport)
		})
	}
	if st := s.Stats(); st.Opened != 2 || st.BytesToPeers != 14 || st.BytesToUsers != 14 || st.Blocked != 0 {
		t.Errorf("%+v", st)
	}
}

func TestMediaAtAllAddressesAreReachedAtTheirs(t *testing.T) {
	m := media(t, "0.0.0.0")
	s := start(t, Options{Media: netip.AddrPortFrom(netip.IPv4Unspecified(), at(m).Port())})
	relay := allocate(t, dialAs(t, s, "udp", "member"))
	for _, a := range append(ownAddresses(), netip.MustParseAddr("127.0.0.1")) {
		if a.Is4() {
			roundTrip(t, relay, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, at(m).Port())), "to "+a.String())
		}
	}
}

func TestWhatIsSentToAPublicAddressStaysOnTheMachine(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7") // for documentation: nothing answers there
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		m := media(t, host)
		s := start(t, Options{Media: at(m), PublicIPs: []netip.Addr{public}})
		relay := allocate(t, dialAs(t, s, "udp", "member"))
		if got := relay.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(); got != public {
			t.Errorf("the relay is said to be at %v", got)
		}
		roundTrip(t, relay, net.UDPAddrFromAddrPort(netip.AddrPortFrom(public, at(m).Port())), "inside")
	}
}

func TestEndClosesAMembersRelays(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	allocate(t, dialAs(t, s, "udp", "gone"))
	stays := allocate(t, dialAs(t, s, "udp", "stays"))
	s.End("gone")
	if st := s.Stats(); st.Relays != 1 || st.Members != 1 {
		t.Errorf("%+v", st)
	}
	roundTrip(t, stays, m.LocalAddr(), "still here")
}

func TestURLsAreWhereClientsReachThePorts(t *testing.T) {
	udp, tcp := listenUDP(t, "127.0.0.1"), listenTCP(t)
	u, c := portOf(udp.LocalAddr()), portOf(tcp.Addr())
	for _, x := range []struct {
		name string
		o    Options
		want []string
	}{
		{"where they listen", Options{UDP: udp, TCP: tcp}, []string{"turn:127.0.0.1:" + u + "?transport=udp", "turn:127.0.0.1:" + c + "?transport=tcp"}},
		{"by UDP only", Options{UDP: udp}, []string{"turn:127.0.0.1:" + u + "?transport=udp"}},
		{"public addresses", Options{UDP: udp, PublicIPs: []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}},
			[]string{"turn:203.0.113.7:" + u + "?transport=udp", "turn:[2001:db8::7]:" + u + "?transport=udp"}},
		{"a name", Options{TCP: tcp, Hosts: []string{"wab.example"}}, []string{"turn:wab.example:" + c + "?transport=tcp"}},
		{"elsewhere", Options{URLs: []string{"turn:elsewhere.example"}}, []string{"turn:elsewhere.example"}},
		{"none", Options{UDP: udp, STUNOnly: true}, nil},
		{"nothing", Options{}, nil},
	} {
		o := x.o.withDefaults()
		s := &Server{opt: o, peers: &peers{media: at(udp), public: o.PublicIPs}, machine: &machine{clock: o.Clock}}
		if got := s.urls(); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, not %q", x.name, got, x.want)
		}
	}
	_ = tcp.Close()
}

func TestAPortAtAllAddressesIsToldWithThoseOfTheMachine(t *testing.T) {
	own := []netip.Addr{
		netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fe80::1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("10.0.0.5"),
	}
	if got := reachable(own); len(got) != 3 || got[0].String() != "192.168.1.5" || got[2].String() != "2001:db8::1" {
		t.Error(got)
	}
	if got := reachable(own[:2]); len(got) != 1 || !got[0].IsLoopback() {
		t.Error(got)
	}
}

func TestRelaysElsewhereGetCredentialsOnly(t *testing.T) {
	s, err := New(Options{URLs: []string{"turn:relay.example?transport=udp"}, Secret: []byte("shared")})
	if err != nil {
		t.Fatal(err)
	}
	ice := s.ICEServers("member")
	if len(ice) != 1 || ice[0].URLs[0] != "turn:relay.example?transport=udp" || !strings.HasSuffix(ice[0].Username, ":member") || ice[0].Credential == "" {
		t.Errorf("%+v", ice)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSTUNOnlyTellsAddressesAndRelaysNothing(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m), STUNOnly: true})
	if ice := s.ICEServers("member"); ice != nil {
		t.Errorf("%+v", ice)
	}
	for _, transport := range []string{"udp", "tcp"} {
		c := dial(t, s, transport, "9999999999:member", "x")
		if a, err := c.SendBindingRequest(); err != nil || !strings.HasPrefix(a.String(), "127.0.0.1:") {
			t.Error(transport, a, err)
		}
		if _, err := c.Allocate(); err == nil {
			t.Error(transport, "a relay where there is none")
		}
	}
}

func TestPeersAreOfTheFamiliesThatMediaHave(t *testing.T) {
	for media, want := range map[string]string{"127.0.0.1:9": "127.0.0.1:9", "[::1]:9": "[::1]:9", "0.0.0.0:9": "192.168.1.5:9", "[::]:9": "192.168.1.5:9 [2001:db8::5]:9"} {
		own := machine{clock: clock.Real(), until: time.Now().Add(time.Hour), found: []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("2001:db8::5")}}
		s := &Server{machine: &own, peers: &peers{media: netip.MustParseAddrPort(media), own: own.addresses}}
		var got []string
		for _, p := range s.Peers() {
			got = append(got, p.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("media at %s: %q", media, got)
		}
		if hosts := s.hosts(); len(hosts) != len(got) {
			t.Errorf("media at %s: %q", media, hosts)
		}
	}
}
