package actor_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// hold keeps back the commits of what is sent from now on; what was answered before counts in none of them.
func hold(w *actortest.World) (release func()) {
	w.T.Helper()
	w.Until("earlier commits to be over", w.Runtime.Quiet)
	return w.Store.Hold()
}

// joined counts the replies that wait for a CA's commits: all the rest of what their messages have done has joined these too.
func joined(w *actortest.World, ca string) int {
	return actor.Joined(w.Runtime, actortest.Name("app:"+ca))
}

func TestCA2_NothingLeavesBeforeItsCommitIsDurable(t *testing.T) {
	w, f := messWorld(t, func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, errors.New("no") })
	gate := &actortest.Gate{OnAdmit: func(m *actor.Message) *wire.Error {
		if m.Method == "refused" {
			return wire.Err(wire.NotAllowed, "no")
		}
		return nil
	}}
	w.Options.Gate = gate
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	w.Must(w.Call("alice/other", "get", nil))
	release := hold(w)
	var waiting []<-chan actortest.Reply
	methods := []string{"mess", "get", "fail", "refused", "nosuch", "add", "", "messAnd"}
	for range 3 {
		for _, method := range methods {
			waiting = append(waiting, w.Send("alice", "alice/home", method, nil))
		}
	}
	w.Until("all to be handled", func() bool { return joined(w, "alice/home") == len(waiting) })
	for i, c := range waiting {
		if len(c) != 0 {
			t.Errorf("reply %d to %q came before its commit: %v", i, methods[i%len(methods)], <-c)
		}
	}
	if f.noted.Load() != 0 {
		t.Error("an effect left before its commit")
	}
	release()
	for i, c := range waiting {
		r := w.Await(c)
		if bad := i % len(methods); (r.Err != nil) != (bad == 2 || bad == 3 || bad == 4 || bad == 7) {
			t.Error(i, r)
		}
	}
	w.Until("effects", func() bool { return f.noted.Load() == 3 })
	w.Until("sends", func() bool { return number(w.Call("alice/other", "get", nil)) == 3 })
}

func TestCA2_LostCommitShowsNothing(t *testing.T) {
	w, f := messWorld(t, nil)
	lose := false
	w.Store.Before = func([]store.Write) error {
		if lose {
			lose = false
			return store.ErrConflict
		}
		return nil
	}
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	release := hold(w)
	lose = true
	a := w.Send("alice", "alice/home", "mess", nil)
	b := w.Send("alice", "alice/home", "get", nil)
	w.Until("both to be handled", func() bool { return joined(w, "alice/home") == 2 })
	release()
	for _, c := range []<-chan actortest.Reply{a, b} {
		if r := w.Await(c); r.Code() != wire.Unavailable || r.Err.RetryAfter == 0 {
			t.Error(r)
		}
	}
	if n := number(w.Call("alice/home", "get", nil)); n != 1 || f.noted.Load() != 0 || len(w.Memory.CAs()) != 1 {
		t.Error(n, f.noted.Load(), w.Memory.CAs())
	}
}

func TestCA2_RepliesComeInOrder(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	var mu sync.Mutex
	var got []int
	const n = 500
	done := make(chan struct{})
	for i := range n {
		method := []string{"add", "get", "fail", "get", "get"}[i%5]
		w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: actortest.Name("app:alice"), To: actortest.Name("app:alice/home"), Method: method,
			Reply: func([]byte, *wire.Error) {
				mu.Lock()
				defer mu.Unlock()
				if got = append(got, i); len(got) == n {
					close(done)
				}
			}})
	}
	<-done
	for i := range got {
		if got[i] != i {
			t.Fatal(got)
		}
	}
}

// record appends what it gets to the log, and its sender.
func record(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	s.Log = append(s.Log, m.From.Owner+text(m.Args))
	return nil, nil
}

func text(args []byte) string {
	r := cbor.NewReader(args)
	r.Array()
	return r.Text()
}

func arg(s string) []byte { return cbor.AppendText(cbor.AppendArrayHeader(nil, 1), s) }

func showLog(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
	return cbor.AppendText(nil, fmt.Sprint(s.Log)), nil
}

func (k talk) log(w *actortest.World, ca string) string {
	r := cbor.NewReader(w.Must(w.Call(ca, "log", nil)))
	return r.Text()
}

type talk struct{}

func TestCA2_MessagesBetweenTwoCAsKeepTheirOrder(t *testing.T) {
	m := methods{"record": record, "log": showLog, "n": get}
	m["talk"] = func(tx *actor.Tx, s *state, msg *actor.Message) ([]byte, error) {
		for i := range 3 {
			s.N++
			if _, err := tx.Post(actortest.Name("app:bob/home"), "record", arg(fmt.Sprint(s.N))); err != nil {
				return nil, err
			}
			if i == 1 && s.N%5 == 0 {
				return nil, errors.New("no")
			}
		}
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	var n atomic.Int64
	w.Options.Gate = &actortest.Gate{OnAdmit: func(m *actor.Message) *wire.Error {
		if m.Kind == actor.Send && n.Add(1)%7 == 0 {
			return wire.Retry(wire.Unavailable, "not now", 1)
		}
		return nil
	}}
	w.Options.Workers = 2
	w.Boot()
	w.Must(w.Call("bob/home", "log", nil))
	for range 40 {
		w.Await(w.Send("alice", "alice/home", "talk", nil))
	}
	want := func() string {
		var all []string
		for i := range number(w.Call("alice/home", "n", nil)) {
			all = append(all, fmt.Sprint("alice", i+1))
		}
		return fmt.Sprint(all)
	}
	w.Until("all to arrive in order", func() bool {
		w.Clock.Advance(time.Second)
		return talk{}.log(w, "bob/home") == want()
	})
}
