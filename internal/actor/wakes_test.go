package actor_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// TestCA7_WhatStaysDueHidesNothing: the due entries of an app that is not installed, more than are read at a time, are read once and hold nobody up.
func TestCA7_WhatStaysDueHidesNothing(t *testing.T) {
	const others = 25_000
	w := timerWorld(t).Boot()
	w.Must(w.Call("alice/home", "once", nil))
	w.Runtime.Close()
	writes := make([]store.Write, others)
	for i := range writes {
		writes[i] = store.Write{CA: fmt.Sprintf("gone:alice/ca%d", i), Due: 1 + int64(i)}
	}
	w.Memory.Commit(writes)
	w.Clock.Advance(time.Hour)
	w.Boot()
	wantLog(t, w, "[3600]")
	if n := w.Store.Dues.Load(); n != others+1 {
		t.Errorf("%d entries were read", n)
	}
	w.Clock.Advance(time.Hour)
	if n := w.Store.Dues.Load(); n > others+1+100 {
		t.Errorf("%d entries were read by and by", n)
	}
}

// TestCA7_TimerWhoseCommitIsSlowRings: the index is read while a timer's commit is on its way.
func TestCA7_TimerWhoseCommitIsSlowRings(t *testing.T) {
	w := timerWorld(t)
	w.Options.IdleAfter = time.Second
	w.Boot()
	w.Must(w.Call("alice/home", "get", nil))
	release := hold(w)
	reply := w.Send("alice", "alice/home", "once", nil)
	w.Until("the commit to be on its way", func() bool { return joined(w, "alice/home") == 1 })
	w.Clock.Advance(70 * time.Second)
	release()
	w.Must(w.Await(reply))
	w.Clock.Advance(20 * time.Second)
	wantLog(t, w, "[90]")
}

// TestCA7_TimerMovedFromAfar: a timer far ahead goes, a near one comes after its time.
func TestCA7_TimerMovedFromAfar(t *testing.T) {
	w := timerWorld(t).Boot()
	id := w.Must(w.Call("alice/home", "once", nil))
	w.Call("alice/home", "cancel", id)
	for range 20 { // it stays in memory
		w.Clock.Advance(10 * time.Second)
		w.Must(w.Call("alice/home", "get", nil))
	}
	w.Must(w.Call("alice/home", "once", nil))
	w.Clock.Advance(90 * time.Second)
	wantLog(t, w, "[290]")
}

// TestCA7_TimersRingWhenTheClockIsPutBack: what was read of the index before, and what is set then.
func TestCA7_TimersRingWhenTheClockIsPutBack(t *testing.T) {
	w := timerWorld(t)
	w.Options.IdleAfter = time.Second
	w.Boot()
	w.Clock.Advance(time.Hour)
	w.Clock.Advance(-30 * time.Minute)
	w.Must(w.Call("alice/home", "once", nil))
	w.Clock.Advance(90 * time.Second)
	wantLog(t, w, "[1890]")
}

// TestCA7_TimerOfARefusedActivationRings: the commit that should have rung it is refused.
func TestCA7_TimerOfARefusedActivationRings(t *testing.T) {
	w := timerWorld(t).Boot()
	w.Must(w.Call("alice/home", "once", nil))
	refused := false
	w.Store.Before = func([]store.Write) error {
		if !refused {
			refused = true
			return store.ErrConflict
		}
		return nil
	}
	w.Clock.Advance(90 * time.Second)
	w.Until("the refusal", func() bool { return w.Log.Has("commit refused") })
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(time.Second)
	w.Until("it to ring", func() bool { return len(w.Memory.Keys("app:alice/home")) == 2 })
}

// TestCA8_WhatCannotBeLoadedIsTriedAgain: its timers ring once it loads again, and it is not tried all the time.
func TestCA8_WhatCannotBeLoadedIsTriedAgain(t *testing.T) {
	w := timerWorld(t)
	w.Options.IdleAfter = time.Second
	w.Boot()
	w.Must(w.Call("alice/home", "once", nil))
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(10 * time.Second) // its ledger is written
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(2 * time.Second)
	w.Until("it to leave memory", func() bool { return w.Runtime.Active() == 0 })
	broken := true
	w.Class.BadState = func([]byte) error {
		if broken {
			return errors.New("of the future")
		}
		return nil
	}
	loads := w.Store.Loads.Load()
	w.Clock.Advance(83 * time.Second)
	w.Until("a failing load", func() bool { return w.Store.Loads.Load() == loads+1 && w.Runtime.Active() == 0 })
	w.Clock.Advance(9 * time.Minute)
	w.Until("quiet", w.Runtime.Quiet)
	broken = false
	w.Clock.Advance(2 * time.Minute)
	w.Until("the timer to ring", func() bool { return len(w.Memory.Keys("app:alice/home")) == 2 })
	if got := w.Store.Loads.Load() - loads; got != 2 {
		t.Error(got, "loads")
	}
}

