package sfu

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestMediaGoOverTCPWhereUDPIsBlocked(t *testing.T) {
	e := newTestEngine(t, Options{TCP: "127.0.0.1:0"})
	room := e.Room(RoomOptions{})
	overTCP := func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
	alice, bob := joinWith(t, room, "alice", nil, overTCP), join(t, room, "bob", nil)
	alice.peer.Allow(true, false)
	alice.flow(alice.publish(Camera))
	alice.offer()
	bob.peer.Allow(true, false)
	bob.flow(bob.publish(Mic))
	bob.offer()
	bob.hears("alice", Camera, 10)
	alice.hears("bob", Mic, 10)
	pair, err := alice.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil || pair.Local.Protocol != webrtc.ICEProtocolTCP {
		t.Errorf("alice is connected by %v, %v", pair, err)
	}
}

// The address at which a server is reached stands in its candidates; the port is the one that all media use.
func TestPublicAddressesStandInDescriptions(t *testing.T) {
	e := newTestEngine(t, Options{UDP: "0.0.0.0:0", TCP: "0.0.0.0:0", PublicIPs: []netip.Addr{netip.MustParseAddr("203.0.113.7")}})
	c := join(t, e.Room(RoomOptions{}), "alice", nil)
	c.offer()
	eventually(t, "there is an answer", func() bool { return c.pc.CurrentRemoteDescription() != nil })
	sdp := c.pc.CurrentRemoteDescription().SDP
	_, port, _ := net.SplitHostPort(e.UDPAddr().String())
	if !strings.Contains(sdp, " 203.0.113.7 "+port+" typ host") {
		t.Errorf("no public address in\n%s", sdp)
	}
	if strings.Contains(sdp, ".local") {
		t.Error("there are mDNS names")
	}
}

func TestATakenPortIsAnError(t *testing.T) {
	e := newTestEngine(t, Options{TCP: "127.0.0.1:0"})
	if _, err := New(Options{UDP: e.UDPAddr().String()}); err == nil || !strings.Contains(err.Error(), "UDP port") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{UDP: "127.0.0.1:0", TCP: e.TCPAddr().String()}); err == nil || !strings.Contains(err.Error(), "TCP port") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{UDP: "nonsense"}); err == nil {
		t.Error("nonsense is no port")
	}
}
