package channel

import (
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Options are what Channels are made of. All are needed but Vouch.
type Options struct {
	Secret    []byte        // that ECIs are made with: who has it can make them
	PublicURL func() string // how peers reach this server, without a slash at the end; it may be known late
	Clock     clock.Clock
	Gate      *bus.Gate
	Fetches   *fetch.Fetches
	Deliver   func(*actor.Message)
	Read      func(ca string, key []byte) ([]byte, error) // a CA's side key as it is stored, nil for none
	Hears     func(app string) bool                       // which apps want to be told of subscriptions
	Show      Show
	// CheckTarget tells what is wrong with an address that is to be looked up by the carrier "resolve".
	CheckTarget func(string) *wire.Error
	// Vouch signs that a CA of this server asks at a doorbell, for the asked to check. Nil: nobody is vouched for.
	Vouch func(from name.Name, doorbell, back, id string) string
}

// Show keeps the maps in which a CA's subscriptions and channels stand. A nil value removes the entry.
type Show func(tx *actor.Tx, label, key string, value map[string]any) error

// Channels is the feature: the ways into CAs from outside, and what is made of them.
type Channels struct {
	opt  Options
	keys *keys

	taken, refused atomic.Int64
}

// Stats are what came by channels since the server's start.
type Stats struct {
	Taken   int64 // events and queries that were answered, repetitions included
	Refused int64 // those that were answered with an error
}

// Stats counts.
func (f *Channels) Stats() Stats { return Stats{f.taken.Load(), f.refused.Load()} }

// New makes the feature. What it asks others for goes by Options.Fetches, whose carriers for "sky" it is, and for "resolve" and "verify" package discovery.
func New(o Options) *Channels {
	f := &Channels{opt: o, keys: newKeys(o.Secret)}
	o.Fetches.Carry(localScheme, f.carry)
	return f
}

// Letter begins the side keys.
func (*Channels) Letter() byte { return letter }

// NewPart makes an activation's share.
func (f *Channels) NewPart(ca *actor.CA) actor.Part { return &part{feature: f, ca: ca} }

// Admit decides on what has come by a channel. It makes Channels the gate's.
func (f *Channels) Admit(ca *actor.CA, e *bus.Event, now int64) (name string, refused *wire.Error) {
	p, ok := ca.Part(f).(*part)
	if !ok {
		return "", nil
	}
	return p.admit(e, now)
}

// Spend takes an event from its channel's rate. What the dance says was taken when it was admitted.
func (f *Channels) Spend(ca *actor.CA, e *bus.Event, now int64) *wire.Error {
	if v := e.By.(*Visit); v.word == nil {
		return ca.Part(f).(*part).spend(v.by, now)
	}
	return nil
}

func (f *Channels) now() int64 { return clock.Micros(f.opt.Clock.Now()) }

// use calls do with the part of the CA that handles a message.
func (f *Channels) use(tx *actor.Tx, do func(*part)) {
	tx.Use(f, func(x actor.Part) { do(x.(*part)) })
}

// publicURL is how peers reach this server.
func (f *Channels) publicURL() string { return strings.TrimRight(f.opt.PublicURL(), "/") }

// hostOf is the host of a server's URL, as it stands behind the @ of a name; empty if it can't.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// address is the name of a CA of this server as others know it: app:owner/ca@host, without a host while none is known.
func (f *Channels) address(ca name.Name) string {
	out := ca
	out.Host = hostOf(f.publicURL())
	if out.Check() != nil {
		return ca.String()
	}
	return out.String()
}

// Info is what the owner sees of a channel.
type Info struct {
	Name         string
	Subscription string // that it belongs to, empty for none
	Since        int64
	Allow        Attenuation
	Accepted     uint64 // what the ledger said when it was made, of channels of that name before: as its principal they are one
	Denied       uint64
}

// Make makes a channel, or changes what one of that name allows, and returns its ECI. Channels of subscriptions have names of their own.
func (f *Channels) Make(tx *actor.Tx, label string, a Attenuation) (eci string, err error) {
	if flaw := a.Check(); flaw != nil {
		return "", flaw
	}
	if err := name.CheckLabel(label); err != nil {
		return "", wire.Err(wire.BadRequest, "A channel's name is a label: "+err.Error()+".")
	}
	before, err := f.opt.Gate.History(tx, name.Name{App: tx.Self().App, Owner: name.ChannelOwner, Local: label})
	if err != nil {
		return "", err
	}
	var made *channel
	f.use(tx, func(p *part) {
		old := p.channels.get(label)
		sub := ""
		if old != nil {
			sub = old.sub
		}
		if old == nil && strings.HasPrefix(label, "sub-") {
			err = wire.Err(wire.BadRequest, "Names that begin with sub- are those of subscriptions' channels.")
			return
		}
		c, flaw := p.open(label, sub, a, tx.Now(), before)
		if flaw != nil {
			err = flaw
			return
		}
		made, eci = c, p.eci(c)
	})
	if err == nil {
		err = f.opt.Show(tx, mapChannels, label, showChannel(made))
	}
	return eci, err
}

// ECI is that of a channel, empty if there is none of that name. It is a secret: who has it has the channel.
func (f *Channels) ECI(tx *actor.Tx, label string) (eci string) {
	f.use(tx, func(p *part) {
		if c := p.channels.get(label); c != nil {
			eci = p.eci(c)
		}
	})
	return eci
}

// Remove removes a channel of the CA's own, and tells whether there was one. One of a subscription ends with it.
func (f *Channels) Remove(tx *actor.Tx, label string) (was bool, err error) {
	sub := ""
	f.use(tx, func(p *part) {
		c := p.channels.get(label)
		if was = c != nil; !was {
			return
		}
		if sub = c.sub; sub == "" {
			p.close(label)
		}
	})
	switch {
	case sub != "":
		return true, f.End(tx, sub, "")
	case was:
		err = f.opt.Show(tx, mapChannels, label, nil)
	}
	return was, err
}

// List is all channels, by name.
func (f *Channels) List(tx *actor.Tx) (all []Info) {
	f.use(tx, func(p *part) {
		for _, c := range p.channels {
			all = append(all, Info{c.name, c.sub, c.since, c.allow, c.accepted, c.denied})
		}
	})
	return all
}

// On has a method of the app take events, or queries, of a domain and type, each exact or *.
func (f *Channels) On(tx *actor.Tx, query bool, domain, kind, method string) (err error) {
	if flaw := checkPattern(domain, kind); flaw != nil {
		return flaw
	}
	f.use(tx, func(p *part) {
		if flaw := p.handle(handler{query, domain, kind, method}); flaw != nil {
			err = flaw
		}
	})
	return err
}

// Off takes an On back, and tells whether there was one.
func (f *Channels) Off(tx *actor.Tx, query bool, domain, kind, method string) (was bool) {
	f.use(tx, func(p *part) { was = p.unhandle(handler{query, domain, kind, method}) })
	return was
}

// Methods are those that take an event, or a query, each once, in the order of domain, type and method.
func (f *Channels) Methods(tx *actor.Tx, query bool, domain, kind string) (all []string) {
	f.use(tx, func(p *part) {
		for _, h := range p.handlers {
			if h.takes(query, domain, kind) && !slices.Contains(all, h.method) {
				all = append(all, h.method)
			}
		}
	})
	return all
}
