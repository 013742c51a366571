package actor_test

import (
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/store"
)

// TestCA3_AnswersAreNotTakenForANamesakes: a CA asks, is destroyed, and another one of its name asks the same CA something else before the first answer comes.
func TestCA3_AnswersAreNotTakenForANamesakes(t *testing.T) {
	m := counter()
	m["first"], m["second"] = post("app:bob/home", "get", "hear"), post("app:bob/home", "add", "hear")
	m["hear"], m["log"] = hear, showLog
	m["end"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) { tx.Destroy(); return nil, nil }
	w := actortest.NewWorld(t, m)
	held := make(chan *actor.Message, 2)
	w.Options.Route = func(m *actor.Message) {
		if m.Method == "get" {
			w.Runtime.Deliver(m)
		} else {
			held <- m
		}
	}
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	w.Must(w.Call("alice/home", "first", nil))
	late := <-held
	w.Until("quiet", w.Runtime.Quiet)
	w.Must(w.Call("alice/home", "end", nil))
	w.Until("its end", func() bool { return len(w.Memory.Keys("app:alice/home")) == 0 })
	w.Must(w.Call("alice/home", "second", nil))
	question := <-held
	w.Runtime.Deliver(late)
	w.Until("quiet", w.Runtime.Quiet)
	w.Runtime.Deliver(question)
	w.Runtime.Deliver(<-held)
	w.Until("the answer", func() bool { return (talk{}).log(w, "alice/home") == "[answer of add ]" })
}

// lateIndex is a store whose due index is read as empty.
type lateIndex struct{ store.Store }

func (lateIndex) DueBefore(int64, store.Due, int) ([]store.Due, error) { return nil, nil }

// TestCA3_WhatIsTooOldIsNotSentAgain: its receipt has expired meanwhile. A message of today to the same receiver must not take it along.
func TestCA3_WhatIsTooOldIsNotSentAgain(t *testing.T) {
	m := counter()
	m["tell"] = post("app:bob/home", "add", "")
	w := actortest.NewWorld(t, m)
	deaf := true
	w.Options.Route = func(m *actor.Message) {
		if deaf {
			m.Reply = nil
		}
		w.Runtime.Deliver(m)
	}
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	w.Must(w.Call("alice/home", "tell", nil))
	w.Until("it to arrive", func() bool { return inboxOf(w, "bob/home") == 1 })
	w.Runtime.Close()
	w.Clock.Advance(9 * 24 * time.Hour)
	deaf = false
	w.Store.Store = lateIndex{w.Memory}
	w.Boot()
	w.Must(w.Call("alice/home", "tell", nil))
	w.Until("both to be settled", func() bool {
		w.Clock.Advance(time.Second)
		return outboxOf(w, "alice/home") == 0
	})
	if n := number(w.Call("bob/home", "get", nil)); n != 2 {
		t.Errorf("%d additions of two", n)
	}
}

// backwards is a store that puts the clock back when it is first asked for a CA.
type backwards struct {
	store.Store
	clock *clock.Fake
	once  sync.Once
}

func (b *backwards) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	b.once.Do(func() { b.clock.Advance(-10 * time.Second) })
	return b.Store.Load(ca, prefix, visit)
}

// TestCA4_GravesGoThoughTheClockIsPutBack: one that is looked at too early is looked at again.
func TestCA4_GravesGoThoughTheClockIsPutBack(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	end := actortest.Start.Add(time.Hour).UnixMicro()
	w.Memory.Commit([]store.Write{{CA: "app:alice/home", Puts: []store.KV{{Key: []byte("hZ"), Value: cbor.AppendInt(nil, end)}}, Due: end}})
	w.Store.Store = &backwards{Store: w.Memory, clock: w.Clock}
	w.Boot()
	w.Clock.Advance(time.Hour)
	w.Until("it to be looked at", func() bool { return w.Store.Loads.Load() == 1 && w.Runtime.Active() == 0 })
	w.Clock.Advance(10 * time.Second)
	w.Until("nothing to be left", func() bool { return len(w.Memory.CAs()) == 0 })
}
