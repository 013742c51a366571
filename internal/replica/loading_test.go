package replica_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// brake is a feature that holds up what comes after a commit.
type brake struct{ first func() }

func (*brake) Letter() byte                   { return 'Q' }
func (b *brake) NewPart(*actor.CA) actor.Part { return &brakePart{of: b} }

type brakePart struct {
	of  *brake
	set bool
}

func (p *brakePart) Begin()  { p.set = false }
func (*brakePart) Rollback() {}
func (p *brakePart) Encode(c *actor.Commit) {
	if p.set {
		c.First(p.of.first)
	}
}

// A commit may be durable, and be read from the store, before the one before it has been shown.
func TestMAP4_AReaderThatLoadsBetweenTwoCommitsIsNotTakenBack(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 0)
	w.down()
	var seen atomic.Uint64
	shown, goOn := make(chan struct{}, 10), make(chan struct{}, 10)
	b := &brake{first: func() {
		shown <- struct{}{}
		<-goOn
		if v := w.version("app:alice/home/m"); v < seen.Load() {
			t.Errorf("version %d after %d", v, seen.Load())
		}
	}}
	handled := make(chan struct{}, 10)
	w.Class.Methods["Slow"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		defer func() { handled <- struct{}{} }()
		tx.Use(b, func(p actor.Part) { p.(*brakePart).set = true })
		return w.set(tx, s, m)
	}
	w.first, w.idleAfter = []actor.Feature{b}, time.Millisecond
	w.up()
	defer close(goOn)
	release := w.Store.Hold()
	defer release()
	one := w.Send("alice", "alice/home", "Slow", args("m", "n", 1))
	<-handled
	two := w.Send("alice", "alice/home", "Slow", args("m", "n", 2))
	<-handled
	joined := make(chan struct{})
	w.block <- func() { close(joined) }
	w.Send("alice", "alice/home", "Busy", args())
	<-joined                     // the turn of another one: the second goes into the next commit
	w.Clock.Advance(w.idleAfter) // what nobody uses is dropped
	w.Clock.Advance(w.idleAfter)
	release()
	<-shown // the first is durable, and not shown
	w.Until("both to be durable", func() bool { return stored(w, "m") == 3 })
	seen.Store(w.version("app:alice/home/m"))
	goOn <- struct{}{}
	goOn <- struct{}{}
	w.Must(w.Await(one))
	w.Must(w.Await(two))
	if v := w.version("app:alice/home/m"); v != 3 {
		t.Errorf("version %d at last", v)
	}
}

// stored is the version of a map of alice's in the store.
func stored(w *world, label string) uint64 {
	v, _ := w.Store.Get("app:alice/home", []byte("M"+label+"\x01"))
	r := cbor.NewReader(v)
	r.Array()
	r.Uint()
	return r.Uint()
}

func TestMAP4_AMapThatEndsWhileItIsLoadedHasEnded(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.down()
	read, goOn := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	w.loads = func(_ string, done bool) error {
		if done && once.CompareAndSwap(false, true) {
			close(read)
			<-goOn
		}
		return nil
	}
	w.up()
	loaded := make(chan uint64)
	go func() { loaded <- w.version("app:alice/home/m") }()
	<-read
	w.must("alice/home", "End")
	close(goOn)
	<-loaded
	if v := w.version("app:alice/home/m"); v != 0 {
		t.Errorf("a destroyed map is at version %d", v)
	}
}

// Another process has written in between: its commit wins, ours shows nowhere, and what is next goes on from the store.
func TestCA5_ARefusedCommitShowsNothingAndTheNextOneGoesOnFromTheStore(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Set", "o", "n", 1)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	p.open("app:alice/home/o")
	p.holds("app:alice/home/m")
	other := &world{World: actortest.NewWorld(t, nil)}
	other.Store, other.Memory = w.Store, w.Memory
	other.methods()
	other.up()
	t.Cleanup(other.down)
	other.must("alice/home", "Set", "m", "x", 2)
	other.must("alice/home", "Set", "m", "x", 3)
	other.must("alice/home", "Set", "new", "x", 3)
	if r := w.do("alice/home", "Set", "m", "lost", 9); r.Err == nil {
		t.Fatal("a commit of a stale writer went through")
	}
	w.must("alice/home", "Set", "m", "n", 4)
	w.must("alice/home", "Set", "o", "n", 4)
	for _, full := range []string{"app:alice/home/m", "app:alice/home/o"} {
		p.holds(full)
	}
	m, _ := w.hub.Newest(actortest.Name("app:alice/home/m"))
	if _, lost := m.Get("lost"); lost || m.Version() != 4 || m.Len() != 2 {
		t.Errorf("version %d with %d entries", m.Version(), m.Len())
	}
	if v := w.version("app:alice/home/new"); v != 1 {
		t.Errorf("what the other one has made is at version %d", v)
	}
	w.crash()
	again, _ := w.hub.Newest(actortest.Name("app:alice/home/m"))
	if again.Version() != m.Version() || again.Len() != m.Len() || again.Epoch() != m.Epoch() {
		t.Errorf("after a restart version %d with %d entries", again.Version(), again.Len())
	}
}

func TestMAP9_AStoreThatFailsIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Allow", "anyone", "m")
	w.down()
	var broken atomic.Bool
	broken.Store(true)
	w.loads = func(string, bool) error {
		if broken.Load() {
			return errors.New("so it was told")
		}
		return nil
	}
	w.up()
	p := w.peer("bob").connect()
	sub := p.open("app:alice/home/m")
	if r := w.do("bob/home", "Look", "app:alice/home/m"); r.Code() != wire.Unavailable {
		t.Errorf("a map that can't be read: %v", r.Err)
	}
	if r := w.do("alice/home", "Set", "m", "n", 2); r.Err == nil {
		t.Error("a map that can't be read was changed")
	}
	w.Until("bob to be told", func() bool { p.mu.Lock(); defer p.mu.Unlock(); _, err := p.mirrors.State(sub); return err != nil })
	broken.Store(false)
	w.must("alice/home", "Set", "m", "n", 3)
	w.must("bob/home", "Look", "app:alice/home/m")
	p.cut()
	p.connect()
	p.holds("app:alice/home/m")
}

// Failing messages between others that join one commit take back to what is not durable yet.
func TestCA1_JoinedCommitsWithFailuresBetween(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 0)
	release := w.Store.Hold()
	var all []<-chan actortest.Reply
	for i := range 20 {
		method := "Set"
		if i%3 == 1 {
			method = "Fail"
		}
		all = append(all, w.Send("alice", "alice/home", method, args("m", fmt.Sprint("k", i), i)))
	}
	release()
	for i, c := range all {
		if r := w.Await(c); (r.Err != nil) != (i%3 == 1) {
			t.Errorf("message %d: %v", i, r.Err)
		}
	}
	m, _ := w.hub.Newest(actortest.Name("app:alice/home/m"))
	if m.Version() != 1+13 || m.Len() != 14 {
		t.Errorf("version %d with %d entries", m.Version(), m.Len())
	}
	before := stateOf(m)
	w.crash()
	if m, _ = w.hub.Newest(actortest.Name("app:alice/home/m")); stateOf(m) != before {
		t.Errorf("a restart shows %s, not %s", stateOf(m), before)
	}
}
