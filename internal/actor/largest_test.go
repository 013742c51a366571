package actor_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// TestCA2_LargestTransactionIsCommitted: as much as one message may add, a state as large as may be, and what earlier messages have left to be written.
func TestCA2_LargestTransactionIsCommitted(t *testing.T) {
	const mib = 1 << 20
	m := counter()
	m["grow"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.Log = []string{strings.Repeat("x", actor.MaxState-100)}
		return nil, spend(tx, actor.MaxTx)
	}
	m["beyond"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) { return nil, spend(tx, actor.MaxTx+mib) }
	m["some"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		s.N++
		_, err := tx.Set(tx.Now()+3600*second, 0, "get", make([]byte, 4*mib-1000))
		return nil, err
	}
	s, err := pebblestore.Open("data", pebblestore.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	w := actortest.NewWorld(t, m)
	w.Store.Store = s
	t.Cleanup(func() { _ = s.Close() })
	w.Boot()
	w.Must(w.Call("alice/home", "get", nil))
	release := hold(w)
	first := w.Send("alice", "alice/home", "some", nil) // in flight
	w.Until("its commit", func() bool { return joined(w, "alice/home") == 1 })
	var all []<-chan actortest.Reply
	for _, method := range []string{"some", "grow"} { // join the next commit
		all = append(all, w.Send("alice", "alice/home", method, nil))
	}
	w.Until("them to join", func() bool { return joined(w, "alice/home") == 3 })
	release()
	for _, c := range append(all, first) {
		w.Must(w.Await(c))
	}
	if r := w.Call("alice/else", "beyond", nil); r.Code() != "too_large" {
		t.Error(r.Err)
	}
	w.Restart()
	if n := number(w.Call("alice/home", "get", nil)); n != 2 {
		t.Error(n)
	}
}

// spend adds a number of bytes to a transaction, half of them in messages.
func spend(tx *actor.Tx, bytes int) error {
	const about = 500 // more than what any of them takes besides its arguments
	left := bytes
	for n := 0; left > 0; n++ {
		size := min(left, 1<<20)
		args := make([]byte, max(0, size-about))
		var err error
		if n%2 == 0 {
			_, err = tx.Post(actortest.Name("app:bob/nobody"), "add", args)
		} else {
			_, err = tx.Set(tx.Now()+3600*second, 0, "get", args)
		}
		if err != nil {
			return err
		}
		left -= size
	}
	return nil
}
