package channel

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/name"
)

// principal is who the peer is for certain, the zero Name where that is not known.
func (l *link) principal() (n name.Name) {
	switch {
	case !l.Outbound && l.Verified:
		n, _ = name.Parse(l.From)
	case l.Outbound && l.Host == "" && l.target == "":
		n, _ = name.Parse(l.peer)
	}
	return n
}

// Of are the channels of a principal's subscriptions with a CA.
func (f *Channels) Of(ca *actor.CA, principal name.Name) (channels []string) {
	p, ok := ca.Part(f).(*part)
	if !ok {
		return nil
	}
	for _, l := range p.links {
		if l.State != dance.Ended && l.Channel != "" && l.principal() == principal {
			channels = append(channels, l.Channel)
		}
	}
	return channels
}
