package actor_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

func TestCA10_PassiveCAsAreGoneAndComeBackUnnoticed(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	n := 10_000
	if testing.Short() {
		n = 1000
	}
	var all []<-chan actortest.Reply
	for i := range n {
		all = append(all, w.Send("alice", fmt.Sprint("alice/c", i), "add", nil))
	}
	for _, c := range all {
		w.Must(w.Await(c))
	}
	w.Until("quiet", w.Runtime.Quiet)
	if w.Runtime.Active() != n {
		t.Error(w.Runtime.Active())
	}
	w.Clock.Advance(2 * time.Minute)
	if w.Runtime.Active() != 0 {
		t.Error("still in memory:", w.Runtime.Active())
	}
	for i := range 100 {
		if r := w.Call(fmt.Sprint("alice/c", i*7), "add", nil); number(r) != 2 {
			t.Fatal(r)
		}
	}
}

func TestCA10_NothingUnfinishedIsPassivated(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	m := counter()
	m["wait"] = func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.Private = 7
		close(in)
		<-out
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	waiting := w.Send("alice", "alice/home", "wait", nil)
	<-in
	release := w.Store.Hold()
	w.Clock.Advance(10 * time.Minute)
	close(out)
	w.Clock.Advance(10 * time.Minute)
	if w.Runtime.Active() != 1 {
		t.Error("passivated at work")
	}
	release()
	w.Must(w.Await(waiting))
	if n := number(w.Call("alice/home", "private", nil)); n != 7 {
		t.Error(n)
	}
}

func TestCA10_BlockedMethodsHoldNobodyUp(t *testing.T) {
	in, out := make(chan struct{}, 100), make(chan struct{})
	m := counter()
	m["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { in <- struct{}{}; <-out; return nil, nil }
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	const blocked = 50
	var waiting []<-chan actortest.Reply
	for i := range blocked {
		waiting = append(waiting, w.Send("mallory", fmt.Sprint("mallory/c", i), "wait", nil))
		w.Until("it to run", func() bool {
			w.Clock.Advance(10 * time.Millisecond)
			return len(in) == i+1
		})
	}
	free := w.Send("alice", "alice/home", "add", nil)
	w.Until("a free CA to answer", func() bool {
		w.Clock.Advance(10 * time.Millisecond)
		return len(free) == 1
	})
	w.Clock.Advance(2 * time.Second)
	if w.Runtime.Slow() != blocked || !w.Log.Has("ca=app:mallory/c49 method=wait") {
		t.Error("they were not reported:", w.Runtime.Slow())
	}
	close(out)
	for _, c := range waiting {
		w.Must(w.Await(c))
	}
	w.Until("the spare workers to end", func() bool { return runtime.NumGoroutine() < blocked })
}

func TestCA9_TurnsAreSharedBetweenOwners(t *testing.T) {
	var mu sync.Mutex
	var order []string
	var gates [2]chan struct{}
	in := make(chan struct{})
	m := methods{
		"run": func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, tx.Self().Owner)
			return nil, nil
		},
	}
	for i := range gates {
		gates[i] = make(chan struct{})
		m[fmt.Sprint("wait", i)] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { in <- struct{}{}; <-gates[i]; return nil, nil }
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	workers := max(2, runtime.GOMAXPROCS(0))
	for i := range workers { // one worker is left, and it is busy while the queue is filled
		w.Send("zoe", fmt.Sprint("zoe/c", i), fmt.Sprint("wait", min(i, 1)), nil)
		<-in
	}
	defer close(gates[1])
	const cas, messages = 1000, 2
	var all []<-chan actortest.Reply
	for i := range cas {
		for range messages {
			all = append(all, w.Send("mallory", fmt.Sprint("mallory/c", i), "run", nil))
		}
	}
	for range 100 {
		all = append(all, w.Send("alice", "alice/home", "run", nil))
	}
	close(gates[0])
	for _, c := range all {
		w.Must(w.Await(c))
	}
	// alice's 100 messages take four turns, each behind one of mallory's.
	last := 0
	for i, owner := range order {
		if owner == "alice" {
			last = i
		}
	}
	if last > 100+messages*5 {
		t.Errorf("alice's last message was number %d", last)
	}
}

