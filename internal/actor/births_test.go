package actor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// limit sets how many CAs an owner may have.
func limit(w *actortest.World, most int) {
	w.Options.MaxCAs = most
	w.Options.CAs = func(prefix string, _ int, visit func(string) error) error {
		for _, ca := range w.Memory.CAs() {
			if strings.HasPrefix(ca, prefix) {
				if err := visit(ca); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// TestCA9_OwnersHaveSoManyCAs: also when they are all asked for at once; what fails to be made and what is destroyed makes room.
func TestCA9_OwnersHaveSoManyCAs(t *testing.T) {
	const most, asked = 5, 40
	m := counter()
	m["end"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) { tx.Destroy(); return nil, nil }
	w := actortest.NewWorld(t, m)
	w.Class.Life[actor.Init] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		if strings.HasPrefix(tx.Self().Local, "bad") {
			return nil, errors.New("no")
		}
		return nil, nil
	}
	limit(w, most)
	w.Boot()
	for i := range 2 * most {
		if r := w.Call(fmt.Sprint("alice/bad", i), "add", nil); r.Code() != wire.Failed {
			t.Fatal(r)
		}
	}
	var all []<-chan actortest.Reply
	for i := range asked {
		all = append(all, w.Send("alice", fmt.Sprint("alice/ca", i), "add", nil))
	}
	made := []int{}
	for i, c := range all {
		switch r := w.Await(c); r.Code() {
		case "":
			made = append(made, i)
		case wire.Quota:
		default:
			t.Error(r)
		}
	}
	if len(made) == 0 || len(made) > most || len(w.Memory.CAs()) != len(made) {
		t.Fatalf("made %v, stored %q", made, w.Memory.CAs())
	}
	for i := range most - len(made) { // one at a time, all get what is left
		w.Must(w.Call(fmt.Sprint("alice/more", i), "add", nil))
	}
	if r := w.Call("alice/last", "add", nil); r.Code() != wire.Quota {
		t.Error(r)
	}
	w.Must(w.Call("bob/home", "add", nil))
	ca := fmt.Sprint("alice/ca", made[0])
	w.Must(w.Call(ca, "add", nil))
	w.Must(w.Call(ca, "end", nil))
	w.Until("its end", func() bool { return len(w.Memory.Keys("app:"+ca)) == 0 })
	w.Until("room for another", func() bool { return w.Call("alice/last", "add", nil).Err == nil })
}

// TestCA9_TheLastCAIsMadeAtOnce: who hears of one CA asks for the next one in the same instant, and none is counted twice.
func TestCA9_TheLastCAIsMadeAtOnce(t *testing.T) {
	m := counter()
	ran := make(chan string, 1)
	m["ran"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { ran <- "ran"; return nil, nil }
	w := actortest.NewWorld(t, m)
	limit(w, 2)
	w.Boot()
	outcome := make(chan string, 1)
	w.Runtime.Deliver(&actor.Message{Kind: actor.Call, From: actortest.Name("app:alice"), To: actortest.Name("app:alice/one"), Method: "add",
		Reply: func([]byte, *wire.Error) {
			second := w.Send("alice", "alice/two", "ran", nil)
			select {
			case got := <-ran:
				outcome <- got
			case r := <-second:
				outcome <- r.Err.Error()
			}
		}})
	if got := <-outcome; got != "ran" {
		t.Error(got)
	}
}

// TestCA9_GravesAreCounted: whoever makes and removes CAs without an end does not have the others look through all that it leaves.
func TestCA9_GravesAreCounted(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	limit(w, 2)
	var writes []store.Write
	for i := range 1000 {
		writes = append(writes, store.Write{CA: fmt.Sprint("app:alice/ca", i), Puts: []store.KV{{Key: []byte("hZ"), Value: cbor.AppendInt(nil, actortest.Start.UnixMicro()+1_000_000)}}, Due: actortest.Start.UnixMicro() + 1_000_000})
	}
	w.Memory.Commit(writes)
	w.Boot()
	if r := w.Call("alice/home", "add", nil); r.Code() != wire.Quota || !strings.Contains(r.Err.Message, "lately") {
		t.Error(r)
	}
	w.Must(w.Call("bob/home", "add", nil))
	w.Clock.Advance(time.Second)
	w.Until("room for another", func() bool { return w.Call("alice/home", "add", nil).Err == nil })
}
