package sharedmap_test

import (
	"maps"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// opened is a machine with one live and empty mirror, whose shared number is 7, at version 0 of epoch 9.
func opened(t fataler) (m *sharedmap.Mirrors, sub uint32) {
	m = sharedmap.NewMirrors(1)
	sub = m.Open(1, "app:alice/home/board")
	m.Connected(1)
	if err := m.Received(1, wire.MapOpened{Sub: sub, ID: 7, Who: 1, Epoch: 9}.Append(nil)); err != nil {
		t.Fatalf("%v", err)
	}
	drainAll(m)
	return m, sub
}

func drainAll(m *sharedmap.Mirrors) (events []sharedmap.MirrorEvent) {
	for e, ok := m.Next(); ok; e, ok = m.Next() {
		events = append(events, e)
	}
	return events
}

func entriesOf(r *sharedmap.Replica) map[string]string {
	out := map[string]string{}
	for key, value := range r.All() {
		out[key] = string(value)
	}
	return out
}

// write is a delta that sets and deletes keys, from the version before to.
func write(to uint64, entries map[string][]byte) []byte {
	d := &sharedmap.Delta{Epoch: 9, From: to - 1, To: to}
	for key, value := range entries {
		d.Changes = append(d.Changes, sharedmap.Entry{Key: key, Value: value, Version: to})
	}
	return sharedmap.AppendDelta(wire.AppendMapDelta(nil, 1), 7, d)
}

// TestReplicaIsAPlainMap compares a replica with a plain map: under values that grow, shrink and go, copies that are kept, and batches that are loaded again.
func TestReplicaIsAPlainMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, sub := opened(t)
		model, data := map[string]string{}, 0
		kept, keptModel := m.Share(sub), map[string]string{}
		for version := uint64(1); version <= 20; version++ {
			changes := map[string][]byte{}
			for range rapid.IntRange(1, 5).Draw(t, "changes") {
				key := rapid.SampledFrom([]string{"a", "b", "c", "\x00M", "\x00N"}).Draw(t, "key")
				changes[key] = nil
				if size := rapid.SampledFrom([]int{-1, 0, 1, 40, 3000}).Draw(t, "size"); size >= 0 {
					changes[key] = cbor.AppendBytes(nil, make([]byte, size))
				}
			}
			for key, value := range changes {
				if model[key] = string(value); value == nil {
					delete(model, key)
				}
			}
			frame := write(version, changes)
			if err := m.Received(1, frame); err != nil {
				t.Fatal(err)
			}
			drainAll(m)
			clear(frame)
			if rapid.IntRange(0, 4).Draw(t, "keep") == 0 {
				kept, keptModel = m.Share(sub), maps.Clone(model)
			}
			if !maps.Equal(entriesOf(kept), keptModel) {
				t.Fatalf("what was shared changed: %q", entriesOf(kept))
			}
		}
		for key := range model {
			if !sharedmap.IsMethod(key) {
				data++
			}
		}
		r := m.Replica(sub)
		if !maps.Equal(entriesOf(r), model) || r.Len() != data || r.Size() != len(model) || r.Version() != 20 || r.Epoch() != 9 {
			t.Fatalf("%d entries, %d of data, at version %d: %q, not %q", r.Size(), r.Len(), r.Version(), entriesOf(r), model)
		}
		loadAgain(t, r, model)
	})
}

func loadAgain(t *rapid.T, r *sharedmap.Replica, model map[string]string) {
	m := sharedmap.NewMirrors(1)
	sub := m.Add("app:alice/home/board")
	lasts := 0
	r.Batches(rapid.IntRange(0, 5000).Draw(t, "limit"), func(batch []byte, last bool) {
		m.Seed(sub, batch)
		if last {
			lasts++
		}
	})
	m.Start(1, sub, 9, 20)
	if got := entriesOf(m.Replica(sub)); !maps.Equal(got, model) || lasts != 1 {
		t.Fatalf("a cache brings back %q, %d last batches", got, lasts)
	}
}

