package sharedmap_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// A simWorld is a writer, a server that passes its maps on, a connection that may be cut at any frame, and one client with a page. What the
// client and the page hold is compared with the writer's history after every input.
type simWorld struct {
	t   fataler
	rnd *rand.Rand
	now int64

	maps   map[string]*sharedmap.Map
	past   map[string]map[stamp]*sharedmap.Map
	epochs uint64

	up, down [][]byte
	subs     map[uint32]*simSub // of the connection
	ids      uint64
	online   bool
	lossy    bool // a frame of deltas may be lost
	held     bool // another map-open follows
	whole    bool // nothing is made anew, and no two live maps may ever be of different views
	views    map[[2]stamp]bool

	client *sharedmap.Mirrors
	open   map[uint32]string
	pages  map[uint32]*page
	seen   map[uint32]stamp
	events map[string]int
}

type stamp struct{ epoch, version uint64 }

// simSub is a subscription as the server sees it.
type simSub struct {
	sub    uint32
	id     uint64
	name   string
	at     stamp
	cursor *sharedmap.Cursor // of a snapshot under way
}

type fataler interface{ Fatalf(string, ...any) }

func newSimWorld(t fataler, seed uint64) *simWorld {
	w := &simWorld{
		t: t, rnd: rand.New(rand.NewPCG(seed, 80)), now: 1_000_000,
		maps: map[string]*sharedmap.Map{}, past: map[string]map[stamp]*sharedmap.Map{}, subs: map[uint32]*simSub{},
		client: sharedmap.NewMirrors(seed), open: map[uint32]string{}, pages: map[uint32]*page{}, seen: map[uint32]stamp{},
		events: map[string]int{}, views: map[[2]stamp]bool{},
	}
	for _, name := range simNames {
		w.keep(name, nil)
		w.subscribe(name)
	}
	return w
}

var simNames = []string{"app:alice/home/board", "app:alice/home/other"}

func (w *simWorld) subscribe(name string) {
	sub := w.client.Open(w.now, name)
	w.open[sub] = name
	if w.pages[sub] == nil {
		w.pages[sub] = &page{entries: map[string]any{}}
	}
	w.drain()
}

// keep makes m what the map is from now on.
func (w *simWorld) keep(name string, m *sharedmap.Map) {
	w.maps[name] = m
	if w.past[name] == nil {
		w.past[name] = map[stamp]*sharedmap.Map{}
	}
	w.past[name][stampOf(m)] = m
}

func stampOf(m *sharedmap.Map) stamp { return stamp{m.Epoch(), m.Version()} }

// step does one thing at random.
func (w *simWorld) step() {
	w.now += int64(w.rnd.ExpFloat64() * 50_000)
	switch k := w.rnd.IntN(100); {
	case k < 30:
		w.write()
	case k < 32 && !w.whole:
		w.recreate(simNames[w.rnd.IntN(2)])
	case k < 37 && w.online:
		w.cut()
	case k < 45 && !w.online:
		w.connect()
	case k < 48:
		w.client.Tick(w.now)
		w.drain()
	case k < 49:
		w.reopen()
	case k < 55:
		w.serve()
	case k < 65:
		w.flush()
	case k < 75:
		w.part()
	default:
		w.deliver()
	}
}

// write is a transaction on one or both maps.
func (w *simWorld) write() {
	for i, name := range simNames {
		if i == 0 || w.rnd.IntN(2) == 0 {
			w.writeOne(name, 1+w.rnd.IntN(5))
		}
	}
	w.views[w.view()] = true
	if w.rnd.IntN(2) == 0 {
		w.flush()
	}
}

// view is where the writer's maps stand.
func (w *simWorld) view() (v [2]stamp) {
	for i, name := range simNames {
		v[i] = stampOf(w.maps[name])
	}
	return v
}

func (w *simWorld) writeOne(name string, changes int) {
	m := w.maps[name]
	if m == nil {
		w.epochs++
		m = sharedmap.New(w.epochs)
	}
	e := m.Edit()
	for range changes {
		key := "key" + strconv.Itoa(w.rnd.IntN(40))
		if w.rnd.IntN(40) == 0 {
			key = "\x00Label"
		}
		if w.rnd.IntN(4) == 0 {
			e.Delete(key)
			continue
		}
		value := cbor.AppendText(nil, fmt.Sprint(w.rnd.IntN(1000))+string(make([]byte, w.rnd.IntN(600))))
		if err := e.Set(key, value); err != nil {
			w.t.Fatalf("%v", err)
		}
	}
	if next, d, _ := e.Commit(); d != nil {
		w.keep(name, next)
	}
}

// recreate destroys a map, and perhaps makes it again.
func (w *simWorld) recreate(name string) {
	w.keep(name, nil)
	if w.rnd.IntN(2) == 0 {
		w.writeOne(name, 30)
	}
	for _, sub := range inOrder(w.subs) {
		s := w.subs[sub]
		if s.name == name && w.rnd.IntN(2) == 0 { // else its next delta is of another epoch
			w.begin(s, stamp{})
		}
	}
}

func (w *simWorld) cut() {
	w.online, w.held, w.up, w.down = false, false, nil, nil
	clear(w.subs)
	w.client.Disconnected(w.now)
	w.drain()
}

func (w *simWorld) connect() {
	w.online = true
	w.client.Connected(w.now)
	w.drain()
}

// reopen closes a subscription, and subscribes again, perhaps from a cache.
func (w *simWorld) reopen() {
	subs := inOrder(w.open)
	sub := subs[w.rnd.IntN(len(subs))]
	name, old := w.open[sub], w.client.Replica(sub)
	w.client.Close(w.now, sub)
	w.forget(sub)
	w.drain()
	if w.rnd.IntN(2) == 0 || old.Epoch() == 0 {
		w.subscribe(name)
		return
	}
	w.restore(name, old)
}

