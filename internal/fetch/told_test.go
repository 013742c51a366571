package fetch_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

// An outcome that the framework's handler could not take, for it overran its deadline or the store was away, is told again: else nobody would ever know of it. The call is not made again.
func TestCHAN3_AnOutcomeIsToldUntilItIsTaken(t *testing.T) {
	w := newWorld(t)
	var fails atomic.Int32
	fails.Store(3)
	w.Class.Methods["Later"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		if fails.Add(-1) >= 0 {
			return nil, wire.Err(wire.Deadline, "As it was told.")
		}
		return got(tx, s, m)
	}
	w.must("alice/home", "Ask", "/a", "Later", 0, 0)
	w.hears("alice/home", "200 ")
	w.gone("alice/home")
	if n := w.host.one(t, "/a"); n != 1 || fails.Load() != -1 {
		t.Errorf("called %d times, told %d times", n, 3-fails.Load())
	}
}

// One who never takes it is not told for ever.
func TestCHAN3_AnOutcomeIsNotToldForEver(t *testing.T) {
	w := newWorld(t)
	var told atomic.Int32
	w.Class.Methods["Never"] = func(*actor.Tx, *actortest.State, *actor.Message) ([]byte, error) {
		told.Add(1)
		return nil, wire.Err(wire.Failed, "As it was told.")
	}
	w.must("alice/home", "Ask", "/a", "Never", 0, 0)
	w.Until("it to be given up", func() bool {
		w.pass(10 * time.Minute)
		return told.Load() > 0 && w.pending("alice/home") == 0
	})
	if n := w.host.one(t, "/a"); n != 1 || told.Load() < 5 {
		t.Errorf("called %d times, told %d times", n, told.Load())
	}
}
