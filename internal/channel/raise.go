package channel

import (
	"crypto/rand"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

var (
	errNotLinked = wire.Err(wire.Conflict, "This subscription is not established yet: events can be raised when it is.")
	errOver      = wire.Err(wire.Conflict, "This subscription has ended.")
	errOwnWords  = wire.Err(wire.BadRequest, "Events of the domains system, wrangler and cloudos belong to subscriptions themselves.")
)

// RaiseOn raises an event on a subscription: at the peer, once this transaction has committed, in order, through crashes, for up to seven days. It returns the event's id.
func (f *Channels) RaiseOn(tx *actor.Tx, id, domain, typ string, a sky.Attributes) (eid string, err error) {
	if flaw := sky.CheckEvent(domain, typ); flaw != nil {
		return "", flaw
	}
	if dance.Steers(domain) {
		return "", errOwnWords
	}
	if err := f.roomFor(tx, id, a.Size()); err != nil {
		return "", err
	}
	eid = rand.Text()
	var w work
	f.use(tx, func(p *part) {
		l := p.links.get(id)
		switch {
		case l == nil:
			err = errNoLink
		case l.State == dance.Ended:
			err = errOver
		case l.State != dance.Established && l.State != dance.Confirming:
			err = errNotLinked
		default:
			w.asks = append(w.asks, f.request(l.Host, l.ECI, eid, domain, typ, a, tagEvent+"/"+eid+"/"+domain+"/"+typ+"/"+id, id))
		}
	})
	if err == nil {
		err = f.finish(tx, &w)
	}
	return eid, err
}

// Limits of events that are on their way from a CA. What they leave of package fetch's is for the dance, which must go on where peers are away.
const (
	MaxRaised   = 800
	MaxRaisedOn = 250 // of them, on one subscription
	maxRaised   = fetch.MaxBytes - 1<<20
)

var (
	errManyRaised = wire.Err(wire.TooLarge, "As many events of this assistant are on their way as may be: 800, or 7 MiB. Let some arrive first.")
	errAway       = wire.Err(wire.TooLarge, "As many events as may be are on their way to this peer, 250, who may be away. Let some arrive first.")
)

// roomFor tells why an event can't be raised now, if it can't.
func (f *Channels) roomFor(tx *actor.Tx, id string, size int) error {
	switch l := f.opt.Fetches.Load(tx, id); {
	case l.InLane >= MaxRaisedOn:
		return errAway
	case l.All >= MaxRaised || l.Bytes+size > maxRaised:
		return errManyRaised
	}
	return nil
}
