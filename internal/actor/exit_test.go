package actor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

// TestCA1_MethodsThatEndTheirGoroutineFail: as often as they like, on every worker, by timers too, and after a deadline as well.
func TestCA1_MethodsThatEndTheirGoroutineFail(t *testing.T) {
	m := counter()
	m["exit"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N = 99
		_, _ = tx.Set(tx.Now(), 0, "exit", nil)
		_, _ = tx.Post(actortest.Name("app:alice/made"), "add", nil)
		runtime.Goexit()
		return nil, nil
	}
	m["later"] = set(second, 0, "exit")
	in, out := make(chan struct{}), make(chan struct{})
	m["hang"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		close(in)
		<-out
		runtime.Goexit()
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = 5 * time.Second
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	for range 50 {
		if r := w.Call("alice/home", "exit", nil); r.Code() != wire.Failed {
			t.Fatal(r)
		}
	}
	w.Must(w.Call("alice/home", "later", nil))
	w.Clock.Advance(time.Second)
	late := w.Send("alice", "alice/home", "hang", nil)
	<-in
	w.Clock.Advance(6 * time.Second)
	if r := w.Await(late); r.Code() != wire.Deadline {
		t.Error(r)
	}
	close(out)
	if n := number(w.Call("alice/home", "add", nil)); n != 2 {
		t.Error("it is not as it was:", n)
	}
	if len(w.Memory.Keys("app:alice/made")) != 0 || len(w.Memory.Keys("app:alice/home")) != 2 {
		t.Errorf("something happened: %q", w.Memory.Keys("app:alice/home"))
	}
	w.Until("it to be passive: nothing is stuck", func() bool { w.Clock.Advance(time.Minute); return w.Runtime.Active() == 0 })
}

// TestCA3_NoticesWaitForAStuckCA: what became of a message is told when one of two stuck methods returns, not before, and not never.
func TestCA3_NoticesWaitForAStuckCA(t *testing.T) {
	k, f := newStuck(), &tally{}
	m := counter()
	m["hang"] = k.method(f)
	m["poke"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		_, err := tx.Post(actortest.Name("app:alice/none"), "add", nil)
		return nil, err
	}
	m["log"] = showLog
	w := actortest.NewWorld(t, m)
	w.Options.Features = []actor.Feature{f}
	w.Class.Limit = 5 * time.Second
	w.Class.Life[actor.Undone] = func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.Log = append(s.Log, string(m.Failure().Code))
		return nil, nil
	}
	at, open, refused := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.Options.Gate = &actortest.Gate{OnAdmit: func(m *actor.Message) *wire.Error {
		if m.Kind != actor.Send {
			return nil
		}
		at <- struct{}{}
		<-open
		close(refused)
		return wire.Err(wire.NotAllowed, "no")
	}}
	w.Boot()
	w.Must(w.Call("alice/home", "poke", nil))
	<-at // its message has arrived, and nobody has judged it yet
	for range 2 {
		late := w.Send("alice", "alice/home", "hang", nil)
		<-k.in
		w.Clock.Advance(6 * time.Second)
		if r := w.Await(late); r.Code() != wire.Deadline {
			t.Fatal(r)
		}
	}
	close(open)
	<-refused
	w.Until("the other CA to be forgotten", func() bool { return w.Runtime.Active() == 1 })
	for range 3 {
		if r := w.Call("alice/home", "get", nil); r.Code() != wire.Unavailable {
			t.Fatal(r)
		}
	}
	k.out <- struct{}{}
	for range 5 {
		<-k.dead
	}
	w.Until("the notice", func() bool {
		return w.Call("alice/home", "get", nil).Err == nil && (talk{}).log(w, "alice/home") == "[not_allowed]"
	})
	w.Until("the message to be settled", func() bool { w.Clock.Advance(time.Second); return outboxOf(w, "alice/home") == 0 })
	close(k.out)
}
