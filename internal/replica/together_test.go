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

// neverTorn checks from now on that two maps, which change together, are not seen apart.
func (p *peer) neverTorn(a, b uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.check = func(p *peer) {
		if p.contentLocked(a)["n"] != p.contentLocked(b)["n"] {
			p.w.T.Error("a client sees one map without the other")
		}
	}
}

func TestMAP2_MapsOfOneTransactionChangeTogether(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Both", 0)
	w.must("alice/home", "Allow", "anyone", "a", "b")
	p := w.peer("bob").connect()
	a, b := p.open("app:alice/home/a"), p.open("app:alice/home/b")
	p.holds("app:alice/home/a")
	p.holds("app:alice/home/b")
	p.neverTorn(a, b)
	w.must("carol/home", "Set", "own", "x", 1)
	for i := 1; i <= 300; i++ {
		write := w.Send("alice", "alice/home", "Both", args(i))
		if i%10 == 0 {
			r := cbor.NewReader(w.must("carol/home", "Look", "app:alice/home/a", "app:alice/home/b"))
			r.Array()
			if x, y := r.Int(), r.Int(); x != y {
				t.Errorf("a CA sees %d and %d", x, y)
			}
		}
		if i == 150 {
			p.cut()
			p.connect()
		}
		w.Must(w.Await(write))
	}
	p.holds("app:alice/home/a")
	p.holds("app:alice/home/b")
}

func TestMAP2_MapsThatAreMadeTogetherAppearTogether(t *testing.T) {
	for i := range 20 {
		w := newWorld(t)
		w.must("alice/home", "Set", "a", "x", 1)
		p := w.peer("alice").connect()
		a, b := p.open("app:alice/home/a"), p.open("app:alice/home/b")
		p.holds("app:alice/home/a")
		p.holds("app:alice/home/b")
		p.neverTorn(a, b)
		p.pause(i%2 == 0)
		w.must("alice/home", "Both", 1)
		w.must("alice/home", "Both", 2)
		p.pause(false)
		p.holds("app:alice/home/a")
		p.holds("app:alice/home/b")
		p.cut()
	}
}
