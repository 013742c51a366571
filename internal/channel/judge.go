package channel

import (
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Labels of rules about the doorbell: who may not ring, and who is let in at once.
const (
	LabelRing    = "doorbell"
	LabelApprove = "doorbell-approve"
)

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

// verify asks the asker's server whether it is the one who says so. Where no more can be asked, the asker stays somebody who says so.
func (f *Channels) verify(tx *actor.Tx, m *dance.Message) {
	w := Word{m.Vouch, m.Host, f.ECI(tx, Doorbell), m.ECI, m.ID}
	_, _ = f.opt.Fetches.Ask(tx, fetch.Request{
		Call: w.call(), Within: 24 * time.Hour, First: firstWait, LastWait: lastWait, Tag: tagVerify + "/" + m.ID, Minor: true,
	}, AnswerMethod)
}

// verified takes the answer: the asker's name as its server says it.
func (f *Channels) verified(tx *actor.Tx, id string, who name.Name) error {
	waits := false
	err := f.step(tx, id, func(p *part, l *link, w *work) error {
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
