package bus

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Channels know what may come by the channels of a CA.
type Channels interface {
	// Admit decides on an event in the CA's turn, as its message is taken from the mailbox, and names the channel. NotFound says that there is no such channel.
	Admit(ca *actor.CA, e *Event, now int64) (channel string, refused *wire.Error)
	// Spend takes an event that was admitted, and is not the repetition of one, from its channel's rate.
	Spend(ca *actor.CA, e *Event, now int64) *wire.Error
	// Of are the channels by which a principal is certain to come, as far as the CA knows: what it does there counts as its own.
	Of(ca *actor.CA, principal name.Name) []string
	// Seal makes the result of the message at hand fit to be stored, if the CA has told in it what opens a channel; else it is as it was, and sealed is false.
	Seal(ca *actor.CA, result []byte) (fit []byte, sealed bool)
	// Unseal is the result that Seal has sealed.
	Unseal(ca *actor.CA, sealed []byte) ([]byte, error)
}

// Event is what came by a channel of a CA's: the Ext of a message of kind actor.Raised. Whoever sent it is known by the channel only, which stands for it in rules and in the
// ledger as the principal channel/name.
type Event struct {
	// Request says what happened, as receipts tell it apart. Its Key is the event's id, if it has one, and its Caller.Owner the channel's.
	Request
	By any // the channel's own knowledge of it
}

// ChannelOwner is the owner that principals of channels have. Nobody can sign in by that name.
const ChannelOwner = name.ChannelOwner

// doorbell is the channel that everybody may know.
const doorbell = "doorbell"

// deniedLabel is what rules about events name, besides those that name nothing.
const deniedLabel = "events"

// admitEvent has the channel decide, whose attenuation is the policy of what comes by it. A rule that denies the channel wins.
func (g *guard) admitEvent(e *Event, m *actor.Message, now int64) actor.Verdict {
	if g.gate.Channels == nil {
		return g.refuse(errNoChannel)
	}
	channel, refused := g.gate.Channels.Admit(g.ca, e, now)
	if channel == "" {
		g.open = true // nobody's: it is in no ledger
		return actor.Verdict{Refused: errNoChannel}
	}
	m.From = name.Name{App: m.To.App, Owner: ChannelOwner, Local: channel}
	if refused != nil {
		return g.refuse(refused)
	}
	if d := g.decide(m.From, deniedLabel); !d.Allowed && d.Rule != policy.DefaultRule {
		*g.decision = d
		return g.refuse(d.Refusal())
	}
	g.decision.Allowed = true
	v := g.receipts.find(askedBy(e))
	if v.Refused == nil && !v.Replay { // who has not heard the answer gets it, however little the channel takes
		if refused := g.gate.Channels.Spend(g.ca, e, now); refused != nil {
			return g.refuse(refused)
		}
	}
	return v
}

// channelsOf are the principals as which one is known that comes by channels.
func (g *guard) channelsOf(principal name.Name) (all []name.Name) {
	if g.gate.Channels == nil {
		return nil
	}
	for _, channel := range g.gate.Channels.Of(g.ca, principal) {
		all = append(all, name.Name{App: g.ca.Name().App, Owner: ChannelOwner, Local: channel})
	}
	return all
}

var errNoChannel = wire.Err(wire.NotFound, "There is no such channel.")

// asked is what was asked, as receipts tell it apart.
type asked struct {
	owner  string // who asks
	key    *Key
	method string
	args   []byte
}

func askedIn(c *call) asked {
	return asked{c.message.From.Owner, &c.key, c.message.Method, c.message.Args}
}

func askedBy(e *Event) asked { return asked{e.Caller.Owner, &e.Key, e.Method, e.Args} }

// askedOf tells what a message asks, if it is one that may have a receipt.
func askedOf(m *actor.Message) (a asked, ok bool) {
	switch x := m.Ext.(type) {
	case *call:
		return askedIn(x), true
	case *Event:
		return askedBy(x), true
	}
	return asked{}, false
}
