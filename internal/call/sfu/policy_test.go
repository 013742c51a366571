package sfu

import (
	"slices"
	"testing"
)

// trio is a room in which alice publishes to bob and carol.
func trio(t *testing.T, o RoomOptions) (alice, bob, carol *client, camera, mic *publisher) {
	room := newTestEngine(t, Options{}).Room(o)
	alice, bob, carol = join(t, room, "alice", nil), join(t, room, "bob", nil), join(t, room, "carol", nil)
	alice.peer.Allow(true, false)
	camera, mic = alice.publish(Camera), alice.publish(Mic)
	for _, c := range []*client{alice, bob, carol} {
		c.offer()
	}
	alice.flow(camera)
	alice.flow(mic)
	for _, c := range []*client{bob, carol} {
		c.hears("alice", Camera, 3)
		c.hears("alice", Mic, 3)
	}
	return alice, bob, carol, camera, mic
}

// quiet makes sure that nothing of a stream is passed on: what was sent before the gate was shut arrives, and of what is sent after it
// nothing, though another source of the same member, sent after, arrives.
func quiet(t *testing.T, to *client, shut *publisher, source, otherSource string) {
	t.Helper()
	shut.mu.Lock()
	from := shut.seq
	shut.mu.Unlock()
	eventually(t, "more was sent", func() bool { shut.mu.Lock(); defer shut.mu.Unlock(); return shut.seq-from > 10 })
	to.hears("alice", otherSource, to.stream(Stream{"alice", otherSource}).count()+20)
	h := to.stream(Stream{"alice", source})
	h.mu.Lock()
	defer h.mu.Unlock()
	late := 0
	for seq := from + 3; seq != from+11; seq++ { // up to two were under way
		late += h.seqs[seq]
	}
	if late > 0 {
		t.Errorf("%d packets were forwarded that may not be", late)
	}
}

func TestCALL1_WhatTheHostMutesIsNotForwarded(t *testing.T) {
	alice, bob, _, _, mic := trio(t, RoomOptions{})
	alice.peer.Mute(Mic)
	quiet(t, bob, mic, Mic, Camera)
	if got, want := alice.peer.Sources(), []Source{{Name: Camera}, {Name: Mic, Muted: true}}; !slices.Equal(got, want) {
		t.Errorf("sources are %v, not %v", got, want)
	}
	alice.peer.Mute()
	bob.hears("alice", Mic, bob.stream(Stream{"alice", Mic}).count()+3)
}

func TestWhatAMemberSwitchesOffIsNotForwarded(t *testing.T) {
	alice, bob, _, camera, _ := trio(t, RoomOptions{})
	alice.peer.Off([]string{Camera})
	quiet(t, bob, camera, Camera, Mic)
	if got, want := alice.peer.Sources(), []Source{{Name: Camera, Off: true}, {Name: Mic}}; !slices.Equal(got, want) {
		t.Errorf("sources are %v, not %v", got, want)
	}
	h := bob.stream(Stream{"alice", Camera})
	h.mu.Lock()
	keys := h.keys
	h.mu.Unlock()
	alice.peer.Off(nil)
	eventually(t, "it begins again with a key frame", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.keys > keys })
}

// Rights that go take effect at once: on what is forwarded, and on what others are told.
func TestCALL1_RightsThatGoEndWhatIsPublished(t *testing.T) {
	alice, bob, _, camera, mic := trio(t, RoomOptions{})
	alice.peer.Allow(false, true)
	if len(alice.peer.Sources()) != 0 {
		t.Error("there are still sources")
	}
	eventually(t, "bob is told", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return len(bob.streams) == 0 })
	alice.peer.room.mu.Lock()
	for source, track := range alice.peer.tracks {
		if track.open.Load() || len(*track.downs.Load()) > 0 {
			t.Errorf("%s is forwarded", source)
		}
	}
	alice.peer.room.mu.Unlock()
	after := map[string]uint16{Camera: camera.last(), Mic: mic.last()}
	alice.peer.Allow(true, false)
	eventually(t, "bob is told again", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return len(bob.streams) == 2 })
	for source, seq := range after {
		eventually(t, "bob hears the "+source+" again", func() bool { return bob.stream(Stream{"alice", source}).heardAfter(seq) })
	}
}

// Who may not publish may still try: nobody hears of it.
func TestCALL1_WhoMayNotPublishIsNotForwarded(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), join(t, room, "bob", nil)
	alice.peer.Allow(true, false) // but not share
	screen, mic := alice.publish(Screen), alice.publish(Mic)
	alice.offer()
	bob.offer()
	alice.flow(screen)
	alice.flow(mic)
	bob.hears("alice", Mic, 50)
	if bob.stream(Stream{"alice", Screen}) != nil {
		t.Error("the screen is forwarded")
	}
	if got, want := alice.peer.Sources(), []Source{{Name: Mic}}; !slices.Equal(got, want) {
		t.Errorf("sources are %v, not %v", got, want)
	}
}

func TestWhatIsHiddenIsNotSent(t *testing.T) {
	_, bob, carol, camera, _ := trio(t, RoomOptions{})
	bob.peer.Hide([]string{"alice/" + Camera})
	eventually(t, "it is hidden", func() bool { return bob.peer.hides(camera.up(bob.room)) })
	quiet(t, bob, camera, Camera, Mic)
	carol.hears("alice", Camera, carol.stream(Stream{"alice", Camera}).count()+10)
	bob.peer.Hide(nil)
	bob.hears("alice", Camera, bob.stream(Stream{"alice", Camera}).count()+10)
}

// up is the server's end of what alice publishes.
func (p *publisher) up(r *Room) *track {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peers["alice"].tracks[p.track.ID()]
}

// Members come and go; what they leave behind is used again.
func TestMediaSectionsAreUsedAgain(t *testing.T) {
	room := newTestEngine(t, Options{}).Room(RoomOptions{})
	bob := join(t, room, "bob", nil)
	bob.offer()
	for i, name := range []string{"alice", "carol", "dave"} {
		c := join(t, room, name, nil)
		c.peer.Allow(true, false)
		c.flow(c.publish(Camera))
		c.offer()
		h := bob.hears(name, Camera, 5)
		if h.ssrc == 0 {
			t.Error("no SSRC")
		}
		c.leave()
		eventually(t, "bob is told", func() bool { bob.mu.Lock(); defer bob.mu.Unlock(); return len(bob.streams) == 0 })
		if n := len(bob.pc.GetTransceivers()); n != 1 {
			t.Errorf("after %d members there are %d media sections", i+1, n)
		}
	}
	eventually(t, "nothing stays", func() bool {
		s := room.engine.Stats()
		return s.Peers == 1 && s.Tracks == 0 && s.Forwards == 0
	})
}

func TestChangesAreTold(t *testing.T) {
	told := 0 // of the goroutine that runs callbacks
	alice, bob, _, _, _ := trio(t, RoomOptions{Changed: func() { told++ }})
	tells := func(what string, want func(n int) bool) {
		t.Helper()
		n := make(chan int)
		bob.room.events.must(func() { n <- told; told = 0 }) // behind all that is to be told so far
		if n := <-n; !want(n) {
			t.Errorf("%s: told %d times", what, n)
		}
	}
	once := func(n int) bool { return n == 1 }
	tells("two sources", func(n int) bool { return n == 1 || n == 2 })
	alice.peer.Mute(Camera)
	tells("one is muted", once)
	alice.peer.Mute(Camera)
	alice.peer.Off(nil)
	tells("nothing new", func(n int) bool { return n == 0 })
	alice.leave()
	tells("nobody is there to see", once)
}