// inOrder makes the order of a map's keys part of the seed.
func inOrder[V any](m map[uint32]V) []uint32 { return slices.Sorted(maps.Keys(m)) }

func (w *simWorld) forget(sub uint32) {
	delete(w.open, sub)
	delete(w.pages, sub)
	delete(w.seen, sub)
}

func (w *simWorld) restore(name string, old *sharedmap.Replica) {
	sub := w.client.Add(name)
	pg := &page{entries: map[string]any{}, version: old.Version()}
	old.Batches(1000, func(batch []byte, _ bool) {
		w.client.Seed(sub, batch)
		pg.apply(rawBatch(w.t, batch))
	})
	w.open[sub], w.pages[sub] = name, pg
	w.client.Start(w.now, sub, old.Epoch(), old.Version())
	w.drain()
	w.events["cache"]++
}

// serve handles a frame of the client.
func (w *simWorld) serve() {
	if len(w.up) == 0 || w.whole && w.streams() {
		return
	}
	frame := w.up[0]
	w.up = w.up[1:]
	switch wire.Kind(frame) {
	case wire.KindMapClose:
		f, _ := wire.ParseMapClose(frame)
		delete(w.subs, f.Sub)
	case wire.KindMapOpen:
		f, err := wire.ParseMapOpen(frame)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		w.subscribed(f)
	}
}

func (w *simWorld) subscribed(f wire.MapOpen) {
	delete(w.subs, f.Sub)
	w.held = f.More
	if w.lossy && w.rnd.IntN(8) == 0 {
		w.down = append(w.down, wire.MapEnd{Sub: f.Sub, Err: *wire.Retry(wire.Unavailable, "Not now.", 100)}.Append(nil))
		w.events["unavailable"]++
		return
	}
	w.ids++
	s := &simSub{sub: f.Sub, id: w.ids, name: f.Map}
	w.subs[f.Sub] = s
	w.begin(s, stamp{f.Epoch, f.Version})
}

// begin answers from what the client holds: with deltas if that can be, else, or at random, with a snapshot.
func (w *simWorld) begin(s *simSub, held stamp) {
	m := w.maps[s.name]
	s.cursor, s.at = nil, held
	f := wire.MapOpened{Sub: s.sub, ID: s.id, Who: 1, Epoch: m.Epoch(), Version: m.Version(), From: held.version}
	_, ok := m.Since(held.version)
	if f.Snapshot = !ok || held.epoch != m.Epoch() || w.rnd.IntN(4) == 0; f.Snapshot {
		f.From = 0
		if w.whole {
			w.catchUp(s)
		}
		s.cursor, s.at = m.Cursor(), stampOf(m)
	}
	w.down = append(w.down, f.Append(nil))
}

// part sends the next part of a snapshot.
func (w *simWorld) part() {
	for _, sub := range inOrder(w.subs) {
		s := w.subs[sub]
		if s.cursor == nil {
			continue
		}
		entries, more := s.cursor.Next(1500)
		w.down = append(w.down, wire.MapPart{
			Sub: s.sub, Epoch: s.at.epoch, Version: s.at.version, Last: !more, Entries: sharedmap.AppendEntries(nil, entries),
		}.Append(nil))
		w.events["part"]++
		if !more {
			s.cursor = nil
		}
		return
	}
}

// flush sends every subscription what it lacks, conflated, in one frame. Nothing else goes on beside a snapshot, or before all that is asked
// for together has been.
func (w *simWorld) flush() {
	if !w.held && !(w.whole && w.streams()) {
		w.catchUp(nil)
	}
}

// streams tells whether a snapshot is under way.
func (w *simWorld) streams() bool {
	for _, s := range w.subs {
		if s.cursor != nil {
			return true
		}
	}
	return false
}

// catchUp sends every subscription but one what it lacks.
func (w *simWorld) catchUp(but *simSub) {
	var sections []byte
	n := 0
	for _, sub := range inOrder(w.subs) {
		s := w.subs[sub]
		m := w.maps[s.name]
		if s == but || s.cursor != nil || s.at == stampOf(m) {
			continue
		}
		if s.at.epoch != 0 && s.at.epoch != m.Epoch() {
			w.begin(s, stamp{})
			continue
		}
		d, ok := m.Since(s.at.version)
		if !ok {
			w.t.Fatalf("nothing is known since %v", s.at)
		}
		sections = sharedmap.AppendDelta(sections, s.id, d)
		s.at = stampOf(m)
		n++
	}
	if n == 0 {
		return
	}
	if w.lossy && w.rnd.IntN(10) == 0 {
		w.events["lost"]++
		return
	}
	w.down = append(w.down, append(wire.AppendMapDelta(nil, n), sections...))
}

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

func TestMAP4_ReplicasNeverTearNorGoBack(t *testing.T) {
	total := map[string]int{}
	for seed := range uint64(60) {
		w := newSimWorld(t, seed)
		w.lossy, w.whole = seed%2 == 1, seed%4 == 0
		for range 1500 {
			w.step()
		}
		w.settle()
		for what, n := range w.events {
			total[what] += n
		}
	}
	t.Log(total)
	for _, what := range []string{"live", "stale", "part", "lost", "unavailable", "cache", "refused frame"} {
		if total[what] < 10 {
			t.Errorf("%s came about %d times", what, total[what])
		}
	}
}

func TestMAP6_EveryReplicaEndsLikeTheWriter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newSimWorld(t, rapid.Uint64().Draw(t, "seed"))
		w.lossy = rapid.Bool().Draw(t, "lossy")
		w.whole = !w.lossy && rapid.Bool().Draw(t, "whole")
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			w.step()
		}
		w.settle()
	})
}
