package channel

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/sky"
)

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
	ask := Ask{Ask: s}
	if s.Host == "" {
		ask.Target, ask.Doorbell = s.Doorbell, ""
	}
	id, err := f.Link(tx, ask)
	if err != nil {
		return nil, true, err
	}
	return []sky.Directive{{Name: "subscription", Options: cbor.AppendText(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "id"), id)}}, true, nil
}
