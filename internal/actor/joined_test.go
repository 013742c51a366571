package actor_test

import (
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestDecision2_MessagesJoinCommits(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	w.Must(w.Call("alice/home", "add", nil))
	commits, writes, encodes := w.Store.Commits.Load(), w.Store.Writes.Load(), w.Class.Encodes.Load()
	release := hold(w)
	var all []<-chan actortest.Reply
	for range 32 {
		all = append(all, w.Send("alice", "alice/home", "add", nil))
	}
	w.Until("all to be handled", func() bool { return joined(w, "alice/home") == 32 })
	release()
	for i, c := range all {
		if r := w.Await(c); number(r) != int64(i+2) {
			t.Error(r)
		}
	}
	if n := w.Store.Commits.Load() - commits; n > 2 {
		t.Errorf("%d commits, want at most the one in flight and the joined one", n)
	}
	if n := w.Store.Writes.Load() - writes; n > 2 {
		t.Errorf("%d writes", n)
	}
	if n := w.Class.Encodes.Load() - encodes; n != 32 {
		t.Errorf("the state was encoded %d times", n)
	}
}

func TestCA6_ReadsWriteNothing(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	w.Class.Methods["same"] = func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N++
		s.N--
		return nil, nil
	}
	w.Class.Life[actor.Resume] = get
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	w.Restart()
	commits, bytes := w.Store.Commits.Load(), w.Store.Bytes.Load()
	for _, method := range []string{"get", "same", "fail", "", "nosuch"} {
		w.Call("alice/home", method, nil)
	}
	w.Await(w.Send("bob", "bob/none", "", nil))
	w.Clock.Advance(time.Hour)
	w.Await(w.Send("alice", "alice/home", "get", nil))
	if n := w.Store.Commits.Load() - commits; n != 1 {
		t.Errorf("%d commits, want bob's only (%d bytes)", n, w.Store.Bytes.Load()-bytes)
	}
}

func TestCA5_StaleNodeIsRefusedAndStops(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	other := w.Another()
	w.Must(w.Call("alice/home", "add", nil))
	for range 5 {
		if r := w.Await(actortest.SendTo(other, "alice", "alice/home", "add", nil)); r.Err != nil {
			t.Fatal(r)
		}
	}
	r := w.Call("alice/home", "add", nil)
	if r.Code() != wire.Unavailable {
		t.Fatal("the stale commit must be refused:", r)
	}
	if !w.Log.Has("commit refused, activation dropped") {
		t.Error("it was not reported")
	}
	if r := w.Call("alice/home", "add", nil); number(r) != 7 {
		t.Fatal(r)
	}
}

func TestCA5_TwoNodesLoseNoAcknowledgedChange(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	nodes := []*actor.Runtime{w.Runtime, w.Another()}
	w.Must(w.Call("alice/home", "get", nil))
	acked := int64(0)
	for i := range 200 {
		var all []<-chan actortest.Reply
		for j := range 4 {
			all = append(all, actortest.SendTo(nodes[(i+j)%2], "alice", "alice/home", "add", nil))
		}
		for _, c := range all {
			switch r := w.Await(c); r.Code() {
			case "":
				acked++
			case wire.Unavailable:
			default:
				t.Fatal(r)
			}
		}
	}
	w.Restart()
	if n := number(w.Call("alice/home", "get", nil)); n != acked || acked < 200 {
		t.Errorf("%d stored, %d acknowledged", n, acked)
	}
}

func TestLimits_TooLargeLosesOnlyItself(t *testing.T) {
	m := counter()
	m["grow"] = func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.Log = append(s.Log, string(make([]byte, actor.MaxState+1)))
		return nil, nil
	}
	m["spam"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N++
		for range 30 {
			if _, err := tx.Post(actortest.Name("app:alice/other"), "add", make([]byte, 200_000)); err != nil {
				return nil, err
			}
		}
		return nil, tx.Spend(actor.MaxTx - 5_000_000)
	}
	m["timers"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N++
		for range actor.MaxTimers {
			if _, err := tx.Set(tx.Now()+1e9, 0, "add", make([]byte, 100_000)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	release := hold(w)
	var all []<-chan actortest.Reply
	for _, method := range []string{"add", "grow", "add", "spam", "add", "timers", "add"} {
		all = append(all, w.Send("alice", "alice/home", method, nil))
	}
	w.Until("all to be handled", func() bool { return joined(w, "alice/home") == len(all) })
	release()
	for i, c := range all {
		want := wire.Code("")
		if i%2 == 1 {
			want = wire.TooLarge
		}
		if r := w.Await(c); r.Code() != want {
			t.Error(i, r)
		}
	}
	if n := number(w.Call("alice/home", "get", nil)); n != 5 {
		t.Error(n)
	}
}

func TestLimits_RefusedByTheStoreForItsSize(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	tooLarge := false
	w.Store.Before = func([]store.Write) error {
		if tooLarge {
			tooLarge = false
			return store.ErrTooLarge
		}
		return nil
	}
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	tooLarge = true
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	if n := number(w.Call("alice/home", "add", nil)); n != 2 {
		t.Error(n)
	}
}
