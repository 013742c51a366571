package channel

import (
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/sky"
)

// The maps of a CA in which its owner sees them. No ECI stands there.
const (
	mapChannels = "channels"
	mapLinks    = "subscriptions"
	mapPending  = "pending-subscriptions"
)

// Shows tells whether a map of that label is one of these, and so no app's to write.
func Shows(label string) bool {
	return label == mapChannels || label == mapLinks || label == mapPending
}

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

// mapOf is where a subscription stands, empty for nowhere: what has ended is shown for a while, unless its owner, or both, knew of it.
func mapOf(l *link) string {
	switch {
	case l.State == dance.Confirming || l.State == dance.Established:
		return mapLinks
	case l.State == dance.Ended && (l.End == dance.Over || l.End == dance.Withdrawn || l.End == dance.Refused && !l.Outbound):
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

// Links are the CA's subscriptions, in the order of their ids.
func (f *Channels) Links(tx *actor.Tx) (all []LinkInfo) {
	f.use(tx, func(p *part) {
		for _, l := range p.links {
			all = append(all, f.info(l))
		}
	})
	return all
}

// show has the maps say what a work has changed.
func (f *Channels) show(tx *actor.Tx, w *work) error {
	for _, c := range w.opened {
		if err := f.opt.Show(tx, mapChannels, c.name, showChannel(c)); err != nil {
			return err
		}
	}
	for _, label := range w.shut {
		if err := f.opt.Show(tx, mapChannels, label, nil); err != nil {
			return err
		}
	}
	return f.showLinks(tx, w)
}

func (f *Channels) showLinks(tx *actor.Tx, w *work) error {
	rows := map[string]*link{}
	for _, l := range w.shown {
		rows[l.ID] = l
	}
	for _, id := range w.gone {
		rows[id] = nil
	}
	for id, l := range rows {
		for _, label := range []string{mapLinks, mapPending} {
			var row map[string]any
			if l != nil && mapOf(l) == label {
				row = f.showLink(l)
			}
			if err := f.opt.Show(tx, label, id, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// rows are those of a work, as the part stands now.
func (p *part) rows(of *work) (w work) {
	ids := slices.Clone(of.gone)
	for _, l := range of.shown {
		ids = append(ids, l.ID)
	}
	for _, id := range ids {
		if l := p.links.get(id); l != nil {
			w.shown = append(w.shown, l)
		} else {
			w.gone = append(w.gone, id)
		}
	}
	labels := slices.Clone(of.shut)
	for _, c := range of.opened {
		labels = append(labels, c.name)
	}
	for _, label := range labels {
		if c := p.channels.get(label); c != nil {
			w.opened = append(w.opened, c)
		} else {
			w.shut = append(w.shut, label)
		}
	}
	return w
}
