package actor_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

// stateOf is a CA's state as it is stored: nobody loads it.
func stateOf(w *actortest.World, ca string) (s state) {
	if value, _ := w.Memory.Get("app:"+ca, []byte("hB")); value != nil {
		_ = w.Class.Decode(value, &s)
	}
	return s
}

// TestCA3_WhatLiesInAnOutboxAtACrashGoesOutAtTheStart, though nobody asks for its CA and its retry is not due: a message, and the answer to one that had arrived.
func TestCA3_WhatLiesInAnOutboxAtACrashGoesOutAtTheStart(t *testing.T) {
	for _, lost := range []actor.Kind{actor.Send, actor.Answer} {
		t.Run(lost.String(), func(t *testing.T) {
			m := counter()
			m["ask"], m["hear"] = post("app:bob/home", "add", "hear"), hear
			w := actortest.NewWorld(t, m)
			dead := make(chan struct{}, 1)
			w.Options.Route = func(m *actor.Message) {
				if m.Kind == lost {
					dead <- struct{}{} // it never arrives
				} else {
					w.Runtime.Deliver(m)
				}
			}
			w.Boot()
			w.Must(w.Call("bob/home", "get", nil))
			w.Must(w.Call("alice/home", "ask", nil))
			<-dead
			w.Until("quiet", w.Runtime.Quiet)
			w.Runtime.Close()
			w.Options.Route = nil
			w.Clock.Advance(time.Second)
			w.Boot() // and the clock stands
			w.Until("the answer to be heard", func() bool { return fmt.Sprint(stateOf(w, "alice/home").Log) == "[answer of add ]" })
			if n := stateOf(w, "bob/home").N; n != 1 {
				t.Errorf("%d additions of one", n)
			}
		})
	}
}

// TestCA3_AStartLoadsWhoHasMessagesUnderWayAndNobodyElse: neither idle CAs, nor those whose timers ring in half a minute or in a day.
func TestCA3_AStartLoadsWhoHasMessagesUnderWayAndNobodyElse(t *testing.T) {
	w := timerWorld(t)
	w.Class.Methods["soon"], w.Class.Methods["tomorrow"] = set(30*second, 0, "ring"), set(24*3600*second, 0, "ring")
	w.Class.Methods["tell"] = post("app:bob/home", "add", "")
	deaf := true
	w.Options.Gate = &actortest.Gate{OnArrive: func(m *actor.Message) *wire.Error {
		if deaf && m.Kind == actor.Send {
			return wire.Retry(wire.Unavailable, "not now", 20_000)
		}
		return nil
	}}
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	for i := range 300 {
		w.Must(w.Call(fmt.Sprint("carol/ca", i), []string{"add", "soon", "tomorrow"}[i%3], nil))
	}
	w.Must(w.Call("alice/home", "once", nil)) // rings after 90 s
	w.Must(w.Call("alice/home", "tell", nil))
	w.Until("quiet", w.Runtime.Quiet)
	w.Runtime.Close()
	deaf = false
	loads := w.Store.Loads.Load()
	w.Boot()
	w.Until("the message to arrive", func() bool { return stateOf(w, "bob/home").N == 1 })
	w.Until("quiet", w.Runtime.Quiet)
	if n := w.Store.Loads.Load() - loads; n != 2 {
		t.Errorf("%d CAs were loaded for one message", n)
	}
	w.Clock.Advance(time.Second)
	w.Until("the message to be settled", func() bool { return outboxOf(w, "alice/home") == 0 && w.Runtime.Quiet() })
	w.Runtime.Close()
	loads = w.Store.Loads.Load()
	w.Boot()
	w.Clock.Advance(time.Second)
	w.Until("quiet", w.Runtime.Quiet)
	if n := w.Store.Loads.Load() - loads; n != 0 {
		t.Errorf("%d CAs were loaded for nothing", n)
	}
	w.Clock.Advance(88 * time.Second)
	wantLog(t, w, "[90]")
}

// TestCA7_TimersOfACAWithMessagesUnderWayRing at their times, near and far, though the index tells of the start only; also once the message is settled.
func TestCA7_TimersOfACAWithMessagesUnderWayRing(t *testing.T) {
	w := timerWorld(t)
	w.Class.Methods["later"] = set(2*3600*second, 0, "ring")
	w.Class.Methods["tell"] = post("app:bob/home", "add", "")
	var hears atomic.Bool
	w.Options.Gate = &actortest.Gate{OnArrive: func(m *actor.Message) *wire.Error {
		if !hears.Load() && m.Kind == actor.Send {
			return wire.Retry(wire.Unavailable, "not now", 20_000)
		}
		return nil
	}}
	w.Options.IdleAfter = time.Second
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	w.Must(w.Call("alice/home", "tell", nil))
	w.Must(w.Call("alice/home", "once", nil))
	w.Must(w.Call("alice/home", "later", nil))
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(10 * time.Second)
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(80 * time.Second)
	wantLog(t, w, "[90]")
	hears.Store(true)
	w.Until("the message to be settled", func() bool {
		if w.Runtime.Quiet() {
			w.Clock.Advance(time.Second)
		}
		return outboxOf(w, "alice/home") == 0
	})
	w.Until("all to leave memory", func() bool {
		if w.Runtime.Quiet() {
			w.Clock.Advance(time.Second)
		}
		return w.Runtime.Active() == 0
	})
	w.Clock.Set(actortest.Start.Add(2*time.Hour - time.Second))
	wantLog(t, w, "[90]")
	w.Clock.Advance(time.Second)
	wantLog(t, w, "[90 7200]")
}
