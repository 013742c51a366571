package personalcloud

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/wabgo/wab/server"
)

// Terms are what a subscription is for, and what the other side may raise here: without Allow nothing.
type Terms struct {
	Name       string           `json:"name"`
	Namespace  string           `json:"namespace"`
	RxRole     string           `json:"rx_role"`
	TxRole     string           `json:"tx_role"`
	Why        string           `json:"why"`
	Invitation string           `json:"invitation"`
	Allow      []server.Pattern `json:"allow"`
}

// Connect asks somebody for a subscription, and returns its id. Target is an address, the URL of a doorbell, or, of a foreign engine's cloud, {"host":…,"eci":…}. What Doorbell returns
// is one, too.
func (c *Cloud) Connect(tx *server.Tx, target any, t Terms) (id string, err error) {
	r := server.Relationship{
		Name: cmp.Or(t.Name, "contact"), Namespace: cmp.Or(t.Namespace, "personalcloud"), RxRole: t.RxRole, TxRole: t.TxRole, Why: t.Why, Invitation: t.Invitation, Allow: letting(t.Allow),
	}
	switch to := target.(type) {
	case string:
		id, err = tx.Link(to, r)
	case map[string]any:
		if base := textOf(to["url"]); base != "" { // as Doorbell tells it
			id, err = tx.Link(strings.TrimRight(base, "/")+"/sky/event/"+textOf(to["eci"]), r)
		} else {
			id, err = tx.LinkEngine(textOf(to["host"]), textOf(to["eci"]), r)
		}
	default:
		err = errors.New("say with whom: by an address such as bob@wab.example, by the URL of a doorbell, or by host and eci")
	}
	if err != nil {
		return "", err
	}
	s, _ := tx.Subscription(id)
	c.note(tx, Entry{Kind: "asked", Link: id, Who: addressOf(tx, s)})
	return id, c.refresh(tx)
}

// Subscriptions are those asked for, to be confirmed, and established.
func (c *Cloud) Subscriptions(tx *server.Tx) []Subscription {
	all := []Subscription{}
	for _, s := range tx.Subscriptions() {
		if s.State != "waiting" && s.State != "ended" {
			all = append(all, Subscription{s.ID, s.State, s.Name, s.Namespace, s.RxRole, s.TxRole, addressOf(tx, s), stamp(s.Since)})
		}
	}
	return all
}

// Subscription is one side of a link with another cloud.
type Subscription struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	RxRole    string `json:"rx_role"` // the owner's
	TxRole    string `json:"tx_role"` // the peer's
	Peer      string `json:"peer"`
	Since     string `json:"since"`
}

// End ends a subscription; one that was not answered is taken back.
func (c *Cloud) End(tx *server.Tx, id string) error {
	if err := tx.EndSubscription(id); err != nil {
		return err
	}
	return c.refresh(tx)
}

// Allow changes what the other side may raise here.
func (c *Cloud) Allow(tx *server.Tx, id string, t Terms) error {
	if err := tx.SubscriptionAllows(id, letting(t.Allow)); err != nil {
		return err
	}
	s, _ := tx.Subscription(id)
	c.note(tx, Entry{Kind: "allowed", Link: id, Who: callOf(tx, s)})
	return c.refresh(tx)
}

// Forget takes a subscription that has ended out of the address book.
func (c *Cloud) Forget(tx *server.Tx, id string) error {
	if s, ok := tx.Subscription(id); ok && s.State != "ended" {
		return errors.New("this connection has not ended: end it first")
	}
	tx.Map("forgotten").Set(id, true)
	return c.refresh(tx)
}

// Link is a subscription as pages show it, in whatever state.
type Link struct {
	State    string           `json:"state"`
	Outbound bool             `json:"outbound"`
	Name     string           `json:"name"`
	RxRole   string           `json:"rx_role"`
	TxRole   string           `json:"tx_role"`
	Address  string           `json:"address"`
	Verified bool             `json:"verified"` // that it is who the address says
	Since    string           `json:"since"`
	Expires  string           `json:"expires"`
	End      string           `json:"end"`
	Reason   string           `json:"reason"`
	Allow    []server.Pattern `json:"allow"`
}

// refresh has the maps that pages see say what the framework says.
func (c *Cloud) refresh(tx *server.Tx) error {
	channels, err := tx.Channels()
	if err != nil {
		return err
	}
	allow := map[string][]server.Pattern{}
	for _, ch := range channels {
		allow[ch.Subscription] = ch.Allow.Events
	}
	links, inbox, known := map[string]any{}, map[string]any{}, map[string]bool{}
	forgotten := tx.Map("forgotten")
	for _, s := range tx.Subscriptions() {
		known[s.ID] = true
		switch {
		case s.State == "waiting":
			inbox[s.ID] = c.request(tx, s)
		case s.State == "ended" && (forgotten.Has(s.ID) || !s.Outbound && s.End != "over" && s.End != "gone"): // what was never more than a request
		default:
			links[s.ID] = Link{
				s.State, s.Outbound, s.Name, s.RxRole, s.TxRole, addressOf(tx, s), s.Verified || s.Outbound, stamp(s.Since), stamp(s.Expires), s.End, s.Reason, append([]server.Pattern{}, allow[s.ID]...),
			}
		}
	}
	return errors.Join(replace[Link](tx.Map("links"), links), replace[Request](tx.Map("inbox"), inbox), prune(tx, links, known))
}

