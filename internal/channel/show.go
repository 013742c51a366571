package channel

import (
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/sky"
)

// The maps of a CA in which its owner sees them. No ECI stands there.
const (
	mapChannels = "channels"
	mapLinks    = "subscriptions"
	mapPending  = "pending-subscriptions"
)

func showChannel(c *channel) map[string]any {
	return map[string]any{
		"since": c.since, "expires": c.allow.Expires, "subscription": c.sub, "events": showPatterns(c.allow.Events), "queries": showPatterns(c.allow.Queries),
		"rate": c.allow.Rate, "per": c.allow.Per, "attributes": c.allow.MaxAttributes, "bytes": c.allow.MaxBytes, "only": append([]string{}, c.allow.Only...),
	}
}

func showPatterns(all []sky.Pattern) []map[string]any {
	out := make([]map[string]any, 0, len(all))
	for _, p := range all {
		out = append(out, map[string]any{"domain": p.Domain, "type": p.Type})
	}
	return out
}

// mapOf is where a subscription stands, empty for nowhere: what has ended is told to who asked, and else forgotten.
func mapOf(l *link) string {
	switch {
	case l.State == dance.Confirming || l.State == dance.Established:
		return mapLinks
	case l.State == dance.Ended && (!l.Outbound || l.End == dance.Over || l.End == dance.Withdrawn):
		return ""
	}
	return mapPending
}

func (f *Channels) showLink(l *link) map[string]any {
	i := f.info(l)
	return map[string]any{
		"name": i.Name, "namespace": i.Namespace, "relationship": i.Relationship, "rx_role": i.RxRole, "tx_role": i.TxRole, "peer": i.Peer, "host": i.Host,
		"state": i.State, "outbound": i.Outbound, "channel": i.Channel, "since": i.Since, "why": i.Why, "verified": i.Verified, "end": i.End, "reason": i.Reason,
	}
}
