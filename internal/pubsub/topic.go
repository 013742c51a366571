package pubsub

import (
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// What a topic's actor takes, from CAs only.
const (
	publish     = "publish"
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	end         = "end"
)

// Class is the kind of a topic's actor. Its state is all in its log.
func (h *Hub) Class() actor.Class { return topicClass{h} }

type topicClass struct{ hub *Hub }

func (topicClass) New() any                   { return new(struct{}) }
func (topicClass) Encode(any) ([]byte, error) { return []byte(cbor.Null), nil }
func (topicClass) Decode([]byte, any) error   { return nil }
func (topicClass) Handles(actor.Kind) bool    { return false }
func (topicClass) Version() string            { return "" }
func (topicClass) Deadline() time.Duration    { return 10 * time.Second }
func (topicClass) PulseEvery() time.Duration  { return 0 }

var (
	errPrivate = wire.Err(wire.NotAllowed, "This is a private topic: only the assistant that it belongs to publishes to it.")
	errAsked   = wire.Err(wire.BadRequest, "A topic takes no such message.")
)

// Admit lets the owning CA publish to a private topic, and whom its policy lets read follow it. A forum is everybody's.
func (c topicClass) Admit(m *actor.Message) *wire.Error {
	owner := m.To.CA()
	switch {
	case m.Kind != actor.Send:
		return errAsked
	case m.To.Forum() || m.Method == unsubscribe || m.From == owner:
		return nil
	case m.Method == subscribe:
		return c.hub.opt.Judge(owner, m.From, m.To.Item, bus.Reader{}).Refusal()
	}
	return errPrivate
}

// Invoke does what a CA has asked for.
func (c topicClass) Invoke(tx *actor.Tx, _ any, m *actor.Message) (result []byte, err error) {
	ends := false // the actor too: there is nothing in it
	tx.Use(logFeature(c), func(x actor.Part) {
		l := x.(*log)
		switch m.Method {
		case publish:
			err = l.publish(m.From, m.Args, tx.Now())
		case subscribe:
			err = l.subscribe(m.From, m.Args)
		case unsubscribe:
			err, ends = l.unsubscribe(m.From), l.epoch == 0
		case end:
			ends = true
		default:
			err = errAsked
		}
	})
	if err == nil && ends {
		tx.Destroy()
	}
	return cbor.AppendNull(nil), err
}
