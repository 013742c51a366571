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
