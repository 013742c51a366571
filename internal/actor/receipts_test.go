package actor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store"
)

func inboxOf(w *actortest.World, ca string) (n int) {
	for _, key := range w.Memory.Keys("app:" + ca) {
		if strings.HasPrefix(key, "rI") {
			n++
		}
	}
	return n
}

// TestCA3_MessageThatDestroyedIsNotRepeated: its receiver dies of it, then the server, before the sender has heard.
func TestCA3_MessageThatDestroyedIsNotRepeated(t *testing.T) {
	for _, receiver := range []string{"alice/two", "bob/home"} { // alice's own would be made anew by the repetition
		t.Run(receiver, func(t *testing.T) {
			ends := 0
			m := counter()
			m["end"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) { ends++; tx.Destroy(); return nil, nil }
			m["hear"] = func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
				s.N += 100
				if err := m.Failure(); err != nil {
					s.Log = append(s.Log, err.Error())
				}
				return nil, nil
			}
			m["log"] = showLog
			m["kill"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
				_, err := tx.Post(actortest.Name("app:"+receiver), "end", nil)
				return nil, err
			}
			w := actortest.NewWorld(t, m)
			w.Options.Fatal = func(error) {}
			w.Class.Life[actor.Undone] = m["hear"]
			w.Boot()
			w.Must(w.Call(receiver, "add", nil))
			died := make(chan struct{})
			w.Store.After = func(writes []store.Write) error {
				for i := range writes {
					if writes[i].Destroy {
						close(died)
						w.Store.Before = func([]store.Write) error { return actortest.ErrCrash }
						return actortest.ErrCrash
					}
				}
				return nil
			}
			w.Must(w.Call("alice/home", "kill", nil))
			<-died
			w.Runtime.Close()
			w.Store.Before, w.Store.After = nil, nil
			w.Boot()
			w.Until("the message to be settled", func() bool {
				w.Clock.Advance(time.Second)
				return outboxOf(w, "alice/home") == 0
			})
			w.Until("quiet", w.Runtime.Quiet)
			if slices.Contains(w.Memory.Keys("app:"+receiver), "hA") || ends != 1 {
				t.Errorf("ended %d times, left %q", ends, w.Memory.Keys("app:"+receiver))
			}
			if got := (talk{}).log(w, "alice/home"); got != "[]" || number(w.Call("alice/home", "get", nil)) != 0 {
				t.Error("the sender heard of a failure:", got)
			}
		})
	}
}

// TestCA3_ReceiptsOfMessagesGoWhenNoneCanCome: a busy receiver's and a passive one's.
func TestCA3_ReceiptsOfMessagesGoWhenNoneCanCome(t *testing.T) {
	for _, busy := range []bool{false, true} {
		m := counter()
		m["poke"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
			s.N++
			_, err := tx.Post(actortest.Name(text(m.Args)), "add", nil)
			return nil, err
		}
		w := actortest.NewWorld(t, m).Boot()
		w.Must(w.Call("bob/home", "get", nil))
		w.Must(w.Call("alice/home", "poke", arg("app:bob/home")))
		w.Until("the message to arrive", func() bool { return inboxOf(w, "bob/home") == 1 })
		for day := range 9 {
			w.Clock.Advance(24 * time.Hour)
			if busy {
				w.Must(w.Call("bob/home", "add", nil))
			}
			if n := inboxOf(w, "bob/home"); n == 0 && day < 7 {
				t.Error("gone after", day)
			}
		}
		w.Until("the receipt to go", func() bool {
			w.Clock.Advance(time.Hour)
			if busy {
				w.Must(w.Call("bob/home", "add", nil))
			}
			return inboxOf(w, "bob/home") == 0
		})
		n := number(w.Call("bob/home", "get", nil))
		w.Must(w.Call("alice/home", "poke", arg("app:bob/home")))
		w.Until("the next message", func() bool { return number(w.Call("bob/home", "get", nil)) == n+1 && inboxOf(w, "bob/home") == 1 })
	}
}
