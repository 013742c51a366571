package pubsub_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/pubsub"
	"github.com/wabgo/wab/internal/wire"
)

// newBusyHall is one whose CAs can be kept at a message.
func newBusyHall(t *testing.T) (h *hall, busy func(ca string) (done func())) {
	h = newHall(t)
	block := make(chan func(), 1)
	h.Class.Methods["Busy"] = func(*actor.Tx, *actortest.State, *actor.Message) ([]byte, error) {
		(<-block)()
		return nil, nil
	}
	return h, func(ca string) func() {
		begun, goOn := make(chan struct{}), make(chan struct{})
		block <- func() {
			close(begun)
			<-goOn
		}
		reply := h.Send(actortest.Name("app:"+ca).Owner, ca, "Busy", args())
		<-begun
		return sync.OnceFunc(func() {
			close(goOn)
			h.Must(h.Await(reply))
		})
	}
}

// flood has a client open topics again and again, and returns when the server has read all of it.
func (p *peer) flood(frames ...[]byte) {
	p.h.T.Helper()
	p.mu.Lock()
	for _, frame := range frames {
		p.write(frame)
	}
	p.mu.Unlock()
	p.ping()
}

// room holds a busy CA to having room for the requests of others.
func (h *hall) room(ca string) <-chan actortest.Reply {
	h.T.Helper()
	reply := h.Send("carol", ca, "Log", args())
	select {
	case r := <-reply: // it can only be a refusal: the CA is busy
		h.T.Fatalf("carol's request: %v", r.Err)
	default:
	}
	return reply
}

func TestOPS1_WhoOpensTopicsInALoopDoesNotFillAnInbox(t *testing.T) {
	const times = 2000
	open := func(sub uint32) []byte { return wire.TopicOpen{Sub: sub, Topic: "app:alice/home/news"}.Append(nil) }
	var closes, same [][]byte
	for i := range uint32(times) {
		closes = append(closes, open(1<<20+i), wire.TopicClose{Sub: 1<<20 + i}.Append(nil))
		same = append(same, open(1<<20))
	}
	for what, frames := range map[string][][]byte{"and closes": closes, "by one number": same} {
		t.Run(what, func(t *testing.T) {
			h, busy := newBusyHall(t)
			h.must("alice/home", "Allow", "anyone", "news")
			h.must("alice/home", "Allow", "anyone", "Log")
			h.say("alice/home", "alice/home/news", "one")
			done := busy("alice/home")
			defer done()
			p := h.peer("bob")
			p.flood(frames...)
			asked := h.room("alice/home")
			news, fair := p.follow("alice/home/news", 0, 0), p.follow("forum/fair").lives() // nobody is asked about that one
			done()
			h.Must(h.Await(asked))
			news.lives()
			h.say("alice/home", "alice/home/news", "two")
			h.say("carol/home", "forum/fair", "three")
			news.hears("1:alice/home=one 2:alice/home=two")
			fair.hears("1:carol/home=three")
		})
	}
}

// A page has as many topics as a connection may have. A CA that takes its time does not hold up those of another one, and none is refused.
func TestPUB3_AllTopicsOfAConnectionComeUpHoweverLongTheirCATakes(t *testing.T) {
	h, busy := newBusyHall(t)
	h.must("carol/home", "Allow", "alice", "news")
	h.must("alice/home", "Log")
	p := h.peer("alice")
	for range 3 {
		p.cut()
		done := busy("alice/home")
		p.connect()
		for i := len(p.topics); i < pubsub.MaxListeners-1; i++ {
			p.follow(fmt.Sprint("alice/home/t", i))
		}
		if len(p.topics) < pubsub.MaxListeners {
			p.follow("carol/home/news")
		}
		p.topics[len(p.topics)-1].lives()
		done()
		for _, t := range p.topics {
			t.lives()
		}
	}
}

// What is asked for when the connection is lost is forgotten, and holds up nobody.
func TestOPS1_WhoOpensTopicsAndIsGoneDoesNotFillAnInbox(t *testing.T) {
	h, busy := newBusyHall(t)
	h.must("alice/home", "Allow", "anyone", "news")
	h.must("alice/home", "Allow", "anyone", "Log")
	done := busy("alice/home")
	defer done()
	var frames [][]byte
	for i := range uint32(pubsub.MaxListeners) {
		frames = append(frames, wire.TopicOpen{Sub: 1<<20 + i, Topic: "app:alice/home/news"}.Append(nil))
	}
	p := h.peer("bob")
	for range 8 {
		p.flood(frames...)
		p.cut()
		p.connect()
	}
	asked := h.room("alice/home")
	news := p.follow("alice/home/news")
	done()
	h.Must(h.Await(asked))
	news.lives()
}
