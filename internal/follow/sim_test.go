package follow_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// A world is topics that are published to, a server that keeps a bounded history of them, a connection that may be cut at any frame, and one client
// with several readers. What each of them reads is held against all that was ever published.
type world struct {
	t   fataler
	rnd *rand.Rand
	now int64

	logs   []*log          // by topic, the newest of its name
	past   map[string]*log // by topic, the one before
	epochs uint64

	up, down [][]byte
	subs     []*served // of the connection
	ids      uint64
	online   bool
	lossy    bool // frames of messages may be lost, and subscriptions refused
	quiet    bool // not any more

	client  *follow.Topics
	readers []*reader
	leads   map[uint32]*follow.Reader // how far subscriptions have got at most
	states  map[uint32]follow.State
	events  map[string]int
}

type fataler interface{ Fatalf(string, ...any) }

// log is one life of a topic. It is kept whole here; what the server remembers begins after oldest.
type log struct {
	name   string
	epoch  uint64
	before *log     // the topic's life before, if the server remembers its end
	from   []string // publishers, by offset-1
	oldest uint64
}

func (l *log) newest() uint64 { return uint64(len(l.from)) }

// served is a subscription as the server sees it.
type served struct {
	sub  uint32
	id   uint64
	log  *log // nil while there is none
	name string
	only string // publisher, empty all
	place
	waits bool // for the topic to be made
}

// place is up to where a subscription was served.
type place struct{ epoch, at uint64 }

func (s *served) sees(l *log, offset uint64) bool { return s.only == "" || l.from[offset-1] == s.only }

// Topics, and who publishes to them.
var (
	topics = []string{"app:forum/party", "app:alice/home/news"}
	people = []string{"app:alice/home", "app:bob/home"}
)

func newWorld(t fataler, seed uint64) *world {
	w := &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 85)), now: 1_000_000, client: follow.New(seed),
		logs: make([]*log, len(topics)), leads: map[uint32]*follow.Reader{}, states: map[uint32]follow.State{}, past: map[string]*log{}, events: map[string]int{},
	}
	return w
}

// step does one thing at random.
func (w *world) step() {
	w.now += int64(w.rnd.ExpFloat64() * 50_000)
	switch k := w.rnd.IntN(100); {
	case k < 25:
		w.publish(w.rnd.IntN(len(topics)))
	case k < 26:
		w.recreate(w.rnd.IntN(len(topics)))
	case k < 29 && w.online:
		w.cut()
	case k < 38 && !w.online:
		w.connect()
	case k < 42:
		w.join()
	case k < 44:
		w.quit()
	case k < 47:
		w.client.Tick(w.now)
		w.drain()
	case k < 55:
		w.serve()
	case k < 70:
		w.pass()
	case k < 72:
		w.forget()
	default:
		w.deliver()
	}
}

func (w *world) publish(i int) {
	if w.logs[i] == nil {
		w.epochs++
		w.logs[i] = &log{name: topics[i], epoch: w.epochs, before: w.past[topics[i]]}
	}
	l := w.logs[i]
	l.from = append(l.from, people[w.rnd.IntN(2)])
	for _, s := range w.subs {
		if s.log == nil && s.name == l.name { // it exists now
			w.begin(s, s.epoch, s.at)
		}
	}
}

// recreate destroys a topic. What is published next makes it anew.
func (w *world) recreate(i int) {
	w.past[topics[i]] = nil
	if w.rnd.IntN(2) == 0 {
		w.past[topics[i]] = w.logs[i]
	}
	w.logs[i] = nil
	for _, s := range w.subs {
		if s.name == topics[i] {
			s.log = nil
		}
	}
	w.events["recreated"]++
}

// forget drops some of the server's history. Slow readers who still need it lose it.
func (w *world) forget() {
	l := w.logs[w.rnd.IntN(len(topics))]
	if l == nil {
		return
	}
	l.oldest += w.rnd.Uint64N(l.newest() - l.oldest + 1)
	for _, s := range w.subs {
		if s.log == l && s.at < l.oldest {
			w.begin(s, l.epoch, s.at)
		}
	}
}

func (w *world) send(frame []byte) { w.down = append(w.down, frame) }

func (w *world) cut() {
	w.online, w.up, w.down, w.subs = false, nil, nil, nil
	w.client.Disconnected(w.now)
	w.drain()
}

func (w *world) connect() {
	w.online = true
	w.client.Connected(w.now)
	w.drain()
}

// serve handles a frame of the client.
func (w *world) serve() {
	if len(w.up) == 0 {
		return
	}
	frame := w.up[0]
	w.up = w.up[1:]
	if wire.Kind(frame) == wire.KindTopicClose {
		f, err := wire.ParseTopicClose(frame)
		if err != nil || w.take(f.Sub) == nil && !w.lossy { // it may have crossed a refusal
			w.t.Fatalf("%v closed, %v", f, err)
		}
		return
	}
	f, err := wire.ParseTopicOpen(frame)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, s := range w.subs {
		if s.name == f.Topic && s.only == f.CA {
			w.t.Fatalf("%+v is open already", f)
		}
	}
	if w.lossy && !w.quiet && w.rnd.IntN(8) == 0 {
		w.send(wire.TopicEnd{Sub: f.Sub, Err: *wire.Retry(wire.Unavailable, "Not now.", 100)}.Append(nil))
		w.events["refused"]++
		return
	}
	w.ids++
	s := &served{sub: f.Sub, id: w.ids, name: f.Topic, only: f.CA} // a filter lets through what its CA has published itself
	w.subs = append(w.subs, s)
	w.begin(s, f.Epoch, f.Offset)
}

