package replica_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/wire"
)

// busy keeps a CA at one message until the returned func is called.
func (w *world) busy(ca string) (done func()) {
	w.T.Helper()
	begun, goOn := make(chan struct{}), make(chan struct{})
	w.block <- func() {
		close(begun)
		<-goOn
	}
	reply := w.Send(actortest.Name("app:"+ca).Owner, ca, "Busy", args())
	<-begun
	return sync.OnceFunc(func() {
		close(goOn)
		w.Must(w.Await(reply))
	})
}

// busyUntil is a method that does what busy says.
func (w *world) busyUntil(*actor.Tx, *actortest.State, *actor.Message) ([]byte, error) {
	(<-w.block)()
	return nil, nil
}

// flood opens and closes maps of a CA, again and again, and returns when the server has read all of it.
func (p *peer) flood(times int, full func(i int) string) {
	p.w.T.Helper()
	for i := range times {
		sub := uint32(1<<20 + i)
		p.raw(wire.MapOpen{Sub: sub, Map: full(i)}.Append(nil), wire.MapClose{Sub: sub}.Append(nil))
	}
	p.ping()
}

// room holds a CA to having room for the requests of others.
func (w *world) room(ca string) <-chan actortest.Reply {
	w.T.Helper()
	reply := w.Send("carol", ca, "Set", args("m", "n", 7))
	select {
	case r := <-reply: // it can only be a refusal: the CA is busy
		w.T.Fatalf("carol's request: %v", r.Err)
	default:
	}
	return reply
}

func TestOPS1_WhoOpensAndClosesMapsInALoopDoesNotFillAnInbox(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Allow", "anyone", "m", "Set")
	done := w.busy("alice/home")
	defer done()
	p := w.peer("bob").connect()
	p.flood(2000, func(int) string { return "app:alice/home/m" })
	set := w.room("alice/home")
	p.open("app:alice/home/m") // comes after what was given up
	done()
	w.Must(w.Await(set))
	p.holds("app:alice/home/m")
}

func TestOPS1_WhoIsGoneDoesNotFillAnInbox(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Allow", "anyone")
	done := w.busy("alice/home")
	defer done()
	p := w.peer("bob")
	for i := range 8 {
		p.connect()
		for i := range replica.MaxSubs {
			p.raw(wire.MapOpen{Sub: uint32(1<<20 + i), Map: fmt.Sprint("app:alice/home/m", i)}.Append(nil))
		}
		p.ping()
		if i < 7 {
			p.cut()
		}
	}
	p.cut()
	set := w.room("alice/home")
	done()
	w.Must(w.Await(set))
	p.connect().open("app:alice/home/m")
	p.holds("app:alice/home/m")
}

// A page has as many maps as a connection may have. A CA that takes its time does not hold up the maps of another one, and none is refused.
func TestMAP5_AllMapsOfAConnectionComeUpHoweverLongTheirWriterTakes(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m0", "n", 1)
	w.must("carol/home", "Set", "m", "n", 1)
	w.must("carol/home", "Allow", "alice", "m")
	p := w.peer("alice")
	for i := range replica.MaxSubs - 1 {
		p.open(fmt.Sprint("app:alice/home/m", i))
	}
	p.open("app:carol/home/m")
	for range 3 {
		done := w.busy("alice/home")
		p.connect()
		p.holds("app:carol/home/m")
		done()
		for full := range p.subs {
			p.holds(full)
		}
		p.cut()
	}
	if len(p.ended) > 0 {
		t.Errorf("%d have ended", len(p.ended))
	}
}

// Reopened under one number, closed and opened under another, given up by a cut: what is asked for last comes.
func TestMAP5_AReopeningStormEndsOnTheLatest(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.must("alice/home", "Set", fmt.Sprint("m", i), "n", 1)
	}
	w.must("alice/home", "Allow", "anyone")
	peers := make([]*peer, 4)
	for round := range 3 {
		done := w.busy("alice/home")
		for i := range peers {
			if peers[i] == nil {
				peers[i] = w.peer("alice")
			}
			p := peers[i].connect()
			for k := range 60 {
				full := fmt.Sprint("app:alice/home/m", k)
				if old, ok := p.subs[full]; ok && k%3 == round {
					p.close(old)
				} else if ok {
					continue
				}
				p.open(full)
			}
			p.flood(100, func(i int) string { return fmt.Sprint("app:alice/home/x", i%9) })
		}
		done()
		for _, p := range peers {
			for full := range p.subs {
				p.holds(full)
			}
			p.cut()
		}
	}
}

// close ends a subscription.
func (p *peer) close(sub uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mirrors.Close(p.now(), sub)
	p.drain()
}
