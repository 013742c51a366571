package sfu

import (
	"testing"
	"time"
)

func TestLossIsRepaired(t *testing.T) {
	w := newWorld(t, 10*time.Millisecond, 5*time.Millisecond)
	room := w.engine.Room(RoomOptions{})
	alice, bob := w.join(room, "alice"), w.join(room, "bob")
	alice.peer.Allow(true, false)
	p := alice.publish(Camera)
	alice.offer()
	bob.offer()
	alice.flow(p)
	h := bob.hears("alice", Camera, 5)
	w.set(func() { w.lose = 10 })
	bob.hears("alice", Camera, 150)
	w.set(func() { w.lose = 0 })
	h.mu.Lock()
	first, last := h.packets[0].SequenceNumber, h.packets[len(h.packets)-1].SequenceNumber
	h.mu.Unlock()
	eventually(t, "no packet is missing", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for seq := first; seq != last; seq++ {
			if h.seqs[seq] == 0 {
				return false
			}
		}
		return true
	})
	if w.engine.Stats().Repairs == 0 {
		t.Error("nothing was sent again: was anything lost?")
	}
}

// The publisher's own losses are repaired as well: the server asks.
func TestLossOnTheWayInIsRepaired(t *testing.T) {
	w := newWorld(t, 5*time.Millisecond, 0)
	room := w.engine.Room(RoomOptions{})
	alice, bob := w.join(room, "alice"), w.join(room, "bob")
	alice.peer.Allow(true, false)
	p := alice.publish(Camera)
	alice.offer()
	bob.offer()
	alice.flow(p)
	h := bob.hears("alice", Camera, 5)
	w.set(func() { w.loseFrom = alice.ip; w.lose = 10 })
	bob.hears("alice", Camera, 100)
	w.set(func() { w.lose = 0 })
	h.mu.Lock()
	first, last := h.packets[0].SequenceNumber, h.packets[len(h.packets)-1].SequenceNumber
	h.mu.Unlock()
	eventually(t, "no packet is missing", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for seq := first; seq != last; seq++ {
			if h.seqs[seq] == 0 {
				return false
			}
		}
		return true
	})
}

func TestALateJoinerGetsAKeyframe(t *testing.T) {
	w := newWorld(t, 5*time.Millisecond, 0)
	room := w.engine.Room(RoomOptions{})
	alice, bob := w.join(room, "alice"), w.join(room, "bob")
	alice.peer.Allow(true, false)
	p := alice.publish(Camera)
	alice.offer()
	bob.offer()
	alice.flow(p)
	bob.hears("alice", Camera, 20)
	late := w.join(room, "late")
	late.offer()
	h := late.hears("alice", Camera, 1)
	eventually(t, "a key frame comes", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return h.keys > 0 })
}

func TestCALL2_ICERestartsAfterACut(t *testing.T) {
	for _, who := range []string{"client", "server"} {
		t.Run(who, func(t *testing.T) {
			w := newWorld(t, 5*time.Millisecond, 0)
			room := w.engine.Room(RoomOptions{})
			alice, bob := w.join(room, "alice"), w.join(room, "bob")
			alice.peer.Allow(true, false)
			p := alice.publish(Camera)
			alice.offer()
			bob.offer()
			alice.flow(p)
			bob.hears("alice", Camera, 5)
			w.set(func() { w.cut[bob.ip] = true })
			eventually(t, "bob's connection fails", func() bool { return bob.pc.ICEConnectionState().String() == "failed" })
			w.set(func() { w.cut[bob.ip] = false })
			before := bob.stream(Stream{"alice", Camera}).count()
			if who == "client" {
				bob.work <- again{restart: true}
			} else {
				bob.send(Restart{})
			}
			bob.hears("alice", Camera, before+20)
		})
	}
}

// One member that can't be reached does not keep the others from anything.
func TestOneBlockedMemberDelaysNobody(t *testing.T) {
	w := newWorld(t, 2*time.Millisecond, 0)
	room := w.engine.Room(RoomOptions{})
	alice, bob, stuck := w.join(room, "alice"), w.join(room, "bob"), w.join(room, "stuck")
	alice.peer.Allow(true, false)
	p := alice.publish(Camera)
	for _, c := range []*client{alice, bob, stuck} {
		c.offer()
	}
	alice.flow(p)
	bob.hears("alice", Camera, 3)
	stuck.hears("alice", Camera, 3)
	eventually(t, "its data channel is open", func() bool { return stuck.peer.Data(nil) })
	w.set(func() { w.cut[stuck.ip] = true })
	for stuck.peer.Data(make([]byte, maxData)) { // until its data channel is full
	}
	bob.hears("alice", Camera, bob.stream(Stream{"alice", Camera}).count()+100)
}
