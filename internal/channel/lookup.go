package channel

import (
	"strings"

	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/sky"
)

// lookUp keeps what is to be asked, as a record without a doorbell, and has the address looked up.
func (p *part) lookUp(a Ask, now int64, w *work) error {
	a.Doorbell = "unknown"
	s, flaw := dance.Begin(a.Ask, now) // for what is wrong with it, and what follows from it
	if flaw != nil {
		return flaw
	}
	l := &link{Record: s.Record, own: p.channels.get(a.Channel).id, target: a.Target, peer: written(a.Target), allow: a.Allow}
	l.Doorbell, l.Owed, l.Idle, l.Again = "", 0, 0, 0
	p.keep(l)
	w.shown = append(w.shown, l)
	w.asks = append(w.asks, fetch.Request{
		Call:   resolveCall(a.Target),
		Within: sendWithin, First: firstWait, LastWait: lastWait, Tag: tagResolve + "/" + a.ID,
	})
	p.tell(p.feature.event(l))
	return nil
}

// found goes on with a subscription whose peer's doorbell is known now.
func (p *part) found(l *link, body []byte, now int64, w *work) error {
	host, doorbell, ok := readResolved(body)
	if !ok {
		return p.lost(l, "The address could not be looked up.", now, w)
	}
	a := Ask{Ask: l.Ask()}
	a.Host, a.Doorbell, a.Within = host, doorbell, max(1, l.Expires-now)
	if flaw := p.feature.aim(&a); flaw != nil {
		return p.lost(l, flaw.Message, now, w)
	}
	if ca, ours := p.feature.keys.open(doorbell); ours && ca == p.ca.Name() {
		return p.lost(l, errSelf.Message, now, w)
	}
	next := *l
	next.target = ""
	return p.begin(&next, a.Ask, now, w)
}

// lost ends a subscription whose peer can't be found.
func (p *part) lost(l *link, reason string, now int64, w *work) error {
	p.abandon(l, dance.Failed, reason, now, w)
	return nil
}

// abandon ends a subscription for which nobody has been asked yet.
func (p *part) abandon(l *link, end dance.End, reason string, now int64, w *work) {
	next := *l
	next.target, next.State, next.End, next.Reason, next.Since, next.Expires = "", dance.Ended, end, reason, now, 0
	if p.close(l.Channel) {
		w.shut = append(w.shut, l.Channel)
	}
	p.keep(&next)
	w.shown = append(w.shown, &next)
	p.tell(p.feature.event(&next))
}

// written is how a peer is called that is looked up: as it was written, but for a doorbell's URL without a scheme, whose ECI is nobody's to see.
func written(target string) string {
	if host, _, isURL := sky.SplitDoorbell("https://" + target); isURL && !strings.Contains(target, "://") {
		return hostOf(host)
	}
	return target
}
