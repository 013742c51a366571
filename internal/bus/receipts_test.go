package bus_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"

	"github.com/wabgo/wab/internal/actor/actortest"
)

const run = "0123456789abcdef"

func (w *world) keyed(method string, k bus.Key, list ...string) <-chan actortest.Reply {
	return w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: method, Args: args(list...), Key: k})
}

// disturbances are what may happen between two tries of a request.
var disturbances = map[string]func(*world){
	"Nothing": func(*world) {},
	"Restart": func(w *world) { w.Restart() },
	"Crash":   func(w *world) { w.Runtime.Close(); w.Boot() },
	"Passivation": func(w *world) {
		w.Clock.Advance(5 * time.Minute)
		w.Until("quiet", w.Runtime.Quiet)
		w.Clock.Advance(5 * time.Minute)
	},
	"LostCommit": func(w *world) {
		w.Store.Before = func([]store.Write) error { return store.ErrConflict }
		w.want(wire.Unavailable, w.do("alice", "alice/home", "Add"))
		w.Store.Before = nil
	},
	"Others": func(w *world) {
		for i := range 70 {
			w.Must(w.Await(w.keyed("Add", bus.Key{Run: fmt.Sprint("other run of mine", i), ID: 1})))
		}
	},
}

func TestReceipts_RetriedRequestsRunOnce(t *testing.T) {
	for name, disturb := range disturbances {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must("alice", "alice/home", "Get")
			for id := uint64(1); id <= 5; id++ {
				k := bus.Key{Run: run, ID: id, Floor: id}
				first := w.Must(w.Await(w.keyed("Add", k)))
				text := w.Must(w.Await(w.keyed("Add", bus.Key{Text: fmt.Sprint("key", id)})))
				disturb(w)
				before := w.must("alice", "alice/home", "Get")
				k.Retry = true
				for range 2 {
					if again := w.Must(w.Await(w.keyed("Add", k))); string(again) != string(first) {
						t.Errorf("request %d again: %s, was %s", id, show(again), show(first))
					}
					if again := w.Must(w.Await(w.keyed("Add", bus.Key{Text: fmt.Sprint("key", id)}))); string(again) != string(text) {
						t.Errorf("key %d again: %s, was %s", id, show(again), show(text))
					}
				}
				if after := w.must("alice", "alice/home", "Get"); after != before {
					t.Errorf("a retry changed %s to %s", before, after)
				}
			}
		})
	}
}

func TestReceipts_KeyInFlightIsJoined(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Get")
	release := w.Store.Hold()
	k := bus.Key{Text: "key"}
	var all []<-chan actortest.Reply
	for range 5 {
		all = append(all, w.keyed("Add", k), w.keyed("Add", bus.Key{Run: run, ID: 1, Retry: true}))
	}
	release()
	for i, c := range all {
		if got := show(w.Must(w.Await(c))); got != fmt.Sprint(1+i%2) {
			t.Error(i, got)
		}
	}
}

func TestReceipts_KeyOfAnotherRequestIsConflict(t *testing.T) {
	w := newWorld(t)
	k := bus.Key{Text: "key"}
	w.Must(w.Await(w.keyed("Add", k)))
	w.want(wire.Conflict, w.Await(w.keyed("Get", k)))
	w.want(wire.Conflict, w.Await(w.keyed("Add", k, "x")))
	w.must("alice", "alice/home", "Allow", "allow", "anyone")
	bobs := w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "Add", Args: args("x"), Key: k})
	if got := show(w.Must(w.Await(bobs))); got != "2" {
		t.Error("keys belong to their callers:", got)
	}
}

func TestReceipts_FailedRequestsMayRunAgain(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	for _, k := range []bus.Key{{Text: "key"}, {Run: run, ID: 1, Retry: true}} {
		w.want(wire.Failed, w.Await(w.keyed("Fail", k)))
		w.want("", w.Await(w.keyed("Add", k)))
	}
	if n := w.must("alice", "alice/home", "Get"); n != "3" {
		t.Error(n)
	}
}

func TestReceipts_LongRepliesAreNotKeptAndNotRunAgain(t *testing.T) {
	w := newWorld(t)
	for _, k := range []bus.Key{{Text: "key"}, {Run: run, ID: 1, Retry: true}} {
		w.want("", w.Await(w.keyed("Long", k)))
		w.want(wire.TooLarge, w.Await(w.keyed("Long", k)))
	}
	if n := w.must("alice", "alice/home", "Get"); n != "2" {
		t.Error(n)
	}
}

func (w *world) receiptKeys() (n int) {
	for _, key := range w.Memory.Keys("app:alice/home") {
		if strings.HasPrefix(key, "rPk") || strings.HasPrefix(key, "rPi") {
			n++
		}
	}
	return n
}

