package actor_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

// TestOPS2_NoneIsQuietWhileAMessageIsPassedOn: among many CAs the one that has it is busy, and each of them may have been looked at while it was elsewhere.
func TestOPS2_NoneIsQuietWhileAMessageIsPassedOn(t *testing.T) {
	const cas, passes = 200, 3000
	var passed atomic.Int64
	m := counter()
	m["pass"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		n := passed.Add(1)
		if n == passes {
			return nil, nil
		}
		_, err := tx.Post(actortest.Name(fmt.Sprint("app:alice/c", n*37%cas)), "pass", nil)
		return nil, err
	}
	w := actortest.NewWorld(t, m).Boot()
	for i := range cas {
		w.Must(w.Call(fmt.Sprint("alice/c", i), "get", nil))
	}
	w.Must(w.Call("alice/c0", "pass", nil))
	w.Until("rest", w.Runtime.Quiet)
	if n := passed.Load(); n != passes {
		t.Errorf("quiet after %d of %d", n, passes)
	}
}
