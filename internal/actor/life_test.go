package actor_test

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

func TestCA4_OnlyTheOwnerCreates(t *testing.T) {
	m := counter()
	m["poke"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		_, err := tx.Post(actortest.Name(text(m.Args)), "add", nil)
		return nil, err
	}
	w := actortest.NewWorld(t, m)
	w.Options.Classes = map[string]actor.Class{"app": w.Class, "evil": w.Class}
	refuse := false
	w.Options.Gate = &actortest.Gate{OnAdmit: func(*actor.Message) *wire.Error {
		if refuse {
			return wire.Err(wire.Unauthenticated, "expired")
		}
		return nil
	}}
	w.Boot()
	for _, method := range []string{"", "add", "nosuch"} {
		if r := w.Await(w.Send("bob", "alice/home", method, nil)); r.Code() != wire.NotFound {
			t.Error(r)
		}
	}
	w.Must(w.Call("bob/home", "poke", arg("app:alice/home"))) // another owner's CA
	evil := make(chan actortest.Reply, 1)
	w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: actortest.Name("evil:alice"), To: actortest.Name("evil:alice/x"), Method: "poke", Args: arg("app:alice/home"),
		Reply: func(result []byte, err *wire.Error) { evil <- actortest.Reply{Result: result, Err: err} }})
	w.Must(w.Await(evil)) // the same owner's, of another app
	far := actortest.Name("app:alice@far")
	far2 := make(chan actortest.Reply, 1)
	w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: far, To: actortest.Name("app:alice/home"), Method: "add",
		Reply: func(result []byte, err *wire.Error) { far2 <- actortest.Reply{Result: result, Err: err} }})
	if r := w.Await(far2); r.Code() != wire.NotFound {
		t.Error(r)
	}
	refuse = true
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.Unauthenticated {
		t.Error(r)
	}
	refuse = false
	w.Until("their messages to be settled", func() bool {
		if w.Runtime.Quiet() { // in a minute without work their senders would leave memory
			w.Clock.Advance(200 * time.Millisecond)
		}
		return outboxOf(w, "bob/home") == 0 && len(w.Memory.Keys("evil:alice/x")) == 2
	})
	if got := fmt.Sprint(w.Memory.CAs()); got != "[app:bob/home evil:alice/x]" {
		t.Error(got)
	}
	w.Until("no memory to be left", func() bool { return w.Runtime.Active() == 2 })
	w.Must(w.Call("alice/one", "poke", arg("app:alice/two")))
	w.Until("a CA of the owner's to create", func() bool { return len(w.Memory.Keys("app:alice/two")) > 0 })
}

func TestCA4_RefusalsOnArrivalLeaveNoMemory(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	w.Options.Gate = &actortest.Gate{OnArrive: func(*actor.Message) *wire.Error { return wire.Err(wire.NotAllowed, "no") }}
	w.Boot()
	for i := range 100 {
		if r := w.Call(fmt.Sprint("alice/x", i), "add", nil); r.Code() != wire.NotAllowed {
			t.Fatal(r)
		}
	}
	if n := w.Runtime.Active(); n != 0 {
		t.Error(n)
	}
}

func TestCA4_FailingInitCreatesNothing(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	w.Class.Life[actor.Init] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N = 10
		_, _ = tx.Post(actortest.Name("app:alice/other"), "add", nil)
		return nil, errors.New("not today")
	}
	w.Boot()
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.Failed || r.Err.Message != "not today" {
		t.Error(r)
	}
	w.Until("nothing to be left", func() bool { return w.Runtime.Active() == 0 })
	if len(w.Memory.CAs()) != 0 {
		t.Error(w.Memory.CAs())
	}
	w.Class.Life[actor.Init] = func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) { s.N = 10; return nil, nil }
	if r := w.Call("alice/home", "add", nil); number(r) != 11 {
		t.Error(r)
	}
	w.Restart()
	if r := w.Call("alice/home", "add", nil); number(r) != 12 {
		t.Error("Init runs once:", r)
	}
}

func TestCA8_UpgradeBeforeTheFirstMessageOrOldStateUntouched(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	w.Must(w.Call("alice/home", "add", nil))
	w.Class.App = "2"
	fails := true
	w.Class.Life[actor.Upgrade] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N += 100
		_, _ = tx.Set(1, 0, "add", nil)
		_, _ = tx.Post(actortest.Name("app:alice/other"), "add", nil)
		if fails {
			return nil, errors.New("can't upgrade from " + text(m.Args))
		}
		return nil, nil
	}
	before, _ := w.Memory.Get("app:alice/home", []byte("hB"))
	w.Restart()
	for range 3 {
		if r := w.Call("alice/home", "get", nil); r.Code() != wire.Failed || r.Err.Message != "can't upgrade from 1" {
			t.Fatal(r)
		}
	}
	w.Clock.Advance(time.Minute)
	if after, _ := w.Memory.Get("app:alice/home", []byte("hB")); string(after) != string(before) || len(w.Memory.Keys("app:alice/home")) != 2 || len(w.Memory.CAs()) != 1 {
		t.Error("a failing upgrade changed something")
	}
	w.Must(w.Call("alice/new", "add", nil))
	fails = false
	if n := number(w.Call("alice/home", "get", nil)); n != 101 && n != 102 { // its timer may have rung already
		t.Error(n)
	}
	w.Until("what the upgrade sent and set", func() bool {
		return len(w.Memory.Keys("app:alice/other")) > 0 && number(w.Call("alice/home", "get", nil)) == 102
	})
	w.Restart()
	if r := w.Call("alice/home", "get", nil); number(r) != 102 {
		t.Error("an upgrade runs once:", r)
	}
}