func (w *world) take(sub uint32) *served {
	for i, s := range w.subs {
		if s.sub == sub {
			w.subs = append(w.subs[:i], w.subs[i+1:]...)
			return s
		}
	}
	return nil
}

func (w *world) logOf(name string) *log {
	for i, l := range w.logs {
		if topics[i] == name {
			return l
		}
	}
	return nil
}

// begin answers from a position, or tells of what was lost behind it.
func (w *world) begin(s *served, epoch, offset uint64) {
	l := w.logOf(s.name)
	f := wire.TopicOpened{Sub: s.sub, ID: s.id}
	s.place = place{epoch, offset}
	if s.log = l; l != nil {
		f.Epoch, f.Offset = l.epoch, l.newest()
		switch {
		case epoch == 0 && s.waits:
			f.Offset = 0 // it has waited for this
		case epoch == l.epoch && offset >= l.oldest:
			f.Offset = offset - w.rnd.Uint64N(min(offset-l.oldest, 3)+1) // a little too much
		case epoch == l.epoch:
			f.Offset, f.Gap, f.Missed = l.oldest, true, s.count(l, offset, l.oldest)
			if w.rnd.IntN(3) == 0 {
				f.Missed = 0
			}
		case epoch != 0 && l.before != nil && epoch == l.before.epoch:
			f.Missed = s.count(l.before, offset, l.before.newest()) + s.count(l, 0, l.oldest)
			f.Offset, f.Gap = l.oldest, f.Missed > 0
		case epoch != 0:
			f.Offset, f.Gap = l.oldest, true
		}
		s.place, s.waits = place{l.epoch, f.Offset}, false
	} else {
		s.waits = true
	}
	w.send(f.Append(nil))
}

// count is how many messages a subscription would have seen of after < offset ≤ upto.
func (s *served) count(l *log, after, upto uint64) (n uint64) {
	for o := after + 1; o <= upto; o++ {
		if s.sees(l, o) {
			n++
		}
	}
	return n
}

// pass sends a subscription some of what it lacks, and perhaps some of what it has.
func (w *world) pass() {
	for _, s := range w.subs {
		l := s.log
		if l == nil || s.at == l.newest() || w.rnd.IntN(2) == 0 {
			continue
		}
		after := s.at - w.rnd.Uint64N(min(s.at-min(l.oldest, s.at), 2)+1)
		s.at += 1 + w.rnd.Uint64N(l.newest()-s.at)
		if w.lossy && !w.quiet && w.rnd.IntN(12) == 0 {
			w.events["lost"]++
			continue
		}
		frame := wire.AppendTopicMessages(nil, s.id, l.epoch, after, s.at, int(s.count(l, after, s.at)))
		for o := after + 1; o <= s.at; o++ {
			if s.sees(l, o) {
				m := wire.TopicMessage{Offset: o, At: int64(o), From: l.from[o-1], Value: cbor.AppendText(nil, fmt.Sprint(l.epoch, o))}
				frame = m.Append(frame)
			}
		}
		w.send(frame)
		return
	}
}

// deliver hands the client a frame.
func (w *world) deliver() {
	if len(w.down) == 0 {
		return
	}
	frame := w.down[0]
	w.down = w.down[1:]
	if err := w.client.Received(w.now, frame); err != nil {
		w.t.Fatalf("%x: %v", frame, err)
	}
	w.drain()
	clear(frame) // whoever kept a part of it is found out
}

func (w *world) drain() {
	for e, ok := w.client.Next(); ok; e, ok = w.client.Next() {
		switch e.Kind {
		case follow.Send:
			if w.online {
				w.up = append(w.up, e.Data)
			}
		case follow.Turned:
			if w.states[e.Sub] = e.State; e.State == follow.Live || e.State == follow.Ended {
				w.t.Fatalf("turned %v", e.State)
			}
			w.events[e.State.String()]++
		case follow.Opened:
			w.states[e.Sub] = follow.Live
			w.leads[e.Sub].Opened(e)
			w.each(e.Sub, func(r *reader) { r.opened(e) })
		case follow.Messages:
			if w.states[e.Sub] != follow.Live {
				w.t.Fatalf("messages while %v", w.states[e.Sub])
			}
			w.leads[e.Sub].Pass(e)
			w.each(e.Sub, func(r *reader) { r.read(e) })
		}
	}
}

func (w *world) each(sub uint32, f func(*reader)) {
	for _, r := range w.readers {
		if r.sub == sub {
			f(r)
		}
	}
}

// settle lets everything come that has been published.
func (w *world) settle() {
	if !w.online {
		w.connect()
	}
	w.quiet = true
	for i := range topics {
		w.publish(i) // so that what was lost is noticed
	}
	for range 2000 {
		w.now += 20_000
		w.client.Tick(w.now)
		w.drain()
		w.serve()
		w.pass()
		w.deliver()
	}
	for _, r := range w.readers {
		r.settled()
	}
}

func TestPUB3_ReadersGetEachMessageOnceInOrderOrHearOfTheGap(t *testing.T) {
	total := map[string]int{}
	for seed := range uint64(80) {
		w := newWorld(t, seed)
		w.lossy = seed%2 == 1
		for range 2000 {
			w.step()
		}
		w.settle()
		for what, n := range w.events {
			total[what] += n
		}
	}
	t.Log(total)
	for _, what := range []string{"read", "gap", "counted gap", "stale", "lost", "refused", "recreated", "lost nothing in a new epoch", "counted gap in a new epoch", "older position", "born"} {
		if total[what] < 10 {
			t.Errorf("%s came about %d times", what, total[what])
		}
	}
}

func TestPUB3_ReadersRandomly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(t, "seed"))
		w.lossy = rapid.Bool().Draw(t, "lossy")
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			w.step()
		}
		w.settle()
	})
}
