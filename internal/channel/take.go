package channel

import (
	"errors"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/wire"
)

var (
	errDoorbell  = wire.Err(wire.NotAllowed, "This is a doorbell: it takes requests to subscribe, their withdrawal, and nothing else.")
	errNotYet    = wire.Err(wire.NotAllowed, "This channel waits for an answer to a request to subscribe, and takes nothing else before.")
	errBusy      = wire.Retry(wire.Overloaded, "This assistant has too much under way to answer. Try again later.", 60_000)
	errExpired   = wire.Err(wire.NotAllowed, "What this channel has allowed was allowed for a time, which is over.")
	errInbox     = wire.Retry(wire.Quota, "This assistant has as many requests waiting as it takes. Try again later.", 60_000)
	errBarred    = wire.Err(wire.NotAllowed, "Requests like this one are not taken here.")
	errNoHost    = wire.Err(wire.BadRequest, "The request does not say on which server the asker's channel is: its host is missing.")
	errNotTheirs = wire.Err(wire.BadRequest, "The back channel of a request is the asker's own.")
	errNotHere   = wire.Err(wire.BadRequest, "The channel that the request gives is said to be on this server, and there is no such channel here.")
)

// heed tells whether what has come is the dance's business, and may pass.
func (p *part) heed(c *channel, v *Visit) (is bool, refused *wire.Error) {
	if c.name != Doorbell && c.sub == "" {
		return false, nil
	}
	if !v.query() {
		m, is, flaw := dance.Parse(v.Domain, v.Type, v.Attributes)
		switch {
		case flaw != nil:
			return true, flaw
		case is && c.name == Doorbell && m.Kind != dance.Request && m.Kind != dance.Withdraw:
			return true, errDoorbell
		case is && p.waits(c) && m.Kind != dance.Confirm && m.Kind != dance.Refuse:
			return true, errNotYet
		case is:
			v.word = &m
			return true, p.spend(c, v.At)
		}
	}
	if c.name == Doorbell {
		return true, errDoorbell
	}
	if l := p.links.get(c.sub); l == nil || l.State != dance.Established && l.State != dance.Confirming {
		return true, errNotYet
	}
	return false, nil
}

// waits tells whether a channel is the back channel of a request that has no answer yet.
func (p *part) waits(c *channel) bool {
	l := p.links.get(c.sub)
	return c.sub != "" && (l == nil || l.State == dance.Pending)
}

// Take hears what a visit says to the dance; done tells that this is all it says. Any other one on the channel of a subscription proves that the peer has it.
func (f *Channels) Take(tx *actor.Tx, v *Visit) (done bool, err error) {
	switch {
	case v.word == nil && v.by.sub == "":
		return false, nil
	case v.word == nil:
		err = f.step(tx, v.by.sub, func(p *part, l *link, w *work) error {
			done = p.lasts.repeats(v)
			p.take(l, l.Used(tx.Now()), w)
			return nil
		})
		return done, err
	}
	known := false
	f.use(tx, func(p *part) { known = p.links.get(v.word.ID) != nil })
	if !known && v.word.Kind == dance.Request && v.by.name == Doorbell {
		return true, later(f.asked(tx, v))
	}
	err = f.step(tx, v.word.ID, func(p *part, l *link, w *work) error {
		m := *v.word
		if m.Kind == dance.Request {
			f.settleHost(&m)
		}
		m.Reason = p.discreet(l, m.Reason)
		s, flaw := l.Take(m, v.by.name, tx.Now())
		if flaw != nil {
			return flaw
		}
		p.take(l, s, w)
		return nil
	})
	switch {
	case err != errNoLink:
		return true, err
	case v.word.Kind == dance.Withdraw && v.by.name == Doorbell:
		return true, f.forestall(tx, v.word)
	}
	return true, dance.Unknown()
}

// forestall remembers a withdrawal that has overtaken its request: that one may still come, and nobody waits for an answer to it.
func (f *Channels) forestall(tx *actor.Tx, m *dance.Message) error {
	return f.apply(tx, func(p *part, w *work) error {
		if !p.makeRoom(w) {
			return errInbox
		}
		p.keep(&link{Record: dance.Record{ID: m.ID, Gen: m.Gen, State: dance.Ended, End: dance.Withdrawn, ECI: m.ECI, Since: tx.Now()}})
		return nil
	})
}

// later asks a peer to come again where it is we who have too much under way.
func later(err error) error {
	if e := (*wire.Error)(nil); errors.As(err, &e) && e.Code == wire.TooLarge {
		return errBusy
	}
	return err
}
