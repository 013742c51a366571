package dance

import "strings"

// What a request says where its author said nothing. Engines want neither name nor type nor roles empty.
const (
	someName = "subscription"
	somePeer = "peer"
)

// complete fills in what the rest of a Request implies.
func (m Message) complete() Message {
	m.Relationship, m.TxRole, m.RxRole = kinship(m.Relationship, m.TxRole, m.RxRole)
	if m.Gen == Wrangler {
		m.TxRole, m.RxRole = first(m.TxRole, somePeer), first(m.RxRole, somePeer)
	}
	m.Name = first(m.Name, m.ChannelName, someName)
	m.ChannelName = first(m.ChannelName, m.Name)
	m.ChannelType = first(m.ChannelType, someName)
	return m
}

// kinship completes a relationship and the roles of who asks and who is asked by each other. Where nothing is said, they are peers. A relationship
// in one word or in more than two tells no roles.
func kinship(relationship, asker, asked string) (string, string, string) {
	if a, b, ok := split(relationship); ok {
		asker, asked = first(asker, a), first(asked, b)
	}
	if relationship == "" {
		asker, asked = first(asker, somePeer), first(asked, somePeer)
		relationship = join(asker, asked)
	}
	return relationship, asker, asked
}

// split takes "a-b" apart.
func split(relationship string) (a, b string, ok bool) {
	a, b, ok = strings.Cut(relationship, "-")
	if !ok || a == "" || b == "" || strings.Contains(b, "-") {
		return "", "", false
	}
	return a, b, true
}

func join(a, b string) string { return a + "-" + b }

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
