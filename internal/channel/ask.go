package channel

import (
	"cmp"
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Ask is a subscription that a CA wants. Host and Doorbell say where; if they are empty, Target does: the URL of a doorbell, an ECI of this server, or an address that is looked up. Gen is Article if 0.
// ID, Channel and From are Link's to fill in.
type Ask struct {
	dance.Ask
	Target string
	Allow  Attenuation
}

var (
	errNoLink    = wire.Err(wire.NotFound, "There is no such subscription.")
	errManyLinks = wire.Err(wire.Quota, "An assistant has at most 1,000 subscriptions; end one that is no longer used.")
	errSelf      = wire.Err(wire.BadRequest, "This is the assistant's own doorbell: it can't be linked with itself.")
	errTarget    = wire.Err(wire.BadRequest, "Say with whom: by an address such as bob@wab.example, or by the URL of a doorbell.")
	errNoURL     = wire.Err(wire.Unavailable, "This server does not know its own address yet, which it has to tell to others: start it with a public URL.")
)

// Link begins a subscription, and returns its id. What comes of it is told as it comes.
func (f *Channels) Link(tx *actor.Tx, a Ask) (id string, err error) {
	a.Gen = cmp.Or(a.Gen, dance.Article)
	if flaw := f.aim(&a); flaw != nil {
		return "", flaw
	}
	if flaw := a.Allow.Check(); flaw != nil {
		return "", flaw
	}
	id = rand.Text()
	if err := f.apply(tx, func(p *part, w *work) error { return p.link(a, id, tx.Now(), w) }); err != nil {
		return "", err
	}
	return id, nil
}

// aim finds out where the doorbell is, as far as that can be told without asking anybody.
func (f *Channels) aim(a *Ask) *wire.Error {
	if a.Doorbell == "" {
		a.Target = strings.TrimSpace(a.Target)
		host, eci, isURL := sky.SplitDoorbell(a.Target)
		_, ours := f.keys.open(a.Target)
		switch {
		case isURL:
			a.Host, a.Doorbell = host, eci
		case ours:
			a.Doorbell = a.Target
		case a.Target == "":
			return errTarget
		default:
			return f.opt.CheckTarget(a.Target)
		}
	}
	a.Target = ""
	if _, ours := f.keys.open(a.Doorbell); ours {
		a.Host = ""
		return nil
	}
	a.Host = strings.TrimRight(a.Host, "/")
	return f.checkHost(a.Host, a.Doorbell)
}

// checkHost tells what is wrong with where a peer says that it is.
func (f *Channels) checkHost(host, eci string) *wire.Error {
	u, err := url.Parse(host)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return wire.Err(wire.BadRequest, "A peer's host is the URL of its server, like https://wab.example.")
	}
	call := outgoing.Call{URL: sky.EventURL(host, eci, "none", "a", "b")}
	if flaw := call.Check(); flaw != nil {
		return flaw
	}
	if f.publicURL() == "" {
		return errNoURL
	}
	return nil
}

// link makes the back channel, and asks; an address is looked up first.
func (p *part) link(a Ask, id string, now int64, w *work) error {
	if ca, ours := p.feature.keys.open(a.Doorbell); ours && ca == p.ca.Name() {
		return errSelf
	}
	if !p.makeRoom(w) {
		return errManyLinks
	}
	label := channelOf(id)
	c, flaw := p.open(label, id, a.Allow, now, bus.Entry{})
	if flaw != nil {
		return flaw
	}
	w.opened = append(w.opened, c)
	a.ID, a.Channel, a.From = id, label, p.feature.address(p.ca.Name())
	if a.Target == "" {
		return p.begin(&link{peer: p.feature.nameFor(&a), allow: a.Allow}, a.Ask, now, w)
	}
	return p.lookUp(a, now, w)
}

func (p *part) begin(l *link, ask dance.Ask, now int64, w *work) error {
	s, flaw := dance.Begin(ask, now)
	if flaw != nil {
		return flaw
	}
	l.Record = dance.Record{ID: ask.ID, State: l.State}
	p.take(l, s, w)
	return nil
}

// nameFor is how a peer is called that was asked by its doorbell: by its name, where it is one of this server's.
func (f *Channels) nameFor(a *Ask) string {
	if ca, ours := f.keys.open(a.Doorbell); ours {
		return ca.String()
	}
	return cmp.Or(a.Target, hostOf(a.Host))
}
