package sharedmap_test

import (
	"fmt"
	"slices"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// deliver hands the client a frame.
func (w *simWorld) deliver() {
	if len(w.down) == 0 {
		return
	}
	frame := w.down[0]
	w.down = w.down[1:]
	before := w.stamps()
	if err := w.client.Received(w.now, frame); err != nil {
		w.t.Fatalf("%x: %v", frame, err)
	}
	w.drain()
	if wire.Kind(frame) == wire.KindMapDelta {
		w.checkWhole(frame, before)
	}
	clear(frame) // whoever kept a part of it is found out
	w.check()
}

func (w *simWorld) drain() {
	for e, ok := w.client.Next(); ok; e, ok = w.client.Next() {
		pg := w.pages[e.Sub]
		switch e.Kind {
		case sharedmap.MirrorSend:
			if w.online {
				w.up = append(w.up, e.Data)
			}
		case sharedmap.MirrorTurned:
			pg.turn(e.State)
			w.events[e.State.String()]++
		case sharedmap.MirrorChanged:
			set, deleted := rawBatch(w.t, e.Data)
			pg.change(e, set, deleted)
		}
	}
	w.check()
}

func (w *simWorld) stamps() map[uint32]stamp {
	out := map[uint32]stamp{}
	for sub := range w.open {
		r := w.client.Replica(sub)
		out[sub] = stamp{r.Epoch(), r.Version()}
	}
	return out
}

// checkWhole holds a frame to MAP-2: where one map has changed, none of the others that are live lacks anything.
func (w *simWorld) checkWhole(frame []byte, before map[uint32]stamp) {
	after, changed := w.stamps(), 0
	for sub := range after {
		if after[sub] != before[sub] {
			changed++
		}
	}
	sections := 0
	r := cbor.NewReader(frame)
	r.Array()
	r.Uint()
	for range r.Array() {
		r.Array()
		id, epoch, _, to := r.Uint(), r.Uint(), r.Uint(), r.Uint()
		r.Skip()
		r.Skip()
		sections++
		for sub, s := range w.subs {
			state, _ := w.client.State(sub)
			if s.id == id && changed > 0 && state == sharedmap.Live && after[sub] != (stamp{epoch, max(to, after[sub].version)}) {
				w.t.Fatalf("%d maps changed by a frame for %d, but %s at %v did not come to %d", changed, sections, s.name, after[sub], to)
			}
		}
	}
	if changed == 0 {
		w.events["refused frame"]++
	}
}

// check compares everything with the writer's history.
func (w *simWorld) check() {
	w.checkView()
	for sub, name := range w.open {
		r, pg := w.client.Replica(sub), w.pages[sub]
		at := stamp{r.Epoch(), r.Version()}
		if last := w.seen[sub]; last.epoch == at.epoch && last.version > at.version {
			w.t.Fatalf("%s went back from %v to %v", name, last, at)
		}
		w.seen[sub] = at
		m, known := w.past[name][at]
		if at.version == 0 {
			m, known = nil, true
		}
		if !known {
			w.t.Fatalf("%s is at %v, which never was", name, at)
		}
		if diff := differs(m, r); diff != "" {
			w.t.Fatalf("%s at %v is torn: %s", name, at, diff)
		}
		if pg.version != at.version || len(pg.entries) != r.Size() {
			w.t.Fatalf("the page shows version %d with %d entries, the replica is %v with %d", pg.version, len(pg.entries), at, r.Size())
		}
		for key, value := range r.All() {
			if pg.entries[key] != string(value) {
				w.t.Fatalf("the page shows another %q", key)
			}
		}
	}
}

// checkView holds what a page shows to MAP-2, where both of its maps are live.
func (w *simWorld) checkView() {
	var v [2]stamp
	for sub, name := range w.open {
		if w.pages[sub].state != "live" {
			return
		}
		v[slices.Index(simNames, name)] = w.stamps()[sub]
	}
	if w.whole && len(w.open) == 2 && v != ([2]stamp{}) && !w.views[v] {
		w.t.Fatalf("the page shows %v, which never stood together", v)
	}
}

func differs(m *sharedmap.Map, r *sharedmap.Replica) string {
	if m.Size() != r.Size() || m.Len() != r.Len() {
		return fmt.Sprintf("%d entries (%d of data), not %d (%d)", r.Size(), r.Len(), m.Size(), m.Len())
	}
	for key, value := range m.All() {
		if got, _ := r.Get(key); string(got) != string(value) {
			return fmt.Sprintf("%q is %x, not %x", key, got, value)
		}
	}
	return ""
}

// settle lets everything calm down: no more losses.
func (w *simWorld) settle() {
	w.lossy = false
	if !w.online {
		w.connect()
	}
	for range 3 {
		for _, name := range simNames {
			w.writeOne(name, 1)
			w.views[w.view()] = true
		}
		for range 200 {
			w.now += 100_000
			w.client.Tick(w.now)
			w.drain()
			w.serve()
			w.part()
			w.flush()
			w.deliver()
		}
	}
	for sub, name := range w.open {
		if w.seen[sub] != stampOf(w.maps[name]) || w.pages[sub].state != "live" {
			w.t.Fatalf("%s ends %s at %v, the writer at %v", name, w.pages[sub].state, w.seen[sub], stampOf(w.maps[name]))
		}
	}
}

func rawBatch(t fataler, batch []byte) (set map[string]any, deleted []string) {
	set = map[string]any{}
	r := cbor.NewReader(batch)
	for n := r.Map(); n > 0; n-- {
		key := r.Text()
		set[key] = string(r.Raw())
	}
	if len(r.Rest()) > 0 {
		for n := r.Array(); n > 0; n-- {
			deleted = append(deleted, r.Text())
		}
	}
	if err := r.Done(); err != nil {
		t.Fatalf("%x is no batch: %v", batch, err)
	}
	return set, deleted
}
