package sfu

import "testing"

func newTestEngine(t *testing.T, o Options) *Engine {
	t.Helper()
	if o.UDP == "" {
		o.UDP = "127.0.0.1:0"
	}
	o.Loopback = o.Net == nil
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestForwardsATrack(t *testing.T) {
	e := newTestEngine(t, Options{})
	room := e.Room(RoomOptions{})
	alice, bob := join(t, room, "alice", nil), join(t, room, "bob", nil)
	alice.peer.Allow(true, true)
	p := alice.publish(Camera)
	alice.offer()
	bob.offer()
	alice.flow(p)
	h := bob.hears("alice", Camera, 10)
	h.mu.Lock()
	defer h.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := map[uint16]uint32{}
	for _, s := range p.sent {
		sent[s.SequenceNumber] = s.Timestamp
	}
	for _, r := range h.packets {
		if ts, ok := sent[r.SequenceNumber]; !ok || ts != r.Timestamp {
			t.Fatalf("packet %d at %d is not as it was sent: %d, %v", r.SequenceNumber, r.Timestamp, ts, ok)
		}
	}
}
