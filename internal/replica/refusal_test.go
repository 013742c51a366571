package replica_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// A refusal must reach a client that does not read at the moment.
func TestOPS1_ARefusalIsNotLostInAFullQueue(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	p := w.peer("bob").connect()
	p.pause(true)
	w.must("bob/home", "Fill", "big", 0, 90_000)
	var subs []uint32
	for i := range 100 { // more than a socket takes
		p.open(fmt.Sprint("app:bob/home/", strings.Repeat("x", 1+i%20), i))
	}
	p.open("app:bob/home/big")
	for i := range 100 {
		subs = append(subs, p.open(fmt.Sprint("app:alice/home/m", i)))
	}
	p.pause(false)
	for _, sub := range subs {
		w.Until("all to be refused", func() bool { return p.end(sub) == wire.NotAllowed })
	}
}

func TestOPS1_AnAnnouncedMapThatNeverComesHoldsUpNothingElse(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Set", "o", "n", 1)
	w.must("bob/home", "Set", "m", "n", 1)
	w.must("bob/home", "Allow", "alice", "m")
	p := w.peer("alice").connect()
	raw := func(sub uint32, full string, more bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.write(wire.MapOpen{Sub: sub, Map: full, More: more}.Append(nil))
	}
	p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	raw(77, "app:alice/home/o", true) // announces another one of alice's; bob's comes instead
	raw(78, "app:bob/home/m", true)
	raw(78, "app:alice/home/x", false) // a number in use
	raw(79, "app:alice/home/m", false) // a map in use
	p.open("app:bob/home/other")
	w.Until("bob's other map to be decided", func() bool { return p.end(p.subs["app:bob/home/other"]) == wire.NotAllowed })
	w.must("alice/home", "Set", "m", "n", 2)
	p.holds("app:alice/home/m")
}
