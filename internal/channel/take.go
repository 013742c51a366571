package channel

import (
	"cmp"
	"errors"
	"net/url"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Labels of rules about the doorbell: who may not ring, and who is let in at once.
const (
	LabelRing    = "doorbell"
	LabelApprove = "doorbell-approve"
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
	if err == errNoLink {
		return true, dance.Unknown()
	}
	return true, err
}

// later asks a peer to come again where it is we who have too much under way.
func later(err error) error {
	if e := (*wire.Error)(nil); errors.As(err, &e) && e.Code == wire.TooLarge {
		return errBusy
	}
	return err
}

// settleHost has what is on this server known as such, by whatever name it was called.
func (f *Channels) settleHost(m *dance.Message) {
	if _, ours := f.keys.open(m.ECI); ours {
		m.Host = ""
	}
}

// asked takes a request that is new: into the inbox, or further, as rules and invitations say.
func (f *Channels) asked(tx *actor.Tx, v *Visit) error {
	m := *v.word
	f.settleHost(&m)
	from, flaw := f.asker(&m, v)
	if flaw != nil {
		return flaw
	}
	s, flaw := dance.Asked(m, tx.Now())
	if flaw != nil {
		return flaw
	}
	s.Record.Verified = v.Sender != name.Name{}
	if f.barred(tx, f.principal(tx, from, s.Record.Verified)) {
		return errBarred // in the answer to the request: nobody is written to whom we know nothing of
	}
	welcome := f.welcome(tx, from, s.Record.Verified)
	var invited *Attenuation
	err := f.apply(tx, func(p *part, w *work) error {
		invited = p.redeem(m.Secret, tx.Now())
		if waits := invited == nil && !welcome; waits && p.links.full(&s.Record) || !p.makeRoom(w) {
			return errInbox
		}
		p.take(&link{Record: dance.Record{ID: m.ID}, peer: cmp.Or(m.From, hostOf(cmp.Or(m.Host, f.publicURL())))}, s, w)
		return nil
	})
	switch {
	case err != nil:
		return err
	case invited != nil:
		return f.Approve(tx, m.ID, *invited)
	}
	return f.judge(tx, m.ID, from, s.Record.Verified, &m)
}

// asker is who asks: known for certain, if it is a CA of this server that the bus has brought; what it says of itself otherwise.
func (f *Channels) asker(m *dance.Message, v *Visit) (from name.Name, flaw *wire.Error) {
	if ca, ours := f.keys.open(m.ECI); ours {
		if ca == v.of {
			return from, errSelf
		}
		switch v.Sender {
		case ca:
			m.From = ca.String()
			return ca, nil
		case name.Name{}: // somebody outside who has an ECI of ours, and learns nothing about whose it is
			m.From = claimed(m.From, f.publicURL())
			return from, nil
		}
		return from, errNotTheirs
	}
	if m.Host == "" {
		return from, errNoHost
	}
	if m.Host == f.publicURL() {
		return from, errNotHere
	}
	if v.Sender != (name.Name{}) {
		return from, errNotTheirs
	}
	m.From = claimed(m.From, m.Host)
	return from, f.checkHost(m.Host, m.ECI)
}

// claimed is what an asker says of itself, nothing where that can't be: a CA of another server than its own, or no CA.
func claimed(from, host string) string {
	if n, err := name.Parse(from); err != nil || n.Item != "" || n.Host != "" && n.Host != hostOf(host) {
		return ""
	}
	return from
}

// stranger is the principal of whoever rings the doorbell and is not known: rules about anyone include it.
func stranger(app string) name.Name {
	return name.Name{App: app, Owner: name.ChannelOwner, Local: Doorbell}
}

// principal is who asks, as rules see it.
func (f *Channels) principal(tx *actor.Tx, from name.Name, verified bool) name.Name {
	if verified {
		return from
	}
	return stranger(tx.Self().App)
}

// barred tells whether a rule keeps somebody from the doorbell.
func (f *Channels) barred(tx *actor.Tx, who name.Name) bool {
	d := f.opt.Gate.Decide(tx, who, LabelRing)
	return !d.Allowed && d.Rule != policy.DefaultRule && d.Code == wire.NotAllowed
}

// welcome tells whether a rule lets somebody in who asks.
func (f *Channels) welcome(tx *actor.Tx, from name.Name, verified bool) bool {
	d := f.opt.Gate.DecideNamed(tx, f.principal(tx, from, verified), LabelApprove)
	return d.Allowed && d.Rule != policy.DefaultRule
}

// judge has rules decide on a request that waits. Who asks is verified first, if that could matter and has yet to be.
func (f *Channels) judge(tx *actor.Tx, id string, from name.Name, verified bool, m *dance.Message) error {
	if f.barred(tx, f.principal(tx, from, verified)) {
		return f.Decline(tx, id, errBarred.Message)
	}
	if f.welcome(tx, from, verified) {
		var terms Attenuation
		f.use(tx, func(p *part) {
			if p.terms != nil {
				terms = *p.terms
			}
		})
		return f.Approve(tx, id, terms)
	}
	if verified || m == nil || m.Vouch == "" || m.Host == "" {
		return nil
	}
	f.verify(tx, m)
	return nil
}

// verify asks the asker's server whether it is the one who says so. The call's body, for a carrier in the process, is a CBOR array.
// Where no more can be asked, the asker stays somebody who says so.
func (f *Channels) verify(tx *actor.Tx, m *dance.Message) {
	doorbell := f.ECI(tx, Doorbell)
	b := cbor.AppendArrayHeader(nil, 5)
	for _, text := range []string{m.Vouch, m.Host, doorbell, m.ECI, m.ID} {
		b = cbor.AppendText(b, text)
	}
	_, _ = f.opt.Fetches.Ask(tx, fetch.Request{
		Call:   outgoing.Call{Method: "POST", URL: "verify:" + url.QueryEscape(hostOf(m.Host)), Body: b, Timeout: time.Minute},
		Within: 24 * time.Hour, First: firstWait, LastWait: lastWait, Tag: tagVerify + "/" + m.ID, Minor: true,
	}, AnswerMethod)
}

// verified takes the answer: the asker's name as its server says it.
func (f *Channels) verified(tx *actor.Tx, id, from string) error {
	who, err := name.Parse(from)
	if err != nil {
		return nil // it stays what somebody says of itself
	}
	waits := false
	err = f.step(tx, id, func(p *part, l *link, w *work) error {
		next := *l
		next.From, next.Verified, next.peer = who.String(), true, who.String()
		waits = l.State == dance.Waiting
		p.keep(&next)
		w.shown = append(w.shown, &next)
		if waits {
			p.tell(f.event(&next))
		}
		return nil
	})
	if err != nil || !waits {
		return err
	}
	return f.judge(tx, id, who, true, nil)
}

// Approve says yes to a request that waits, and what the peer may raise here.
func (f *Channels) Approve(tx *actor.Tx, id string, allow Attenuation) error {
	if flaw := allow.Check(); flaw != nil {
		return flaw
	}
	return f.step(tx, id, func(p *part, l *link, w *work) error {
		label := channelOf(id)
		s, flaw := l.Approve(label, tx.Now())
		if flaw != nil {
			return flaw
		}
		if l.State == dance.Waiting {
			c, flaw := p.open(label, id, allow, tx.Now(), bus.Entry{})
			if flaw != nil {
				return flaw
			}
			w.opened = append(w.opened, c)
		}
		p.take(l, s, w)
		return nil
	})
}

// Decline says no to a request that waits.
func (f *Channels) Decline(tx *actor.Tx, id, reason string) error {
	return f.step(tx, id, func(p *part, l *link, w *work) error {
		s, flaw := l.Decline(reason, tx.Now())
		if flaw == nil {
			p.take(l, s, w)
			return nil
		}
		return flaw
	})
}

// End ends a subscription in whatever state it is.
func (f *Channels) End(tx *actor.Tx, id, reason string) error {
	return f.step(tx, id, func(p *part, l *link, w *work) error {
		if l.target != "" {
			w.stop = append(w.stop, tagResolve+"/"+id)
			next := *l
			next.target, next.State, next.End, next.Reason, next.Since, next.Expires = "", dance.Ended, dance.Withdrawn, reason, tx.Now(), 0
			if p.close(l.Channel) {
				w.shut = append(w.shut, l.Channel)
			}
			p.keep(&next)
			w.shown = append(w.shown, &next)
			p.tell(f.event(&next))
			return nil
		}
		p.take(l, l.Finish(reason, tx.Now()), w)
		return nil
	})
}
