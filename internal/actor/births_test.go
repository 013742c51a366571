package actor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

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