func TestReceipts_OfSeenRequestsMakeRoom(t *testing.T) {
	w := newWorld(t)
	for id := uint64(1); id <= 200; id++ {
		w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: id, Floor: id})))
		if id == 100 {
			w.Restart()
		}
	}
	if n := w.receiptKeys(); n != 1 {
		t.Errorf("%d receipts for one request in flight", n)
	}
	for id := uint64(201); id <= 220; id++ {
		w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: id, Floor: 201})))
	}
	if n := w.receiptKeys(); n > 21 {
		t.Error(n)
	}
	for id := uint64(201); id <= 220; id++ {
		if got := show(w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: id, Floor: 201, Retry: true})))); got != fmt.Sprint(id) {
			t.Error(id, got)
		}
	}
}

func TestReceipts_OfARunAreBounded(t *testing.T) {
	w := newWorld(t)
	for id := uint64(1); id <= bus.MaxUnseen; id++ {
		w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: id})))
	}
	w.want(wire.Overloaded, w.Await(w.keyed("Add", bus.Key{Run: run, ID: bus.MaxUnseen + 1})))
	w.want("", w.Await(w.keyed("Add", bus.Key{Run: run, ID: bus.MaxUnseen + 1, Floor: 10})))
	if got := show(w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 500, Retry: true})))); got != "500" {
		t.Error(got)
	}
}

func TestReceipts_RingKeepsTheLastThousandKeys(t *testing.T) {
	w := newWorld(t)
	key := func(i int) bus.Key { return bus.Key{Text: fmt.Sprint("key", i)} }
	const extra = 20
	for i := range bus.KeysPerCaller + extra {
		w.Must(w.Await(w.keyed("Add", key(i))))
		if i == 500 {
			w.Restart()
		}
	}
	if n := w.receiptKeys(); n != bus.KeysPerCaller {
		t.Errorf("%d receipts", n)
	}
	for i := extra; i < bus.KeysPerCaller+extra; i += 50 {
		if got := show(w.Must(w.Await(w.keyed("Add", key(i))))); got != fmt.Sprint(i+1) {
			t.Error(i, got)
		}
	}
	if got := show(w.Must(w.Await(w.keyed("Add", key(0))))); got != fmt.Sprint(bus.KeysPerCaller+extra+1) {
		t.Error("a forgotten key runs again:", got)
	}
}

func TestReceipts_KeyUsedAgainAfterADayIsNotEvictedEarly(t *testing.T) {
	w := newWorld(t)
	key := func(i int) bus.Key { return bus.Key{Text: fmt.Sprint("key", i)} }
	w.Must(w.Await(w.keyed("Add", key(0))))
	w.Runtime.Close() // no sweep
	w.Clock.Advance(25 * time.Hour)
	w.Boot()
	again := show(w.Must(w.Await(w.keyed("Add", key(0)))))
	if again != "2" {
		t.Fatal("a key of yesterday is forgotten:", again)
	}
	for i := 1; i < bus.KeysPerCaller; i++ {
		w.Must(w.Await(w.keyed("Add", key(i))))
	}
	if got := show(w.Must(w.Await(w.keyed("Add", key(0))))); got != again {
		t.Error(got)
	}
}

func TestReceipts_OldOnesAreSwept(t *testing.T) {
	w := newWorld(t)
	for i := range uint64(10) {
		w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: i + 1})))
		w.Must(w.Await(w.keyed("Add", bus.Key{Text: fmt.Sprint("key", i)})))
	}
	for range 26 { // it never sleeps for long
		for range 60 {
			w.Clock.Advance(time.Minute)
		}
		w.must("alice", "alice/home", "Get")
	}
	w.Until("the sweep", func() bool {
		w.must("alice", "alice/home", "Get")
		w.Clock.Advance(20 * time.Second)
		w.Until("quiet", w.Runtime.Quiet)
		return w.receiptKeys() == 0
	})
	if got := show(w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 11, Floor: 11})))); got != "21" {
		t.Error(got)
	}
}

func TestReceipts_ReadsLeaveNone(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	commits := w.Store.Commits.Load()
	for i := range uint64(10) {
		w.Must(w.Await(w.keyed("Get", bus.Key{Run: run, ID: i + 1})))
		w.Must(w.Await(w.keyed("Get", bus.Key{Text: fmt.Sprint("key", i)})))
	}
	if n := w.Store.Commits.Load() - commits; n != 0 {
		t.Error(n)
	}
}