func TestCA8_StateThatDoesNotFitIsKept(t *testing.T) {
	m := counter()
	m["tell"] = post("app:bob/home", "add", "")
	w := actortest.NewWorld(t, m).Boot()
	w.Must(w.Call("bob/home", "add", nil))
	w.Restart()
	w.Runtime.Close()
	var repaired atomic.Bool
	w.Class.BadState = func(state []byte) error {
		if !repaired.Load() && cbor.KindOf(state) == cbor.KindArray && len(state) == 2 && state[1] == 1 {
			return errors.New("strange")
		}
		return nil
	}
	w.Boot()
	if r := w.Call("bob/home", "get", nil); r.Code() != wire.Failed {
		t.Error(r)
	}
	w.Must(w.Call("alice/home", "tell", nil))
	w.Clock.Advance(time.Minute)
	if outboxOf(w, "alice/home") != 1 {
		t.Error("a message to it must wait")
	}
	repaired.Store(true)
	w.Until("the message to arrive after the repair", func() bool {
		w.Clock.Advance(time.Minute)
		return number(w.Call("bob/home", "get", nil)) == 2
	})
}

func TestDestroyRemovesEverythingOnceItsMessagesHaveArrived(t *testing.T) {
	m := counter()
	m["hear"] = hear
	rang := 0
	m["ring"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { rang++; return nil, nil }
	m["end"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		_, _ = tx.Set(tx.Now()+1_000_000, 1_000_000, "ring", nil)
		n, _ := tx.Post(actortest.Name("app:bob/home"), "add", nil)
		tx.Then(n, "hear")
		_, _ = tx.Post(tx.Self(), "add", nil)
		tx.Destroy()
		if _, err := tx.Set(tx.Now()+1_000_000, 0, "ring", nil); err == nil {
			return nil, errors.New("a timer after Destroy")
		}
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	var opened atomic.Bool
	w.Options.Gate = &actortest.Gate{OnArrive: func(m *actor.Message) *wire.Error {
		if !opened.Load() && m.Kind == actor.Send && m.To.Owner == "bob" {
			return wire.Retry(wire.Overloaded, "full", 100)
		}
		return nil
	}}
	w.Class.Life[actor.Resume] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, nil }
	w.Class.Every = time.Second
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	w.Must(w.Call("alice/home", "end", nil))
	if r := w.Call("alice/home", "get", nil); r.Code() != wire.Unavailable {
		t.Error("it is dying:", r)
	}
	if r := w.Await(w.Send("carol", "alice/home", "get", nil)); r.Code() != wire.NotFound {
		t.Error("to others it is gone:", r)
	}
	w.Restart()
	w.Clock.Advance(time.Minute)
	opened.Store(true)
	w.Until("the last message and the end", func() bool {
		w.Clock.Advance(time.Second)
		return number(w.Call("bob/home", "get", nil)) == 1 && len(w.Memory.Keys("app:alice/home")) == 0
	})
	w.Clock.Advance(time.Hour)
	if rang != 0 {
		t.Error("a timer outlived its CA")
	}
	w.Until("only bob to be in memory", func() bool { return w.Runtime.Active() == 1 })
	if r := w.Call("alice/home", "get", nil); number(r) != 0 {
		t.Error("it can be made again:", r)
	}
}

func TestDestroyedPairDoesNotWaitForEachOther(t *testing.T) {
	m := counter()
	m["end"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		_, err := tx.Post(actortest.Name(text(m.Args)), "add", nil)
		tx.Destroy()
		return nil, err
	}
	w := actortest.NewWorld(t, m).Boot()
	release := hold(w)
	a, b := w.Send("alice", "alice/one", "end", arg("app:alice/two")), w.Send("alice", "alice/two", "end", arg("app:alice/one"))
	w.Until("both to be handled", func() bool { return joined(w, "alice/one") == 1 && joined(w, "alice/two") == 1 })
	release()
	w.Await(a)
	w.Await(b)
	for _, to := range []string{"alice/one", "alice/two"} {
		// Where the other's message came after the end, it has made the CA again.
		w.Until(to+" to be gone, or made again", func() bool {
			w.Clock.Advance(time.Second)
			r := w.Call(to, "get", nil)
			return r.Code() == "" && number(r) <= 1 // while it dies it answers that it is unavailable
		})
	}
}
