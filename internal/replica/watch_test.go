package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// watched has CAs count what they are woken for.
func (w *world) watched() {
	w.Class.Methods["Watch"] = func(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
		return nil, w.watches.Watch(tx, actortest.Name(reader(m).Text()), "Moved")
	}
	w.Class.Methods["Unwatch"] = func(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
		return cbor.AppendBool(nil, w.watches.Unwatch(tx, actortest.Name(reader(m).Text()))), nil
	}
	w.Class.Methods["Moved"] = func(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
		r := reader(m)
		full := r.Text()
		seen, err := w.hub.Read(tx, actortest.Name(full))
		if err != nil {
			return nil, err
		}
		own := w.hub.Own(tx, "seen")
		if err := own.Set(full[len("app:"):], cbor.AppendUint(nil, seen.Version())); err != nil {
			return nil, err
		}
		if seen.Version()%5 == 0 {
			return nil, wire.Err(wire.Failed, "As it happens.")
		}
		return nil, nil
	}
}

// saw is the version of a map that a CA has handled last.
func (w *world) saw(ca, full string) uint64 {
	m, err := w.hub.Newest(actortest.Name("app:" + ca + "/seen"))
	if err != nil {
		return 0
	}
	v, _ := m.Get(full)
	r := cbor.NewReader(v)
	return r.Uint()
}

func TestMAP12_AWatchOfAForbiddenMapComesAliveWhenAGroupLetsItIn(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Allow", "#carol/home/friends", "m")
	w.must("carol/home", "Set", "friends", "zoe", 1)
	w.must("carol/home", "Allow", "alice", "friends")
	w.must("bob/home", "Watch", "app:alice/home/m")
	w.must("carol/home", "Set", "friends", "bob", 1)
	w.Until("bob to be woken", func() bool { return w.saw("bob/home", "alice/home/m") == 1 })
}

func TestMAP12_AWatchOutlivesWhatItWatches(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.must("alice/home", "Allow", "bob", "m")
	w.must("bob/home", "Watch", "app:alice/home/m")
	w.must("alice/home", "Set", "m", "n", 1)
	w.Until("bob to see it", func() bool { return w.saw("bob/home", "alice/home/m") == 1 })
	w.must("alice/home", "End")
	w.must("alice/home", "Allow", "bob", "m")
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Set", "m", "n", 2)
	w.Until("bob to see another one", func() bool { return w.saw("bob/home", "alice/home/m") == 2 })
}

// Who watched and is destroyed is woken no more, and holds nothing in memory.
func TestMAP12_AWatchEndsWithItsCA(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("bob/home", "Watch", "app:bob/other/m")
	w.crash()
	w.must("bob/home", "End")
	w.must("bob/home", "Watch", "app:bob/more/m")
	w.must("bob/home", "End")
	w.Until("nothing to be held", func() bool {
		w.Clock.Advance(2 * time.Minute)
		return w.hub.Stats().Writers == 0
	})
}

// However writers, restarts and ends follow each other, whoever watches has handled the last version in the end.
func TestMAP12_NoWakeUpIsLost(t *testing.T) {
	w := newWorld(t)
	w.watched()
	for i := range 4 {
		w.must(fmt.Sprintf("w%d/home", i), "Allow", "anyone", "m")
		for j := range 4 {
			w.must(fmt.Sprintf("r%d/home", j), "Watch", fmt.Sprintf("app:w%d/home/m", i))
		}
	}
	for i := range 300 {
		w.Send(fmt.Sprint("w", i%4), fmt.Sprintf("w%d/home", i%4), "Set", args("m", "n", i+1))
		switch {
		case i%71 == 70:
			w.crash()
		case i%37 == 36:
			w.Until("rest", w.Runtime.Quiet) // what is in use stays in memory for a minute: nobody takes longer in the midst of something
			w.Clock.Advance(20 * time.Minute)
		}
	}
	for i := range 4 {
		w.must(fmt.Sprintf("w%d/home", i), "Set", "m", "last", 1)
		if w.version(fmt.Sprintf("app:w%d/home/m", i))%5 == 0 { // those fail, and what they write is taken back
			w.must(fmt.Sprintf("w%d/home", i), "Set", "m", "last", 2)
		}
	}
	for i := range 4 {
		for j := range 4 {
			w.Until("all to have been handled", func() bool {
				return w.saw(fmt.Sprintf("r%d/home", j), fmt.Sprintf("w%d/home/m", i)) == w.version(fmt.Sprintf("app:w%d/home/m", i))
			})
		}
	}
}

func TestMAP12_AWatchAsksAgainWhereTheStoreHasFailed(t *testing.T) {
	w := newWorld(t)
	w.watched()
	w.must("alice/home", "Allow", "bob", "m")
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("bob/home", "Watch", "app:bob/none/m")
	w.down()
	failed := make(chan struct{}, 100)
	w.loads = func(ca string, _ bool) error {
		if ca != "app:alice/home" || len(failed) > 0 {
			return nil
		}
		failed <- struct{}{}
		return wire.Err(wire.Internal, "As it was told.")
	}
	w.up()
	w.must("bob/home", "Watch", "app:alice/home/m")
	w.Until("bob to see it", func() bool {
		w.Clock.Advance(31 * time.Second)
		return w.saw("bob/home", "alice/home/m") == 1
	})
}
