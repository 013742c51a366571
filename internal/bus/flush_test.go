package bus_test

import (
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
)

// TestCA6_CountsAreWrittenThoughATimerRangBefore: the CA is woken for its timer first, and must be woken for what it has counted too.
func TestCA6_CountsAreWrittenThoughATimerRangBefore(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["Remind"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		_, err := tx.Set(tx.Now()+25_000_000, 0, "Add", args())
		return nil, err
	}
	w.must("alice", "alice/home", "Remind")
	w.Clock.Advance(20 * time.Second)
	w.must("alice", "alice/home", "Get")
	w.Clock.Advance(5 * time.Second)
	w.Until("the timer", w.Runtime.Quiet)
	writes := w.Store.Writes.Load()
	w.Clock.Advance(5 * time.Second)
	w.Until("the counts to be written", func() bool { return w.Store.Writes.Load() > writes })
	w.Until("it to be passive", func() bool { w.Clock.Advance(time.Minute); return w.Runtime.Active() == 0 })
}