func TestCA9_FullMailboxesAreOverloaded(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	m := counter()
	m["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	waiting := w.Send("alice", "alice/home", "wait", nil)
	<-in
	var all []<-chan actortest.Reply
	for range actor.MaxWaiting {
		all = append(all, w.Send("alice", "alice/home", "add", nil))
	}
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.Overloaded || r.Err.RetryAfter == 0 {
		t.Error(r)
	}
	close(out)
	w.Must(w.Await(waiting))
	for _, c := range all {
		w.Must(w.Await(c))
	}
	if n := number(w.Call("alice/home", "get", nil)); n != actor.MaxWaiting {
		t.Error(n)
	}
	big := make([]byte, actor.MaxWaitingBytes+1)
	if r := w.Call("alice/home", "add", big); r.Code() != wire.Overloaded {
		t.Error(r)
	}
}

func TestDrainAnswersWhatWasAcceptedAndRefusesTheRest(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	release := w.Store.Hold()
	var all []<-chan actortest.Reply
	for i := range 100 {
		all = append(all, w.Send("alice", fmt.Sprint("alice/c", i), "add", nil))
	}
	drained := make(chan error)
	go func() { drained <- w.Runtime.Drain(context.Background()) }()
	w.Until("draining", func() bool {
		late := w.Send("alice", "alice/late", "add", nil)
		return len(late) == 1 && w.Await(late).Code() == wire.Unavailable // refused at once
	})
	select {
	case <-drained:
		t.Error("drained before all was durable")
	default:
	}
	release()
	if err := <-drained; err != nil {
		t.Error(err)
	}
	for _, c := range all {
		if len(c) != 1 || w.Await(c).Err != nil {
			t.Error("not answered")
		}
	}
}

func TestCloseWithAStuckMethodAnswersEverybody(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	m := counter()
	m["wait"] = func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N++
		close(in)
		<-out
		return nil, nil
	}
	w := actortest.NewWorld(t, m).Boot()
	all := []<-chan actortest.Reply{w.Send("alice", "alice/home", "wait", nil)}
	<-in
	for range 10 {
		all = append(all, w.Send("alice", "alice/home", "add", nil))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if w.Runtime.Drain(ctx) == nil {
		t.Error("it can't be drained")
	}
	w.Runtime.Close()
	for _, c := range all[1:] {
		if r := w.Await(c); r.Code() != wire.Unavailable {
			t.Error(r)
		}
	}
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.Unavailable {
		t.Error(r)
	}
	close(out)
	if r := w.Await(all[0]); r.Code() != wire.Unavailable {
		t.Error(r)
	}
	if len(w.Memory.CAs()) != 0 {
		t.Error("something was written after Close")
	}
}

func TestManyCallersAndCAs(t *testing.T) {
	m := counter()
	m["relay"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N++
		_, err := tx.Post(actortest.Name("app:alice/sink"), "add", nil)
		return nil, err
	}
	w := actortest.NewWorld(t, m)
	w.Options.IdleAfter = time.Second
	w.Boot()
	var group sync.WaitGroup
	const callers, calls = 16, 100
	for i := range callers {
		group.Go(func() {
			for j := range calls {
				r := <-w.Send("alice", fmt.Sprint("alice/c", (i+j)%7), []string{"relay", "get", "fail"}[j%3], nil)
				if r.Code() != "" && r.Code() != wire.Failed {
					t.Error(r)
				}
				if j%20 == 0 {
					w.Clock.Advance(700 * time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	want := int64(callers * ((calls + 2) / 3))
	w.Until("all relays", func() bool {
		w.Clock.Advance(time.Second)
		return number(w.Call("alice/sink", "get", nil)) == want
	})
}