func TestASpoiltCacheIsForgotten(t *testing.T) {
	m := sharedmap.NewMirrors(1)
	sub := m.Add("app:alice/home/board")
	m.Seed(sub, cbor.AppendUint(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "a"), 1))
	m.Seed(sub, []byte{0xa1, 0x61})
	m.Start(1, sub, 9, 20)
	if r := m.Replica(sub); r.Size() != 0 || r.Version() != 0 || r.Epoch() != 0 {
		t.Errorf("%d entries of version %d", r.Size(), r.Version())
	}
	if state, _ := m.State(sub); state != sharedmap.Opening {
		t.Errorf("it is %v", state)
	}
}

func TestPresenceHasALimit(t *testing.T) {
	m, sub := opened(t)
	for _, bad := range [][]byte{cbor.AppendBytes(nil, make([]byte, wire.MaxPresence)), {0x61}, {0x01, 0x01}} {
		if m.SetPresence(1, sub, 0, bad) == nil {
			t.Errorf("%d bytes were taken", len(bad))
		}
	}
	if m.SetPresence(1, sub, wire.MaxSeats, []byte{1}) == nil {
		t.Error("there was a 65th seat")
	}
	if events := drainAll(m); len(events) != 0 {
		t.Errorf("%d events", len(events))
	}
}

// FuzzMirrors hands a mirror any frame. It must not crash, keeps nothing of the frame, and after an error the content is as it was.
func FuzzMirrors(f *testing.F) {
	f.Add(write(1, map[string][]byte{"a": {1}, "b": nil}))
	f.Add(wire.MapPart{Sub: 1, Epoch: 9, Version: 4, Last: true, Entries: []byte{0xa1, 0x61, 'a', 1}}.Append(nil))
	f.Add(wire.MapOpened{Sub: 1, ID: 7, Epoch: 8, Version: 4, Snapshot: true}.Append(nil))
	f.Add(wire.MapEnd{Sub: 1, Err: *wire.Err(wire.Quota, "x")}.Append(nil))
	f.Add(wire.Presence{ID: 7, Changed: []byte{0x81, 0x83, 1, 0x61, 'b', 0xf6}, Gone: []byte{0x81, 2}}.Append(nil))
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, sub := opened(t)
		first := write(1, map[string][]byte{"k": {0x18, 0x2a}})
		for range 2 {
			if err := m.Received(1, append([]byte(nil), first...)); err != nil {
				t.Fatal(err)
			}
		}
		drainAll(m)
		before := entriesOf(m.Replica(sub))
		err := m.Received(1, frame)
		for _, e := range drainAll(m) {
			if e.Kind == sharedmap.MirrorChanged {
				rawBatch(t, e.Data)
			}
		}
		r := m.Replica(sub)
		if r == nil {
			return
		}
		after := entriesOf(r)
		if err != nil && !maps.Equal(before, after) {
			t.Fatalf("a malformed frame changed %q to %q", before, after)
		}
		clear(frame)
		if !maps.Equal(after, entriesOf(r)) {
			t.Fatal("the replica keeps a part of the frame")
		}
	})
}

func TestManyMapsInOneFrame(t *testing.T) {
	m := sharedmap.NewMirrors(1)
	const n = 100
	m.Connected(1)
	var frame []byte
	frame = wire.AppendMapDelta(frame, n)
	for i := range uint64(n) {
		sub := m.Open(1, "app:alice/home/map"+strconv.Itoa(int(i)))
		if err := m.Received(1, wire.MapOpened{Sub: sub, ID: i, Epoch: 9}.Append(nil)); err != nil {
			t.Fatal(err)
		}
		d := &sharedmap.Delta{Epoch: 9, To: 1, Changes: []sharedmap.Entry{{Key: "k", Value: []byte{1}, Version: 1}}}
		frame = sharedmap.AppendDelta(frame, i, d)
	}
	drainAll(m)
	if err := m.Received(1, frame); err != nil {
		t.Fatal(err)
	}
	events := drainAll(m)
	for i, e := range events {
		if e.Kind != sharedmap.MirrorChanged || e.More != (i < n-1) || e.Sub != uint32(i+1) {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	if len(events) != n {
		t.Errorf("%d events", len(events))
	}
}