// watchful is a feature whose parts want to be looked at when the server starts, and ring. Its fields are of the one CA.
type watchful struct {
	watching bool
	tended   atomic.Int64
	ring     []string // methods to run
	settled  []string
}

func (f *watchful) Letter() byte                    { return 'W' }
func (f *watchful) NewPart(ca *actor.CA) actor.Part { return &watchfulPart{f: f, ca: ca} }

type watchfulPart struct {
	f  *watchful
	ca *actor.CA
	on bool
}

func (p *watchfulPart) Begin()                     {}
func (p *watchfulPart) Rollback()                  {}
func (p *watchfulPart) Load(_, value []byte) error { p.on = string(value) == "on"; return nil }
func (p *watchfulPart) AtStart() bool              { return p.on }
func (p *watchfulPart) Tend(int64)                 { p.f.tended.Add(1) }
func (p *watchfulPart) Encode(c *actor.Commit) {
	if p.on == p.f.watching {
		return
	}
	p.on = p.f.watching
	if p.on {
		c.Put(actor.HotKey('W'), []byte("on"))
	} else {
		c.Delete(actor.HotKey('W'))
	}
}

func (p *watchfulPart) Next(int64) *actor.Message {
	if len(p.f.ring) == 0 {
		return nil
	}
	return &actor.Message{Kind: actor.Changed, Method: p.f.ring[0], Args: arg("ring"), Ext: "x"}
}

func (p *watchfulPart) Settled(m *actor.Message, err *wire.Error) {
	outcome := "ok"
	if err != nil {
		outcome = string(err.Code)
	}
	p.f.settled = append(p.f.settled, m.Method+" "+outcome)
	p.f.ring = p.f.ring[1:]
}

func watchfulWorld(t *testing.T) (*actortest.World, *watchful) {
	f := &watchful{}
	w := timerWorld(t)
	w.Options.Features = []actor.Feature{f}
	w.Options.IdleAfter = time.Second
	use := func(on bool) actortest.Method {
		return func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
			tx.Use(f, func(actor.Part) { f.watching = on })
			return nil, nil
		}
	}
	w.Class.Methods["watch"], w.Class.Methods["unwatch"] = use(true), use(false)
	w.Class.Methods["later"] = set(2*3600*second, 0, "ring")
	return w, f
}

// TestCA7_StarterIsTendedOnceAStart: and its timers ring at their own times, however far they are.
func TestCA7_StarterIsTendedOnceAStart(t *testing.T) {
	w, f := watchfulWorld(t)
	w.Boot()
	w.Must(w.Call("alice/home", "watch", nil))
	w.Must(w.Call("alice/home", "once", nil))
	w.Must(w.Call("alice/home", "later", nil))
	for start := range 2 {
		w.Until("quiet", w.Runtime.Quiet)
		f.tended.Store(0)
		w.Restart()
		w.Until("it to be tended", func() bool { return f.tended.Load() == 1 && w.Runtime.Quiet() })
		w.Clock.Advance(40 * time.Second)
		if n := w.Runtime.Active(); n != 0 || f.tended.Load() != 1 {
			t.Errorf("start %d: %d active, tended %d times", start, n, f.tended.Load())
		}
	}
	w.Clock.Advance(10 * time.Second)
	wantLog(t, w, "[90]")
	w.Clock.Advance(7110 * time.Second)
	wantLog(t, w, "[90 7200]")
	before := f.tended.Load()
	w.Clock.Advance(5 * time.Hour)
	if f.tended.Load() != before {
		t.Error("tended again", f.tended.Load()-before)
	}
	w.Must(w.Call("alice/home", "unwatch", nil))
	w.Until("it to be passive", func() bool { w.Clock.Advance(time.Second); return w.Runtime.Active() == 0 })
	f.tended.Store(0)
	w.Restart()
	w.Clock.Advance(time.Hour)
	if f.tended.Load() != 0 {
		t.Error("tended though it watches nothing")
	}
}

// TestCA1_APartsMessagesAreTransactions: they succeed or are taken back, their part hears of it, and they alternate with timers and requests.
func TestCA1_APartsMessagesAreTransactions(t *testing.T) {
	w, f := watchfulWorld(t)
	w.Class.Methods["note"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		if m.Kind != actor.Changed || m.From != tx.Self() || m.Ext != "x" || text(m.Args) != "ring" {
			return nil, errors.New("not what the part gave")
		}
		s.N++
		return nil, nil
	}
	w.Class.Methods["panic"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { panic("no") }
	w.Boot()
	w.Must(w.Call("alice/home", "watch", nil))
	w.Must(w.Call("alice/home", "often", nil))
	f.ring = []string{"note", "fail", "nosuch", "panic", "note"}
	w.Clock.Advance(10 * time.Second)
	wantLog(t, w, "[10]")
	if got := fmt.Sprint(f.settled); got != "[note ok fail failed nosuch bad_request panic failed note ok]" {
		t.Error(got)
	}
	if n := number(w.Call("alice/home", "get", nil)); n != 2 {
		t.Error(n)
	}
}
