package channel

import (
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

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
