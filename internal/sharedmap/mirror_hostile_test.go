package sharedmap_test

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// hostile is a client whose server says whatever comes to its mind, in well-formed frames and others.
type hostile struct {
	t     *testing.T
	rnd   *rand.Rand
	m     *sharedmap.Mirrors
	now   int64
	names map[string]uint32 // of maps that are open
	pages map[uint32]*page
	seen  map[uint32]stamp
	open  bool // the connection
	said  map[string]int
}

// n is a number from 0 to most.
func (h *hostile) n(most uint64) uint64 { return h.rnd.Uint64N(most + 1) }

func (h *hostile) step() {
	h.now += int64(h.n(400_000))
	switch sub := h.sub(); h.n(60) {
	case 0, 10, 11, 12, 13, 14:
		h.m.Connected(h.now)
		h.open = true
	case 1:
		h.m.Disconnected(h.now)
		h.open = false
	case 2:
		h.m.Tick(h.now)
	case 3:
		h.m.SetPresence(h.now, sub, uint32(h.n(64)), h.batch())
	case 4, 6, 7, 8:
		h.begin()
	case 5:
		if h.n(3) == 0 {
			h.end(sub)
		}
	default:
		frame := h.frame(sub)
		err := h.m.Received(h.now, frame)
		h.drain()
		clear(frame)
		if err != nil { // who drives it hangs up
			h.m.Disconnected(h.now)
			h.open = false
		}
	}
	h.drain()
	h.check()
}

// sub is the number of a map that is open, or any.
func (h *hostile) sub() uint32 {
	if subs := inOrder(h.pages); len(subs) > 0 && h.n(9) > 0 {
		return subs[h.n(uint64(len(subs))-1)]
	}
	return uint32(h.n(4))
}

// begin adds a map, and starts it at once or later; the server may know its number before.
func (h *hostile) begin() {
	name := "app:alice/home/map" + strconv.Itoa(int(h.n(3)))
	sub := h.m.Add(name)
	h.names[name] = sub
	if h.pages[sub] == nil {
		h.pages[sub] = &page{entries: map[string]any{}}
	}
	if h.n(2) > 0 {
		h.m.Start(h.now, sub, 0, 0)
	}
}

func (h *hostile) end(sub uint32) {
	h.m.Close(h.now, sub)
	h.forget(sub)
}

func (h *hostile) forget(sub uint32) {
	delete(h.pages, sub)
	delete(h.seen, sub)
	maps.DeleteFunc(h.names, func(_ string, s uint32) bool { return s == sub })
}

// frame is about a map whose number and id are the same, or about none.
func (h *hostile) frame(sub uint32) []byte {
	epoch, version, from := []uint64{7, 7, 7, 7, 7, 7, 7, 8, 0}[h.n(8)], h.n(9), h.n(6)
	if r := h.m.Replica(sub); r != nil && h.n(1) == 0 {
		epoch, from = r.Epoch(), r.Version()
		version = from + h.n(2)
	}
	switch h.n(40) {
	case 0:
		return []byte("\x82\x18" + string(byte(h.n(255))) + "\x81\x01")[h.n(3):]
	case 1:
		code := []wire.Code{wire.Unavailable, wire.Overloaded, wire.Quota, wire.NotAllowed}[h.n(3)]
		return wire.MapEnd{Sub: max(sub, 1), Err: wire.Error{Code: code, RetryAfter: int64(h.n(3000)) - 1000}}.Append(nil)
	case 2:
		entry := append(cbor.AppendText(cbor.AppendUint([]byte{0x81, 0x83}, h.n(3)), "bob"), 1)
		return wire.Presence{ID: uint64(sub), Reset: from == 0, Changed: entry, Gone: []byte{0x81, 2}}.Append(nil)
	case 3, 4, 5, 9, 10:
		return wire.MapOpened{
			Sub: max(sub, 1), ID: uint64(sub), Who: 65, Epoch: epoch, Version: version, From: from, Snapshot: h.n(1) == 0,
		}.Append(nil)
	case 6, 7, 8, 11, 12, 13, 14, 15:
		return wire.MapPart{Sub: max(sub, 1), Epoch: 7, Version: version / 3, Last: h.n(1) == 0, Entries: h.batch()}.Append(nil)
	}
	n := 1 + int(h.n(2))
	frame := wire.AppendMapDelta(nil, n)
	for i := range uint64(n) {
		frame = cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(frame, 6), h.id(sub, i)), epoch)
		frame = append(cbor.AppendUint(cbor.AppendUint(frame, from), version), h.batch()...)
		frame = cbor.AppendText(cbor.AppendArrayHeader(frame, 1), "k"+strconv.Itoa(int(h.n(4))))
	}
	return frame
}

