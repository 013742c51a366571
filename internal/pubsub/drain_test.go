package pubsub_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

// A server that drains writes the places behind messages that changed nothing: the next one looks at none of them again.
func TestOPS2_ADrainWritesPlacesThatWait(t *testing.T) {
	w := newWorld(t)
	var count atomic.Int64
	w.Class.Methods["OnNothing"] = func(*actor.Tx, *actortest.State, *actor.Message) ([]byte, error) {
		count.Add(1)
		return nil, nil
	}
	for i := range 5 {
		w.must(fmt.Sprintf("bob/r%d", i), "Follow", "forum/party", "OnNothing")
	}
	w.settled()
	for range 4 {
		w.must("bob/other", "Publish", "forum/party", "x")
	}
	w.settled()
	w.Runtime.Drain(context.Background())
	w.crash()
	w.settled()
	w.must("bob/other", "Publish", "forum/party", "y")
	w.Until("heard", func() bool { return count.Load() >= 25 })
	w.settled()
	if n := count.Load(); n != 25 {
		t.Error(n)
	}
}
