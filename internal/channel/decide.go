package channel

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/dance"
)

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
			p.abandon(l, dance.Withdrawn, reason, tx.Now(), w)
			return nil
		}
		p.take(l, l.Finish(reason, tx.Now()), w)
		return nil
	})
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
