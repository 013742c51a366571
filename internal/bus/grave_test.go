package bus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func mortalWorld(t *testing.T) *world {
	w := newWorld(t)
	w.Class.Methods["End"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		tx.Destroy()
		return cbor.AppendText(nil, fmt.Sprint("ended at ", s.N)), nil
	}
	return w
}

func (w *world) alive() bool {
	for _, key := range w.Memory.Keys("app:alice/home") {
		if key == "hA" {
			return true
		}
	}
	return false
}

// TestCA3_ReceiptsOutliveTheirCA: whatever names a request, its repetition finds what became of it, though the CA is gone, or another one has its name.
func TestCA3_ReceiptsOutliveTheirCA(t *testing.T) {
	for name, key := range map[string]bus.Key{
		"IdempotencyKey": {Text: "the end"},
		"Session":        {Run: run, ID: 2, Retry: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := mortalWorld(t)
			again := func() string { return show(w.Must(w.Await(w.keyed("End", key)))) }
			w.must("alice", "alice/home", "Add")
			w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 1})))
			if got := again(); got != "ended at 2" {
				t.Fatal(got)
			}
			w.Until("its end", func() bool { return !w.alive() })
			if got := again(); got != "ended at 2" || w.alive() {
				t.Error("it has to be gone for good:", got)
			}
			w.Restart()
			if got := again(); got != "ended at 2" || w.alive() {
				t.Error("after a restart:", got)
			}
			if got := show(w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 1, Retry: true})))); got != "2" || w.alive() {
				t.Error("what came before the end:", got)
			}
			if got := w.must("alice", "alice/home", "Add"); got != "1" {
				t.Error("another CA of the name:", got)
			}
			if got := again(); got != "ended at 2" || !w.alive() {
				t.Error("the new one is not meant:", got)
			}
			w.want("", w.do("alice", "alice/home", "End"))
			w.Until("its end", func() bool { return !w.alive() })
			if got := again(); got != "ended at 2" {
				t.Error("the second one's grave:", got)
			}
		})
	}
}

// TestCA3_OthersHearAgainOfTheEnd: a caller who was let in by a rule that went with the CA, and one who was not.
func TestCA3_OthersHearAgainOfTheEnd(t *testing.T) {
	w := mortalWorld(t)
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "End")
	end := func(owner, key string) <-chan actortest.Reply {
		return w.request(bus.Request{Caller: bus.Caller{Owner: owner}, To: target("alice/home"), Method: "End", Args: args(), Key: bus.Key{Text: key}})
	}
	release := w.Store.Hold()
	first, second := end("bob", "the end"), end("bob", "the end")
	release()
	for _, c := range []<-chan actortest.Reply{first, second, end("bob", "the end")} {
		if got := show(w.Must(w.Await(c))); got != "ended at 0" {
			t.Error(got)
		}
	}
	w.want(wire.NotFound, w.Await(end("bob", "another")))
	w.want(wire.NotFound, w.Await(end("carol", "the end")))
	w.want(wire.Conflict, w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "Add", Args: args(), Key: bus.Key{Text: "the end"}})))
	if w.alive() {
		t.Error("made anew by others")
	}
}

// TestCA4_GravesGo: after nine days nothing is left of a CA and its receipts, and nothing was woken before.
func TestCA4_GravesGo(t *testing.T) {
	w := mortalWorld(t)
	w.must("alice", "alice/home", "Add")
	w.Must(w.Await(w.keyed("End", bus.Key{Text: "the end"})))
	w.Until("its end", func() bool { return w.Runtime.Active() == 0 })
	w.Clock.Advance(time.Minute) // what the living one had planned
	w.Until("quiet", func() bool { return w.Runtime.Active() == 0 })
	loads := w.Store.Loads.Load()
	w.Clock.Advance(7 * 24 * time.Hour)
	if n := w.Store.Loads.Load() - loads; n != 0 || len(w.Memory.CAs()) != 1 {
		t.Error(n, "loads", w.Memory.CAs())
	}
	w.Clock.Advance(2 * 24 * time.Hour)
	w.Until("nothing to be left", func() bool { return len(w.Memory.CAs()) == 0 && w.Runtime.Active() == 0 })
	if got := show(w.Must(w.Await(w.keyed("End", bus.Key{Text: "the end"})))); got != "ended at 0" {
		t.Error("a new one:", got)
	}
}

// TestCA4_WhatLeavesNoReceiptLeavesNoGrave: requests without a key.
func TestCA4_WhatLeavesNoReceiptLeavesNoGrave(t *testing.T) {
	w := mortalWorld(t)
	w.must("alice", "alice/home", "Add")
	w.must("alice", "alice/home", "End")
	w.Until("nothing to be left", func() bool { return len(w.Memory.CAs()) == 0 && w.Runtime.Active() == 0 })
}

// TestReceipts_OfAPassiveCAAreSweptOnce: it is woken once, days later, not every day.
func TestReceipts_OfAPassiveCAAreSweptOnce(t *testing.T) {
	w := mortalWorld(t)
	for i := range 10 {
		w.Must(w.Await(w.keyed("Add", bus.Key{Text: fmt.Sprint("key", i)})))
	}
	w.Until("it to be passive", func() bool { w.Clock.Advance(time.Minute); return w.Runtime.Active() == 0 })
	loads := w.Store.Loads.Load()
	w.Clock.Advance(9 * 24 * time.Hour)
	w.Until("the sweep", func() bool { w.Clock.Advance(time.Minute); return w.receiptKeys() == 0 && w.Runtime.Active() == 0 })
	w.Clock.Advance(30 * 24 * time.Hour)
	if n := w.Store.Loads.Load() - loads; n > 2 { // a visit, and a scan
		t.Error(n, "loads")
	}
	if got := w.must("alice", "alice/home", "Get"); got != "10" {
		t.Error(got)
	}
}
