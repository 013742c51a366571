package sfu

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// Both sides make offers at the same time, again and again: in the end all streams are there.
func TestOffersThatCrossEndWell(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	var all []*client
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		c := join(t, room, name, nil)
		c.peer.Allow(true, true)
		all = append(all, c)
	}
	for _, source := range []string{Camera, Mic, Screen, ScreenAudio} {
		for _, c := range all {
			c.flow(c.publish(source))
			c.offer()
		}
	}
	for _, c := range all {
		for _, other := range all {
			if other == c {
				continue
			}
			for _, source := range sourceNames {
				c.hears(other.name, source, 3)
			}
		}
	}
}

// An offer of the member's that meets one of the server's is passed over, and made anew when the server's is answered.
func TestTheServersOfferWins(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), join(t, room, "bob", nil)
	alice.peer.Allow(true, false)
	bob.peer.Allow(false, true)
	bob.offer()
	alice.offer()
	eventually(t, "bob is connected", func() bool { return bob.peer.line.connected.Load() })
	goOn := bob.paused()
	alice.flow(alice.publish(Mic))
	alice.offer()
	eventually(t, "the server's offer waits for bob", func() bool { return len(bob.work) > 0 })
	bob.flow(bob.publish(Screen))
	bob.offerNow(false) // bob's own goroutine is paused
	goOn()
	bob.hears("alice", Mic, 3)
	alice.hears("bob", Screen, 3)
	eventually(t, "bob's offer is answered after all", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return !bob.out && bob.offered == 3 })
	bob.mu.Lock()
	defer bob.mu.Unlock()
	if bob.crossed == 0 {
		t.Error("no offers have met")
	}
}

func TestCALL2_LostSignalsAreSentAgainOnResume(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), join(t, room, "bob", nil)
	alice.peer.Allow(true, false)
	bob.offer()
	alice.offer()
	alice.flow(alice.publish(Mic))
	alice.offer()
	bob.hears("alice", Mic, 3)

	bob.lose() // the server's offer about the camera is lost
	alice.lose()
	alice.flow(alice.publish(Camera))
	alice.offer() // and so is this one
	eventually(t, "alice has an offer out", func() bool { alice.mu.Lock(); defer alice.mu.Unlock(); return alice.lastOut != nil })
	alice.resume()
	eventually(t, "the server's offer for bob is lost", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return bob.lost > 0 })
	bob.resume()
	bob.hears("alice", Camera, 3)
}

// A lost answer: the other side asks again, and gets the same.
func TestCALL2_AnAnswerIsStored(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice := join(t, room, "alice", nil)
	alice.peer.Allow(true, false)
	alice.offer()
	eventually(t, "alice is connected", func() bool { return alice.peer.line.connected.Load() })
	alice.flow(alice.publish(Mic))
	alice.work <- deaf{}
	alice.offer()
	eventually(t, "the answer was sent and lost", func() bool { alice.mu.Lock(); defer alice.mu.Unlock(); return alice.missed > 0 })
	alice.resume()
	eventually(t, "alice publishes", func() bool { return len(alice.peer.Sources()) == 1 })
}

func TestMalformedOffersAreRefusedAndNobodyElseNotices(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), join(t, room, "bob", nil)
	alice.peer.Allow(true, false)
	alice.flow(alice.publish(Camera))
	alice.offer()
	bob.offer()
	bob.hears("alice", Camera, 3)
	mallory := join(t, room, "mallory", nil) // not earlier: who makes no offer for long gets the server's, and what crosses that is passed over
	bad := []Offer{
		{SDP: ""}, {SDP: "v=0"}, {SDP: "nonsense\r\n"}, {SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"},
		{SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"},
		{SDP: "v=0\r\n" + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", maxSections+1)},
		{SDP: "v=0", Sources: map[string]string{"0": "tape"}},
		{SDP: "v=0", Sources: map[string]string{"0": Camera, "1": Camera}},
	}
	for i, o := range bad {
		o.N = uint32(i + 1)
		if err := mallory.peer.Receive(o); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []string{"", "candidate:nonsense", "candidate:1 1 udp 1 999.999.999.999 1 typ host"} {
		if err := mallory.peer.Receive(Candidate{Candidate: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := mallory.peer.Receive(Answer{N: 7, SDP: "v=0"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all are refused", func() bool { mallory.mu.Lock(); defer mallory.mu.Unlock(); return len(mallory.refusals) == len(bad) })
	mallory.mu.Lock()
	for i, r := range mallory.refusals {
		if r.N != uint32(i+1) || r.Code == "" || r.Message == "" {
			t.Errorf("refusal %d: %+v", i, r)
		}
	}
	mallory.offered = uint32(len(bad))
	mallory.mu.Unlock()
	mallory.offer()
	mallory.hears("alice", Camera, 3) // who says something sensible is listened to again
	bob.hears("alice", Camera, bob.stream(Stream{"alice", Camera}).count()+3)
}

func TestSignalsThatAreNotAboutMediaAreRefused(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice := join(t, room, "alice", nil)
	err := alice.peer.Receive(People{})
	if e, ok := err.(*wire.Error); !ok || e.Code != wire.BadRequest {
		t.Errorf("got %v", err)
	}
}

func TestTooManySignalsAreRefused(t *testing.T) {
	b := newInbox()
	for range maxSignals {
		if err := b.signal(Restart{}); err != nil {
			t.Fatal(err)
		}
	}
	if e, ok := b.signal(Restart{}).(*wire.Error); !ok || e.Code != wire.Overloaded || e.RetryAfter == 0 {
		t.Errorf("got %v", e)
	}
}

func TestARoomIsFullAtItsLimit(t *testing.T) {
	room := newTestEngine(t, Options{Members: 2}).Room(RoomOptions{})
	a := join(t, room, "alice", nil)
	join(t, room, "bob", nil)
	_, err := room.Join(PeerOptions{Member: "carol"})
	if e, ok := err.(*wire.Error); !ok || e.Code != wire.Quota {
		t.Errorf("a third: %v", err)
	}
	_, err = room.Join(PeerOptions{Member: "bob"})
	if e, ok := err.(*wire.Error); !ok || e.Code != wire.Conflict {
		t.Errorf("bob again: %v", err)
	}
	a.leave()
	join(t, room, "carol", nil)
}

func TestNobodyJoinsAClosedRoom(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	room.Close()
	room.Close()
	_, err := room.Join(PeerOptions{Member: "carol"})
	if e, ok := err.(*wire.Error); !ok || e.Code != wire.Unavailable {
		t.Errorf("got %v", err)
	}
}
