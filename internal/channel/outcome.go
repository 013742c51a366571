package channel

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Answered takes what came of something that went out.
func (f *Channels) Answered(tx *actor.Tx, got *fetch.Fetched) error {
	kind, rest, _ := strings.Cut(got.Tag, "/")
	outcome, reason := judgeAnswer(got)
	switch {
	case strings.HasPrefix(kind, tagDance) && len(kind) == 2:
		return f.sent(tx, rest, dance.Kind(kind[1]-'0'), outcome, reason, refused(got))
	case kind == tagEvent:
		eid, rest, _ := strings.Cut(rest, "/")
		domain, rest, _ := strings.Cut(rest, "/")
		typ, id, _ := strings.Cut(rest, "/")
		return f.raised(tx, id, Event{LinkInfo: LinkInfo{Reason: reason}, EventID: eid, Domain: domain, Type: typ}, outcome, sayNoChannel(got))
	case kind == tagResolve:
		return ignoreGone(f.step(tx, rest, func(p *part, l *link, w *work) error {
			switch {
			case l.target == "":
				return nil
			case outcome == dance.Delivered:
				return p.found(l, got.Body, tx.Now(), w)
			}
			return p.lost(l, cmp.Or(reason, "The address could not be looked up."), tx.Now(), w)
		}))
	case kind == tagVerify && outcome == dance.Delivered:
		if who, ok := readVerified(got.Body); ok { // else it stays what somebody says of itself
			return ignoreGone(f.verified(tx, rest, who))
		}
	}
	return nil
}

// judgeAnswer tells what an answer means. Engines differ in how they say no: by their status, or by an error in an answer with status 200.
func judgeAnswer(got *fetch.Fetched) (o dance.Outcome, reason string) {
	message, failed := sky.ErrorIn(got.Body)
	switch {
	case got.Err != nil && got.Err.Code == wire.Deadline:
		return dance.GivenUp, got.Err.Message
	case got.Err != nil:
		return dance.Denied, got.Err.Message
	case got.Status == http.StatusNotFound || got.Status == http.StatusGone:
		return dance.NoChannel, message
	case got.Status >= 200 && got.Status < 300 && !failed:
		return dance.Delivered, ""
	case got.Status >= 300 && got.Status < 400:
		return dance.Denied, "The other server sends elsewhere, which is not followed."
	}
	return dance.Denied, cmp.Or(message, "The other server has refused, with status "+strconv.Itoa(got.Status)+".")
}

// sayNoChannel tells whether an engine has said that it has no such channel: a proxy before it, that answers while it is away, knows nothing of channels.
func sayNoChannel(got *fetch.Fetched) bool {
	_, said := sky.ErrorIn(got.Body)
	return got.Status == http.StatusGone || got.Status == http.StatusNotFound && said
}

// refused tells whether it was the peer who said no: else its server could not be called, or is none.
func refused(got *fetch.Fetched) bool {
	return got.Err == nil && (got.Status < 300 || got.Status >= 400)
}

func ignoreGone(err error) error {
	if err == errNoLink {
		return nil
	}
	return err
}

func (f *Channels) sent(tx *actor.Tx, id string, k dance.Kind, o dance.Outcome, reason string, theirs bool) error {
	return ignoreGone(f.step(tx, id, func(p *part, l *link, w *work) error {
		s := l.Sent(k, o, p.discreet(l, reason), tx.Now())
		if l.State != dance.Ended && s.Record.End == dance.Refused && !theirs {
			s.Record.End = dance.Failed
		}
		p.take(l, s, w)
		return nil
	}))
}

// discreet is what a peer says, without the ECIs that it has from us or we from it: it is shown, and logged.
func (p *part) discreet(l *link, reason string) string {
	for _, eci := range []string{l.ECI, l.Doorbell, p.feature.keys.mint(p.ca.Name(), l.own)} {
		if eci != "" {
			reason = strings.ReplaceAll(reason, eci, "…")
		}
	}
	return reason
}

// raised takes what came of an event on a subscription: one that did not arrive is told, and one that found no channel ends the subscription.
func (f *Channels) raised(tx *actor.Tx, id string, e Event, o dance.Outcome, gone bool) error {
	if o == dance.Delivered {
		return nil
	}
	return ignoreGone(f.step(tx, id, func(p *part, l *link, w *work) error {
		reason := e.Reason
		e.LinkInfo, e.Undelivered = f.info(l), true
		e.Reason = cmp.Or(p.discreet(l, reason), "The other has ended this subscription.")
		p.tell(e)
		if gone {
			p.take(l, l.Lost(tx.Now()), w)
		}
		return nil
	}))
}