// prune forgets what came on subscriptions that are gone, and which of them are not to be shown.
func prune(tx *server.Tx, links map[string]any, known map[string]bool) error {
	gone := func(m server.Map, stays func(id string) bool) error {
		for id := range m.All() {
			if stays(id) {
				continue
			}
			if _, err := m.Delete(id); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(
		gone(tx.Map("contacts"), func(id string) bool { return links[id] != nil }),
		gone(tx.Map("forgotten"), func(id string) bool { return known[id] }),
	)
}

// replace makes a map's content anew, and leaves alone what is the same.
func replace[T any](m server.Map, entries map[string]any) error {
	for key := range m.All() {
		if _, is := entries[key]; is {
			continue
		}
		if _, err := m.Delete(key); err != nil {
			return err
		}
	}
	for key, value := range entries {
		var old T
		if ok, _ := m.Get(key, &old); ok && reflect.DeepEqual(any(old), value) {
			continue
		}
		if err := m.Set(key, value); err != nil {
			return err
		}
	}
	return nil
}

// addressOf is how people write the other side of a subscription: bob@wab.example for bob's own cloud.
func addressOf(tx *server.Tx, s server.Subscription) string {
	peer := strings.TrimPrefix(s.Peer, tx.Self().App+":")
	name, host, at := strings.Cut(peer, "@")
	if before, _, path := strings.Cut(name, "/"); !at && (!path || strings.HasSuffix(before, ":") || strings.Contains(before, ".")) { // a host, or a page's URL
		return peer
	}
	return strings.TrimSuffix(name, "/home") + "@" + cmp.Or(host, hostOf(s.Host), hostOf(tx.PublicURL()))
}

// OnSubscription hears how subscriptions stand, and what did not arrive on them.
func (c *Cloud) OnSubscription(tx *server.Tx, e server.SubscriptionEvent) error {
	if e.Undelivered {
		return c.undelivered(tx, e)
	}
	if e.State == "established" {
		if err := c.greet(tx, e.ID); err != nil {
			return err
		}
	}
	if kind := news(tx, e.Subscription); kind != "" {
		entry := Entry{Kind: kind, Link: e.ID, Who: callOf(tx, e.Subscription), Text: e.Reason, Bad: isBad[kind]}
		if kind == "request" {
			entry.Text = e.Why
		}
		c.note(tx, entry)
	}
	return c.refresh(tx)
}

// isBad are the kinds of entries that tell of what did not come about.
var isBad = map[string]bool{"refused": true, "expired": true, "unanswered": true, "failed": true, "gone": true}

// news is what a subscription's state is as an entry, empty where it is no news: the owner's own doing has been noted.
func news(tx *server.Tx, s server.Subscription) string {
	switch {
	case s.State == "waiting" && !tx.Map("inbox").Has(s.ID): // it is told again when it is certain who asks
		return "request"
	case s.State == "established":
		return s.State
	case s.State != "ended" || s.End == "refused" && !s.Outbound:
		return ""
	case s.End == "withdrawn" && s.Outbound:
		return "tookback"
	case s.End == "expired" && s.Outbound:
		return "unanswered"
	}
	return s.End
}

// greet sends one's card to somebody new. Who has not said anything of themselves has nothing to send.
func (c *Cloud) greet(tx *server.Tx, id string) error {
	if s, ok := tx.Subscription(id); !ok || s.State != "established" {
		return nil // it has ended meanwhile
	}
	if card := c.Profile(tx); len(card) == 1 && card["name"] == tx.Self().Owner {
		return nil
	}
	return c.introduce(tx, id)
}

// undelivered keeps what the other side does not take, and why.
func (c *Cloud) undelivered(tx *server.Tx, e server.SubscriptionEvent) error {
	known := contactOf(tx, e.ID)
	if known.Refuses == nil {
		known.Refuses = map[string]string{}
	}
	if len(known.Refuses) < maxFields {
		known.Refuses[e.Domain+":"+e.Type] = e.Reason
	}
	if err := tx.Map("contacts").Set(e.ID, known); err != nil {
		return err
	}
	who, what := callOf(tx, e.Subscription), server.Pattern{Domain: e.Domain, Type: e.Type}
	if what == text {
		name, _, _ := strings.Cut(who, "@")
		if err := returned(tx, e.EventID, fmt.Sprintf("%s does not take messages: %s", name, e.Reason)); err != nil {
			return err
		}
	}
	c.note(tx, Entry{Kind: "undelivered", Link: e.ID, Who: who, Domain: e.Domain, Type: e.Type, Text: e.Reason, Bad: true})
	return nil
}

// forgive forgets that the other side did not take a kind of event: it is tried again.
func (c *Cloud) forgive(tx *server.Tx, id string, p server.Pattern) error {
	known := contactOf(tx, id)
	if known.Refuses[p.Domain+":"+p.Type] == "" {
		return nil
	}
	delete(known.Refuses, p.Domain+":"+p.Type)
	return tx.Map("contacts").Set(id, known)
}
