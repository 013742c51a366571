package dance

import (
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Parse reads one of the dance's messages from an event. is tells whether the event is one; flaw, what is wrong with it: bad_request or too_large.
// Attributes that are null or that the kind does not know count for nothing: engines send back much of what they were sent.
func Parse(domain, typ string, a sky.Attributes) (m Message, is bool, flaw *wire.Error) {
	if m.Gen, m.Kind = recognise(domain, typ); m.Kind == 0 {
		return Message{}, false, nil
	}
	n := &tongues[m.Gen]
	r := reading{event: domain + ":" + typ, attributes: a}
	m.ID = r.word(n.id, MaxID)
	switch m.Kind {
	case Request:
		m.readRequest(n, &r)
	case Confirm:
		m.ECI = r.eci(n.confirmECI)
	case Refuse:
		m.Reason = shorten(a.Text(attrReason))
	case Withdraw:
		m.ECI = r.eci(n.withdrawECI)
	case Remove:
		m.Reason = shorten(a.Text(attrReason))
	}
	if r.flaw != nil {
		return Message{}, true, r.flaw
	}
	return m, true, nil
}

func recognise(domain, typ string) (Gen, Kind) {
	for g := Article; g <= Wrangler; g++ {
		if domain != tongues[g].domain {
			continue
		}
		for k := Request; k <= Remove; k++ {
			if typ == tongues[g].types[k] {
				return g, k
			}
		}
	}
	return 0, 0
}

func (m *Message) readRequest(n *names, r *reading) {
	m.ECI = r.eci(n.requestECI)
	m.Host = r.host(n.requestHost)
	m.Name = r.text(n.name, MaxText)
	m.ChannelName = r.text(n.channelName, MaxText)
	m.ChannelType = r.text(n.channelType, MaxText)
	m.Namespace = r.text(n.namespace, MaxText)
	m.Relationship = r.text(n.relationship, MaxText)
	m.RxRole = r.text(n.rxRole, MaxText)
	m.TxRole = r.text(n.txRole, MaxText)
	m.From = r.text(attrFrom, MaxLong)
	m.Why = r.text(attrWhy, MaxLong)
	m.Secret = r.text(attrSecret, MaxLong)
	m.Vouch = r.text(attrVouch, MaxLong)
	*m = m.complete()
}
