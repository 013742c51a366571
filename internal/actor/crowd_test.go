package actor_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

// crowded is a CA of alice's whose method blocks until release, and says in what order others were handled after it.
func crowded(t *testing.T) (w *actortest.World, order func() []string, release func()) {
	in, out := make(chan struct{}), make(chan struct{})
	var handled []string
	m := counter()
	m["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	m["note"] = func(_ *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		handled = append(handled, m.From.Owner)
		return nil, nil
	}
	w = actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	waiting := w.Send("alice", "alice/home", "wait", nil)
	<-in
	return w, func() []string { return handled }, func() {
		close(out)
		w.Must(w.Await(waiting))
	}
}

// flood sends as many messages as are taken, and returns where their outcomes come.
func flood(w *actortest.World, who string, args []byte) (all []<-chan actortest.Reply) {
	for {
		c := w.Send(who, "alice/home", "note", args)
		if len(c) > 0 {
			return all
		}
		all = append(all, c)
	}
}

// refusedOf counts those who have been told to come again.
func refusedOf(t *testing.T, w *actortest.World, all []<-chan actortest.Reply) (n int) {
	for _, c := range all {
		if r := w.Await(c); r.Code() == wire.Overloaded && r.Err.RetryAfter > 0 {
			n++
		} else if r.Err != nil {
			t.Fatal(r.Err)
		}
		if len(c) > 0 {
			t.Fatal("two replies")
		}
	}
	return n
}

// TestCA9_WhoSendsOneMessageWaitsForOneOfAFlood, whoever the flooder is: a stranger, or the CA's own owner.
func TestCA9_WhoSendsOneMessageWaitsForOneOfAFlood(t *testing.T) {
	for _, flooder := range []string{"mallory", "alice"} {
		t.Run(flooder, func(t *testing.T) {
			w, order, release := crowded(t)
			all := flood(w, flooder, nil)
			if len(all) != actor.MaxWaiting {
				t.Error("who is alone has the whole mailbox:", len(all))
			}
			others := []string{"bob", "carol", "dave"}
			var answers []<-chan actortest.Reply
			for _, who := range others {
				answers = append(answers, w.Send(who, "alice/home", "note", nil))
			}
			release()
			for _, c := range answers {
				w.Must(w.Await(c))
			}
			if n := refusedOf(t, w, all); n != len(others) {
				t.Error("pushed out:", n)
			}
			if got, want := order()[:5], []string{flooder, "bob", "carol", "dave", flooder}; !slices.Equal(got, want) {
				t.Error(got)
			}
		})
	}
}

// TestCA9_AFloodIsOverloadedAndNobodyElse: not those who stay within their share, least of all the CA's owner; with places and with bytes.
func TestCA9_AFloodIsOverloadedAndNobodyElse(t *testing.T) {
	for _, size := range []int{0, 1 << 19} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			w, order, release := crowded(t)
			args := make([]byte, size)
			all := flood(w, "mallory", args)
			places := actor.MaxWaiting
			if size > 0 {
				places = min(places, actor.MaxWaitingBytes/size)
			}
			var good []<-chan actortest.Reply
			for range places / 4 {
				for range 2 {
					good = append(good, w.Send("alice", "alice/home", "note", args))
				}
				good = append(good, w.Send("bob", "alice/home", "note", args))
				if r := w.Send("mallory", "alice/home", "note", args); len(r) == 0 || w.Await(r).Code() != wire.Overloaded {
					t.Fatal("the flood goes on")
				}
			}
			if r := w.Send("bob", "alice/home", "note", args); len(r) == 0 {
				t.Error("bob has more than his share")
			}
			release()
			for _, c := range good {
				w.Must(w.Await(c))
			}
			if n := refusedOf(t, w, all); len(all) != places || n != places*3/4 {
				t.Error("pushed out:", n, "of", len(all))
			}
			if len(order()) != places {
				t.Error(len(order()))
			}
		})
	}
}

// TestCA3_PostsThatArePushedOutComeAgainInOrder, each once, while others go on asking.
func TestCA3_PostsThatArePushedOutComeAgainInOrder(t *testing.T) {
	const posts = 900
	in, out := make(chan struct{}), make(chan struct{})
	var got []string
	m := counter()
	m["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	m["flood"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		for i := range posts {
			if _, err := tx.Post(actortest.Name("app:alice/home"), "hear", arg(fmt.Sprint(i))); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	m["hear"] = func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N++
		got = append(got, string(m.Args))
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	waiting := w.Send("alice", "alice/home", "wait", nil)
	<-in
	w.Must(w.Call("mallory/one", "flood", nil))
	w.Until("the mailbox is nearly full", func() bool { return actor.Waiting(w.Runtime, actortest.Name("app:alice/home")) >= posts })
	var asked []<-chan actortest.Reply
	for range 512 {
		asked = append(asked, w.Send("alice", "alice/home", "get", nil))
	}
	close(out)
	w.Must(w.Await(waiting))
	for _, c := range asked {
		w.Must(w.Await(c))
	}
	w.Until("all posts", func() bool {
		w.Clock.Advance(time.Second)
		return number(w.Call("alice/home", "get", nil)) == posts && outboxOf(w, "mallory/one") == 0
	})
	for i, args := range got {
		if !strings.HasSuffix(args, fmt.Sprint(i)) {
			t.Fatalf("%q came as number %d", args, i)
		}
	}
	if len(got) != posts {
		t.Error(len(got))
	}
}

// TestCA9_WhoIsPushedOutIsToldWithoutTheDeliverersLocks, which its Reply may need.
func TestCA9_WhoIsPushedOutIsToldWithoutTheDeliverersLocks(t *testing.T) {
	w, _, release := crowded(t)
	var mu sync.Mutex
	told := make(chan *wire.Error, actor.MaxWaiting)
	alice := actortest.Name("app:alice/home")
	for range actor.MaxWaiting {
		w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: actortest.Name("app:mallory"), To: alice, Method: "note", Reply: func(_ []byte, err *wire.Error) {
			mu.Lock()
			defer mu.Unlock()
			told <- err
		}})
	}
	mu.Lock()
	bob := w.Send("bob", "alice/home", "note", nil)
	if len(told) > 0 || w.Runtime.Quiet() {
		t.Error("told with a lock held")
	}
	mu.Unlock()
	if err := <-told; err == nil || err.Code != wire.Overloaded {
		t.Error(err)
	}
	release()
	w.Must(w.Await(bob))
}
