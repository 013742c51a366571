package channel

import (
	"cmp"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

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
		if waits := invited == nil && !welcome; waits && full(p.links, &s.Record) || !p.makeRoom(w) {
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
