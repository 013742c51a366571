package sfu

import (
	"fmt"
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestALostConnectionIsTold(t *testing.T) {
	alice, bob, _, _, _ := trio(t, RoomOptions{})
	_ = alice.pc.Close()
	if err := <-alice.failed; err == nil {
		t.Error("no error")
	}
	eventually(t, "bob is told", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return len(bob.streams) == 0 })
	if s := bob.room.engine.Stats(); s.Peers != 2 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	if err := alice.peer.Receive(Restart{}); err != nil {
		t.Error(err)
	}
	alice.peer.Resume()
	alice.peer.Mute(Mic)
	alice.peer.Close()
}

// A member that has gone may join again under its name, at once.
func TestCALL2_AMemberComesBack(t *testing.T) {
	alice, bob, _, _, _ := trio(t, RoomOptions{})
	alice.leave()
	again := join(t, bob.room, "alice", nil)
	again.peer.Allow(true, true)
	again.flow(again.publish(Screen))
	again.offer()
	bob.hears("alice", Screen, 5)
}

// A source that a member takes back is gone for all, and may come again.
func TestASourceEndsAndComesAgain(t *testing.T) {
	alice, bob, _, camera, _ := trio(t, RoomOptions{})
	if err := alice.pc.RemoveTrack(camera.sender); err != nil {
		t.Fatal(err)
	}
	alice.offer()
	eventually(t, "the camera has gone", func() bool { return len(alice.peer.Sources()) == 1 })
	eventually(t, "bob is told", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return len(bob.streams) == 1 })
	before := bob.stream(Stream{"alice", Camera})
	alice.flow(alice.publish(Camera))
	alice.offer()
	eventually(t, "bob hears it again", func() bool {
		h := bob.stream(Stream{"alice", Camera})
		return h != before && h.count() > 3
	})
}

// A member that stops what the server sends to it harms nobody, and goes on.
func TestAMemberMayStopWhatItReceives(t *testing.T) {
	alice, bob, carol, _, _ := trio(t, RoomOptions{})
	for _, tr := range bob.pc.GetTransceivers() {
		_ = tr.Stop()
	}
	bob.offer()
	dave := join(t, bob.room, "dave", nil)
	dave.peer.Allow(true, false)
	dave.flow(dave.publish(Camera))
	dave.offer()
	alice.leave()
	for _, c := range []*client{carol, bob} {
		c.hears("dave", Camera, 3)
	}
}

// What a publisher's header extensions say is between it and the server.
func TestHeaderExtensionsAreTheConnectionsOwn(t *testing.T) {
	_, bob, _, _, _ := trio(t, RoomOptions{})
	for _, source := range []string{Camera, Mic} {
		h := bob.stream(Stream{"alice", source})
		h.mu.Lock()
		for _, p := range h.packets {
			if ids := p.GetExtensionIDs(); len(ids) > 1 || len(ids) == 1 && len(p.GetExtension(ids[0])) != 3 {
				t.Errorf("%s: a packet with extensions %v", source, ids)
			}
		}
		h.mu.Unlock()
	}
}

// A codec is known by what was agreed, whatever payload types a client likes.
func TestOtherPayloadTypes(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), joinLike(t, room, "bob", func(m *webrtc.MediaEngine) error {
		video, audio := videoCodec, audioCodec
		video.PayloadType, audio.PayloadType = 120, 109
		if err := m.RegisterCodec(video, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
		return m.RegisterCodec(audio, webrtc.RTPCodecTypeAudio)
	})
	for _, c := range []*client{alice, bob} {
		c.peer.Allow(true, false)
		c.flow(c.publish(Camera))
		c.flow(c.publish(Mic))
		c.offer()
	}
	for _, source := range []string{Camera, Mic} {
		bob.hears("alice", source, 5)
		alice.hears("bob", source, 5)
	}
}

// Whoever is joining when the engine is closed is in before that and ended by it, or is not let in: nothing begins that nobody waits for.
func TestNothingBeginsOnceTheEngineIsClosed(t *testing.T) {
	for range 20 {
		e, err := New(Options{UDP: "127.0.0.1:0", Loopback: true})
		if err != nil {
			t.Fatal(err)
		}
		room := e.Room(RoomOptions{})
		begin := make(chan struct{})
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				<-begin
				for _, r := range []*Room{room, e.Room(RoomOptions{})} {
					_, _ = r.Join(PeerOptions{Member: fmt.Sprint("member-", i), Signal: func(Signal) {}})
				}
			})
		}
		close(begin)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		if s := e.Stats(); s.Rooms != 0 || s.Peers != 0 {
			t.Errorf("%+v", s)
		}
	}
}
