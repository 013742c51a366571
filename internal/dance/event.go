package dance

import "github.com/wabgo/wab/internal/sky"

// Event is the message as an event. It carries what its generation knows, and of our extras those that are there; roles only where the
// relationship does not tell them in the article's, and the reverse in the engines'.
func (m Message) Event() (domain, typ string, a sky.Attributes) {
	n := &tongues[m.Gen]
	a = sky.Attributes{}
	a.Set(n.id, m.ID)
	switch m.Kind {
	case Request:
		m.request(n, a)
	case Confirm:
		a.Set(n.confirmECI, m.ECI)
	case Refuse:
		put(a, attrReason, m.Reason)
	case Withdraw:
		a.Set(n.withdrawECI, m.ECI)
	case Remove:
		put(a, n.removePeer, m.Peer)
		put(a, n.removeECI, m.ECI)
		put(a, attrReason, m.Reason)
	}
	return n.domain, n.types[m.Kind], a
}

func (m Message) request(n *names, a sky.Attributes) {
	m = m.complete()
	a.Set(n.requestECI, m.ECI)
	put(a, n.requestHost, trimSlashes(m.Host))
	a.Set(n.name, m.Name)
	if n.channelName != "" {
		a.Set(n.channelName, m.ChannelName)
		a.Set(n.channelType, m.ChannelType)
	}
	m.kinship(n, a)
	put(a, attrFrom, m.From)
	put(a, attrWhy, m.Why)
	put(a, attrSecret, m.Secret)
	put(a, attrVouch, m.Vouch)
}

// kinship sets namespace, relationship and roles.
func (m Message) kinship(n *names, a sky.Attributes) {
	if m.Gen == Article {
		a.Set(n.namespace, m.Namespace)
		a.Set(n.relationship, m.Relationship)
		if asker, asked, _ := split(m.Relationship); asker != m.TxRole || asked != m.RxRole {
			put(a, n.rxRole, m.RxRole)
			put(a, n.txRole, m.TxRole)
		}
		return
	}
	a.Set(n.rxRole, m.RxRole)
	a.Set(n.txRole, m.TxRole)
	put(a, n.namespace, m.Namespace)
	if m.Relationship != join(m.TxRole, m.RxRole) {
		a.Set(n.relationship, m.Relationship)
	}
}

// put sets an attribute that has a name and a text.
func put(a sky.Attributes, name, text string) {
	if name != "" && text != "" {
		a.Set(name, text)
	}
}
