package personalcloud

import (
	"fmt"
	"strings"

	"github.com/wabgo/wab/server"
)

// Request waits for the owner's answer.
type Request struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	RxRole    string `json:"rx_role"`
	TxRole    string `json:"tx_role"`
	From      string `json:"from"`
	Verified  bool   `json:"verified"` // From is certain
	Host      string `json:"host"`
	Why       string `json:"why"`
	At        string `json:"at"`
	Expires   string `json:"expires"`
	History   string `json:"history"` // what is known of who asks
}

// Inbox are the requests that wait, the oldest first.
func (c *Cloud) Inbox(tx *server.Tx) []Request {
	all := []Request{}
	for _, s := range tx.Inbox() {
		all = append(all, c.request(tx, s))
	}
	return all
}

func (c *Cloud) request(tx *server.Tx, s server.Subscription) Request {
	return Request{s.ID, s.Name, s.Namespace, s.RxRole, s.TxRole, addressOf(tx, s), s.Verified, s.Host, s.Why, stamp(s.Since), stamp(s.Expires), history(tx, s)}
}

// Approve says yes to a request: who asks may raise what is allowed, and nothing else.
func (c *Cloud) Approve(tx *server.Tx, id string, t Terms) error {
	return c.decide(tx, id, "approved", tx.Approve(id, letting(t.Allow)))
}

// Refuse says no to a request.
func (c *Cloud) Refuse(tx *server.Tx, id string) error { return c.Decline(tx, id, "") }

// Decline says no, and why.
func (c *Cloud) Decline(tx *server.Tx, id, reason string) error {
	return c.decide(tx, id, "declined", tx.Refuse(id, clip(strings.TrimSpace(reason), 1000)))
}

func (c *Cloud) decide(tx *server.Tx, id, how string, err error) error {
	if err != nil {
		return err
	}
	s, _ := tx.Subscription(id)
	if err := remember(tx, s, how); err != nil {
		return err
	}
	c.note(tx, Entry{Kind: how, Link: id, Who: addressOf(tx, s)})
	return c.refresh(tx)
}

// Dealings are how often the owner has said yes and no to somebody.
type Dealings struct{ Approved, Declined int }

// maxKnown is of how many people that is kept.
const maxKnown = 1000

// remember counts an answer, for the next time that they ask. Only names that are certain count.
func remember(tx *server.Tx, s server.Subscription, how string) error {
	m, who := tx.Map("known"), addressOf(tx, s)
	var d Dealings
	known, _ := m.Get(who, &d)
	if !s.Verified || !known && m.Len() >= maxKnown {
		return nil
	}
	if how == "approved" {
		d.Approved++
	} else {
		d.Declined++
	}
	return m.Set(who, d)
}

// history says what is known of who asks.
func history(tx *server.Tx, s server.Subscription) string {
	if !s.Verified {
		return ""
	}
	who, said := addressOf(tx, s), []string{}
	for _, other := range tx.Subscriptions() {
		if other.State == "established" && other.Verified && addressOf(tx, other) == who {
			said = append(said, "You are connected already, as "+other.Name+".")
		}
	}
	var d Dealings
	if ok, _ := tx.Map("known").Get(who, &d); !ok {
		return strings.Join(append(said, "They have not asked before."), " ")
	}
	return strings.Join(append(said, fmt.Sprintf("Of their requests before, you approved %d and refused %d.", d.Approved, d.Declined)), " ")
}