func TestReceipts_OutcomeIsDurableWithTheChange(t *testing.T) {
	for _, durable := range []bool{false, true} {
		t.Run(fmt.Sprint("Durable", durable), func(t *testing.T) {
			w := newWorld(t)
			w.Runtime.Close()
			w.Options.Fatal = func(error) {}
			w.Boot()
			w.must("alice", "alice/home", "Add")
			die := func([]store.Write) error { return actortest.ErrCrash }
			died := make(chan struct{})
			w.Options.Fatal = func(error) {}
			if durable {
				w.Store.After = func(writes []store.Write) error { defer close(died); return die(writes) }
			} else {
				w.Store.Before = func(writes []store.Write) error { defer close(died); return die(writes) }
			}
			w.keyed("Add", bus.Key{Run: run, ID: 1})
			<-died
			w.Runtime.Close()
			w.Store.Before, w.Store.After = nil, nil
			w.Boot()
			if got := show(w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 1, Retry: true})))); got != "2" {
				t.Error(got)
			}
			if got := w.must("alice", "alice/home", "Get"); got != "2" {
				t.Error(got)
			}
		})
	}
}

// TestReceipts_WhoTookItsOwnRightAwayHearsOfItAgain, and of nothing else; others hear what they heard before, whatever keys they bring.
func TestReceipts_WhoTookItsOwnRightAwayHearsOfItAgain(t *testing.T) {
	keys := []bus.Key{{Text: "leave"}, {Run: run, ID: 7, Floor: 7, Retry: true}}
	rule := []string{"allow", "app:bob", "Revoke", "Get"}
	for name, disturb := range disturbances {
		for _, key := range keys {
			t.Run(name+"/"+key.Text+key.Run, func(t *testing.T) {
				w := newWorld(t)
				ask := func(who, method string, key bus.Key, list ...string) actortest.Reply {
					t.Helper()
					return w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: who}, To: target("alice/home"), Method: method, Args: args(list...), Key: key}))
				}
				w.must("alice", "alice/home", "Allow", rule...)
				w.want("", ask("bob", "Get", key, rule...)) // it leaves no receipt
				if got := show(w.Must(ask("bob", "Revoke", key, rule...))); got != "true" {
					t.Fatal(got)
				}
				for range 2 {
					disturb(w)
					if got := show(w.Must(ask("bob", "Revoke", key, rule...))); got != "true" {
						t.Error("again:", got)
					}
					w.want(wire.NotAllowed, ask("bob", "Get", bus.Key{}))
					w.want(wire.NotAllowed, ask("bob", "Get", bus.Key{Text: "other"}))
					w.want(wire.NotAllowed, ask("bob", "Revoke", bus.Key{Run: "another run of bob's", ID: 7, Retry: true}, rule...))
					if key.Text != "" {
						w.want(wire.NotAllowed, ask("bob", "Get", key))
					}
					stranger, with := ask("carol", "Revoke", bus.Key{}, rule...), ask("carol", "Revoke", key, rule...)
					if stranger.Code() != wire.NotAllowed || *stranger.Err != *with.Err {
						t.Errorf("a stranger hears %v, and with a key %v", stranger.Err, with.Err)
					}
				}
				w.must("alice", "alice/home", "Allow", "allow", "app:bob", "Get")
				w.want(wire.NotAllowed, ask("bob", "Revoke", bus.Key{}, rule...))
				if got := show(w.Must(ask("bob", "Revoke", key, rule...))); got != "true" {
					t.Error("it has run again:", got)
				}
			})
		}
	}
}

// TestReceipts_NoneIsReadForStrangers: their requests cost the store no more with a key than without.
func TestReceipts_NoneIsReadForStrangers(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Add"))
	loads := w.Store.Loads.Load()
	for i := range 100 {
		k := bus.Key{Run: fmt.Sprint("a run that is new ", i), ID: 9, Retry: true}
		w.want(wire.NotAllowed, w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "Add", Args: args(), Key: k})))
	}
	if n := w.Store.Loads.Load() - loads; n != 0 {
		t.Errorf("%d scans of receipts", n)
	}
	if s := w.must("alice", "alice/home", "History", "app:bob"); s != "0 101 0" {
		t.Error(s)
	}
}

// TestReceipts_WhoIsRefusedPushesNoRunOutOfMemory, although it has changed something before: others' requests cost the store no more for it.
func TestReceipts_WhoIsRefusedPushesNoRunOutOfMemory(t *testing.T) {
	w := newWorld(t)
	rule := []string{"allow", "app:bob", "Revoke"}
	w.must("alice", "alice/home", "Allow", rule...)
	w.must("bob", "alice/home", "Revoke", rule...)
	w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 1})))
	for i := range 100 {
		k := bus.Key{Run: fmt.Sprint("a run that is new ", i), ID: 9, Retry: true}
		w.want(wire.NotAllowed, w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "Add", Args: args(), Key: k})))
	}
	loads := w.Store.Loads.Load()
	w.Must(w.Await(w.keyed("Add", bus.Key{Run: run, ID: 2})))
	if n := w.Store.Loads.Load() - loads; n != 0 {
		t.Errorf("%d scans of receipts", n)
	}
}