// id is that of a map, or of one of the others.
func (h *hostile) id(sub uint32, i uint64) uint64 {
	if i == 0 {
		return uint64(sub)
	}
	return uint64(h.sub())
}

func (h *hostile) batch() []byte {
	n := int(h.n(3))
	b := cbor.AppendMapHeader(nil, n)
	for i := range n {
		b = cbor.AppendUint(cbor.AppendText(b, "k"+strconv.Itoa(i)), h.n(1000))
	}
	return b
}

func (h *hostile) drain() {
	more := uint32(0)
	for e, ok := h.m.Next(); ok; e, ok = h.m.Next() {
		if more != 0 && e.Kind != sharedmap.MirrorChanged {
			h.t.Fatalf("after a change with more comes an event of kind %d", e.Kind)
		}
		more = 0
		pg := h.pages[e.Sub]
		h.said[strconv.Itoa(int(e.Kind))+e.State.String()+flags(e)]++
		switch e.Kind {
		case sharedmap.MirrorSend:
			if wire.Check(e.Data) != nil {
				h.t.Fatalf("%x is sent", e.Data)
			}
		case sharedmap.MirrorTurned:
			if pg.turn(e.State); e.State == sharedmap.Ended {
				h.forget(e.Sub)
			}
		case sharedmap.MirrorChanged:
			if e.More {
				more = e.Sub
			}
			set, deleted := rawBatch(h.t, e.Data)
			pg.change(e, set, deleted)
		}
	}
}

// check compares the pages with the replicas, and with pages that would come now.
func (h *hostile) check() {
	for sub, pg := range h.pages {
		r := h.m.Replica(sub)
		if r == nil {
			h.t.Fatalf("map %d is gone without a word", sub)
		}
		at := stamp{r.Epoch(), r.Version()}
		if last := h.seen[sub]; last.epoch == at.epoch && last.version > at.version {
			h.t.Fatalf("map %d went back from %v to %v", sub, last, at)
		}
		h.seen[sub] = at
		if state, _ := h.m.State(sub); pg.state != "" && pg.state != state.String() || state == sharedmap.Live && !h.open {
			h.t.Fatalf("map %d is %v, the page %s", sub, state, pg.state)
		}
		h.same(sub, pg, r)
		late := &page{entries: map[string]any{}}
		h.m.Dump(sub, 10, func(e sharedmap.MirrorEvent) {
			if e.Kind == sharedmap.MirrorTurned {
				late.turn(e.State)
			} else if e.Kind == sharedmap.MirrorChanged {
				set, deleted := rawBatch(h.t, e.Data)
				late.change(e, set, deleted)
			}
		})
		if late.state != "" && late.state != "opening" {
			h.same(sub, late, r)
		}
	}
}

func (h *hostile) same(sub uint32, pg *page, r *sharedmap.Replica) {
	if len(pg.entries) != r.Size() {
		h.t.Fatalf("a page of map %d shows %d entries, not %d", sub, len(pg.entries), r.Size())
	}
	for key, value := range r.All() {
		if pg.entries[key] != string(value) {
			h.t.Fatalf("a page of map %d shows another %q", sub, key)
		}
	}
}

func TestMAP4_WhateverAServerSaysPagesAndReplicasAgree(t *testing.T) {
	said := map[string]int{}
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		h := &hostile{t: t, rnd: rnd, m: sharedmap.NewMirrors(1), now: 1, names: map[string]uint32{}, pages: map[uint32]*page{}, seen: map[uint32]stamp{}, said: said}
		for range 300 {
			h.step()
		}
	}
	t.Log(said)
}
