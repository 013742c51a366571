package replica_test

import (
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/wire"
)

// All maps that a CA can have change in one transaction, and come in one frame, to whoever has all of them and to whoever has some.
func TestMAP2_AllMapsOfACAChangeTogether(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["All"] = func(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
		n := reader(m).Int()
		for i := range replica.MaxMaps {
			if err := w.hub.Own(tx, fmt.Sprint("m", i)).Set("n", cbor.AppendInt(nil, n)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	w.must("alice/home", "All", 0)
	if r := w.do("alice/home", "Set", "more", "n", 1); r.Code() != wire.TooLarge {
		t.Errorf("a map too many: %v", r.Err)
	}
	everything, some := w.peer("alice").connect(), w.peer("alice").connect()
	for i := range replica.MaxMaps {
		everything.open(fmt.Sprint("app:alice/home/m", i))
		if i%50 == 49 {
			some.open(fmt.Sprint("app:alice/home/m", i))
		}
	}
	for _, p := range []*peer{everything, some} {
		for full := range p.subs {
			p.holds(full)
		}
		p.mu.Lock()
		p.check = func(p *peer) {
			first := ""
			for _, sub := range p.subs {
				n := p.contentLocked(sub)["n"]
				if first == "" {
					first = n
				} else if n != first {
					t.Error("a client sees one map without the others")
					return
				}
			}
		}
		p.mu.Unlock()
	}
	for i := range 30 {
		w.must("alice/home", "All", i+1)
	}
	for _, p := range []*peer{everything, some} {
		for full := range p.subs {
			p.holds(full)
		}
	}
}
