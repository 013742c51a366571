package channel

import (
	"crypto/rand"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
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

// Links are the CA's subscriptions, in the order of their ids.
func (f *Channels) Links(tx *actor.Tx) (all []LinkInfo) {
	f.use(tx, func(p *part) {
		for _, l := range p.links {
			all = append(all, f.info(l))
		}
	})
	return all
}

// DoorbellAllows says what those may raise who are let in by a rule.
func (f *Channels) DoorbellAllows(tx *actor.Tx, a Attenuation) error {
	if flaw := a.Check(); flaw != nil {
		return flaw
	}
	f.use(tx, func(p *part) {
		p.terms = &a
		p.put(keyTerms, "", a.append(nil))
	})
	return nil
}

// Publish shows a card to whoever looks the CA up, together with its doorbell; nil hides it.
func (f *Channels) Publish(tx *actor.Tx, card []byte) {
	f.use(tx, func(p *part) {
		p.card = card
		if card == nil {
			p.remove(keyCard, "")
			return
		}
		p.put(keyCard, "", card)
	})
}

// Card is the one that is published, nil for none.
func (f *Channels) Card(tx *actor.Tx) (card []byte) {
	f.use(tx, func(p *part) { card = p.card })
	return card
}

// Published is the card and the doorbell of a CA as they are stored, without waking it. There is no card where nothing is published, and no doorbell where it is closed.
func (f *Channels) Published(key string) (card []byte, doorbell string, err error) {
	if card, err = f.opt.Read(key, sideKey(keyCard, "")); err != nil || card == nil {
		return nil, "", err
	}
	stored, err := f.opt.Read(key, sideKey(keyDoorbell, ""))
	if err != nil || len(stored) != idBytes {
		return card, "", err
	}
	ca, flaw := parseKey(key)
	if flaw != nil {
		return nil, "", flaw
	}
	return card, f.keys.mint(ca, id(stored)), nil
}

// Command takes an event of the CA's own that steers subscriptions, by the article's names or by those of engines; done tells that it is one. It answers with what was begun.
func (f *Channels) Command(tx *actor.Tx, domain, typ string, a sky.Attributes) (answer []sky.Directive, done bool, err error) {
	start, is, flaw := dance.ParseStart(domain, typ, a)
	switch {
	case flaw != nil:
		return nil, true, flaw
	case is:
		return f.subscribe(tx, start)
	}
	id, wish, is, flaw := dance.ParseWish(domain, typ, a)
	switch {
	case flaw != nil:
		err = flaw
	case wish == dance.ToApprove:
		err = f.Approve(tx, id, Attenuation{})
	case wish == dance.ToDecline:
		err = f.Decline(tx, id, "")
	case wish == dance.ToEnd:
		err = f.End(tx, id, "")
	}
	return nil, is, err
}

func (f *Channels) subscribe(tx *actor.Tx, s dance.Ask) ([]sky.Directive, bool, error) {
	ask := Ask{
		Target: s.Doorbell, Gen: s.Gen, Name: s.Name, Namespace: s.Namespace, Relationship: s.Relationship, ChannelName: s.ChannelName, ChannelType: s.ChannelType,
		RxRole: s.RxRole, TxRole: s.TxRole, Why: s.Why, Secret: s.Secret,
	}
	if s.Host != "" {
		ask.Host, ask.Doorbell = s.Host, s.Doorbell
	}
	id, err := f.Link(tx, ask)
	if err != nil {
		return nil, true, err
	}
	return []sky.Directive{{Name: "subscription", Options: cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "id"), id)}}, true, nil
}
