package server

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/discovery"
	"github.com/wabgo/wab/internal/wire"
)

// States of a Subscription.
var (
	stateWaiting     = dance.Waiting.String()
	stateEstablished = dance.Established.String()
	stateEnded       = dance.Ended.String()
)

// Relationship is what a CA wants a subscription for. All is optional.
type Relationship struct {
	Name, Namespace string
	Kind            string        // like peer-peer or reader-writer: this CA's role and the other's
	RxRole, TxRole  string        // this CA's role, and the other's; Kind tells them where they are empty, and the reverse
	Why             string        // what the other's owner is told
	Invitation      string        // the secret of one
	Allow           Attenuation   // what the other may raise here, once it is established
	Within          time.Duration // how long it may remain unanswered; 30 days by default
}

// Subscription is one side of a link with another CA, here or on another server, or with a foreign engine: each holds a channel into the other.
type Subscription struct {
	ID                            string
	State                         string // pending, waiting (in the inbox), confirming, established or ended
	Outbound                      bool   // this CA has asked
	Name, Namespace, Relationship string
	RxRole, TxRole                string // this CA's role, and the other's
	Peer                          string // how the other is called: by its name or address, as far as it is known
	Verified                      bool   // that is certain: it is on this server, or its server has signed it
	Host                          string // the base URL of the other's server
	Channel                       string // the name of this CA's channel for it
	Why                           string
	Since                         time.Time // when State began
	Expires                       time.Time // of a pending or waiting one
	End                           string    // how it ended: refused, withdrawn, expired, over, gone (the other knows nothing of it any more) or failed
	Reason                        string
}

// SubscriptionEvent tells OnSubscription how a subscription stands now, or that an event on it has not arrived:
//
//	func (h *Home) OnSubscription(tx *server.Tx, e server.SubscriptionEvent) error
//
// Each is told once, in a transaction of its own; a request that waits is told once more when it has become certain who asks. An error or a panic of the method changes nothing but that.
type SubscriptionEvent struct {
	Subscription
	Undelivered  bool   // an event raised on it was refused, or given up: Reason tells why
	EventID      string // of that event, as RaiseOn returned it
	Domain, Type string // of that event
}

// onSubscription is the method that hears of subscriptions.
const onSubscription = "OnSubscription"

var typeSubscriptionEvent = reflect.TypeFor[SubscriptionEvent]()

// forLinks tells whether a method's name, or its parameter, belongs to what the framework does with subscriptions.
func forLinks(m reflect.Method) bool {
	return m.Name == onSubscription || m.Type.NumIn() > 2 && m.Type.In(1) == typeTx && m.Type.In(2) == typeSubscriptionEvent
}

// addForLinks takes the app's method for what becomes of subscriptions, and no other.
func (c *class) addForLinks(m reflect.Method) error {
	t := m.Type
	switch {
	case m.Name != onSubscription:
		return errors.New("only OnSubscription takes a server.SubscriptionEvent")
	case t.NumIn() != 3 || t.In(1) != typeTx || t.In(2) != typeSubscriptionEvent || t.NumOut() != 1 || t.Out(0) != typeError:
		return fmt.Errorf("the name is for what becomes of subscriptions: it must be func(%s) error", signature([]reflect.Type{typeSubscriptionEvent}))
	}
	c.methods[m.Name] = &method{name: m.Name, call: m.Func, handler: typeSubscriptionEvent, hasError: true}
	return nil
}

// Link asks another CA for a subscription, and returns its id: once this transaction has committed, again and again until there is an answer, or nobody answers in time. Target is an address (bob@wab.example,
// bob/home@wab.example, or without a host for this server), the URL of a doorbell, or an ECI of this server. OnSubscription hears what comes of it; the maps subscriptions and
// pending-subscriptions of this CA show it.
func (tx *Tx) Link(target string, r Relationship) (id string, err error) {
	tx.changes("Link")
	return tx.link(r, channel.Ask{Target: target})
}

// LinkEngine asks a foreign engine's cloud: by its well-known channel, and the base URL of its server (https unless it says otherwise, and
// http on the loopback address). It speaks as those engines do (wrangler).
func (tx *Tx) LinkEngine(host, eci string, r Relationship) (id string, err error) {
	tx.changes("LinkEngine")
	if eci == "" {
		return "", wire.Err(wire.BadRequest, "A foreign engine's cloud is asked by its well-known channel: its ECI is missing.")
	}
	if u, err := url.Parse("https://" + host); err == nil && u.Host != "" && !strings.Contains(host, "://") {
		if u.Scheme = "https"; loopback(u.Hostname()) {
			u.Scheme = "http"
		}
		host = u.String()
	}
	return tx.link(r, channel.Ask{Ask: dance.Ask{Host: host, Doorbell: eci, Gen: dance.Wrangler}})
}

var errWithin = wire.Err(wire.BadRequest, "The time within which an answer is expected is not negative.")

func (tx *Tx) link(r Relationship, a channel.Ask) (id string, err error) {
	if r.Within < 0 {
		return "", errWithin
	}
	return tx.channels().Link(tx.tx, r.ask(a))
}

func (r *Relationship) ask(a channel.Ask) channel.Ask {
	a.Name, a.Namespace, a.Relationship, a.RxRole, a.TxRole, a.Why, a.Secret = r.Name, r.Namespace, r.Kind, r.RxRole, r.TxRole, r.Why, r.Invitation
	a.ChannelName = r.Name
	a.Within, a.Allow = r.Within.Microseconds(), r.Allow.inner()
	return a
}

// Subscriptions are all of this CA's, in the order of their ids: those asked for, in the inbox, established, and for a week those that have ended.
func (tx *Tx) Subscriptions() (all []Subscription) {
	for _, l := range tx.channels().Links(tx.tx) {
		all = append(all, subscription(l))
	}
	return all
}

// Subscription is that of an id, if there is one.
func (tx *Tx) Subscription(id string) (s Subscription, ok bool) {
	for _, l := range tx.channels().Links(tx.tx) {
		if l.ID == id {
			return subscription(l), true
		}
	}
	return s, false
}

// Inbox are the requests that wait for an answer, the oldest first. At most 100 wait; more are asked to come again later.
func (tx *Tx) Inbox() (all []Subscription) {
	for _, s := range tx.Subscriptions() {
		if s.State == stateWaiting {
			all = append(all, s)
		}
	}
	sortBySince(all)
	return all
}

// Approve says yes to a request in the inbox: the other gets a channel that lets through what allow says, and nothing else. Saying it again changes nothing.
func (tx *Tx) Approve(id string, allow Attenuation) error {
	tx.changes("Approve")
	return tx.channels().Approve(tx.tx, id, allow.inner())
}

// Refuse says no to a request in the inbox, and tells the asker why.
func (tx *Tx) Refuse(id, reason string) error {
	tx.changes("Refuse")
	return tx.channels().Decline(tx.tx, id, clip(reason))
}

// EndSubscription ends a subscription in whatever state it is: the other's channel is gone with the commit, and the other is told. One that has not been answered is withdrawn.
func (tx *Tx) EndSubscription(id string) error {
	tx.changes("EndSubscription")
	return tx.channels().End(tx.tx, id, "")
}

// SubscriptionAllows changes what the other side may raise here.
func (tx *Tx) SubscriptionAllows(id string, allow Attenuation) error {
	tx.changes("SubscriptionAllows")
	switch s, ok := tx.Subscription(id); {
	case !ok || s.Channel == "":
		return wire.Err(wire.NotFound, "There is no such subscription.")
	case s.State == stateEnded:
		return wire.Err(wire.Conflict, "This subscription has ended.")
	default:
		_, err := tx.channels().Make(tx.tx, s.Channel, allow.inner())
		return err
	}
}

// RaiseOn raises an event on a subscription: with the other, once this transaction has committed, in the order in which they were raised, through crashes, for up to seven days. What it may raise is
// the other's choice; OnSubscription hears of what was refused. Up to 800 events of a CA, of 7 MiB
// together, are on their way to others at a time, 250 of them on one subscription: who is away is not to keep the others waiting.
func (tx *Tx) RaiseOn(id, domain, typ string, attributes any) (eventID string, err error) {
	tx.changes("RaiseOn")
	a, err := attributesOf(domain, typ, attributes)
	if err != nil {
		return "", err
	}
	return tx.channels().RaiseOn(tx.tx, id, domain, typ, a)
}

// RaiseTo raises an event on all established subscriptions in which the other has a role, and tells how many these are; the empty role means all of them.
func (tx *Tx) RaiseTo(role, domain, typ string, attributes any) (n int, err error) {
	tx.changes("RaiseTo")
	for _, s := range tx.Subscriptions() {
		if s.State != stateEstablished || role != "" && s.TxRole != role {
			continue
		}
		if _, err := tx.RaiseOn(s.ID, domain, typ, attributes); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// DoorbellAllows says what those may raise whose requests a rule approves: tx.Allow(server.Group("friends"), "doorbell-approve"). Whom a rule denies "doorbell" is refused at once. Who asks
// counts as its own name in such rules where it is certain: a CA of this server, or one whose server has signed it, alice/home@wab.example; others as channel/doorbell.
func (tx *Tx) DoorbellAllows(allow Attenuation) error {
	tx.changes("DoorbellAllows")
	return tx.channels().DoorbellAllows(tx.tx, allow.inner())
}

// Invitation lets one request in without further questions.
type Invitation struct {
	Secret string `json:"secret"` // for Relationship.Invitation; shown once
	Target string `json:"target"` // for Link: the URL of the doorbell
}

// Invite makes an invitation: the first request that brings its secret within a time is approved, and may raise what allow says. A CA has up to 100 open.
func (tx *Tx) Invite(allow Attenuation, within time.Duration) (Invitation, error) {
	tx.changes("Invite")
	if within < 0 {
		return Invitation{}, errWithin
	}
	bell, err := tx.Doorbell()
	if err != nil {
		return Invitation{}, err
	}
	secret, err := tx.channels().Invite(tx.tx, allow.inner(), tx.tx.Now()+within.Microseconds())
	return Invitation{secret, bell.URL}, err
}

// RevokeInvitations ends those that are open.
func (tx *Tx) RevokeInvitations() {
	tx.changes("RevokeInvitations")
	tx.channels().Revoke(tx.tx)
}

// Card is what this CA shows to whoever looks its owner up by WebFinger, together with its doorbell.
type Card struct {
	Name    string     `json:"name"`              // 1 to 100 characters
	About   string     `json:"about,omitempty"`   // up to 500
	Picture string     `json:"picture,omitempty"` // an https URL, or a data: URL of up to 16 KiB
	Links   []CardLink `json:"links,omitempty"`   // up to 16
	Aliases []string   `json:"aliases,omitempty"` // addresses elsewhere by which the owner goes, up to 4: alice@alice.example
}

// CardLink is a page or an address that a Card tells of.
type CardLink struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Title string `json:"title,omitempty"`
}

// PublishCard shows a card, and this CA's doorbell with it, to whoever looks for owner@host. Until then an owner can't be told from one who isn't there.
func (tx *Tx) PublishCard(c Card) error {
	tx.changes("PublishCard")
	out := discovery.Card{Name: c.Name, About: c.About, Picture: c.Picture, Aliases: c.Aliases}
	for _, l := range c.Links {
		out.Links = append(out.Links, discovery.Link(l))
	}
	if flaw := out.Check(tx.tx.Self().Owner); flaw != nil {
		return flaw
	}
	if _, err := tx.Doorbell(); err != nil {
		return err
	}
	packed := discovery.AppendCard(nil, out)
	if err := tx.tx.Spend(len(packed)); err != nil {
		return err
	}
	tx.channels().Publish(tx.tx, packed)
	return nil
}

// HideCard ends a PublishCard.
func (tx *Tx) HideCard() {
	tx.changes("HideCard")
	tx.channels().Publish(tx.tx, nil)
}

// HasCard tells whether a card is shown.
func (tx *Tx) HasCard() bool { return tx.channels().Card(tx.tx) != nil }

func subscription(l channel.LinkInfo) Subscription {
	s := Subscription{
		ID: l.ID, State: l.State, Outbound: l.Outbound, Name: l.Name, Namespace: l.Namespace, Relationship: l.Relationship, RxRole: l.RxRole, TxRole: l.TxRole,
		Peer: l.Peer, Verified: l.Verified, Host: l.Host, Channel: l.Channel, Why: l.Why, Since: clock.FromMicros(l.Since), End: l.End, Reason: l.Reason,
	}
	if l.Expires != 0 {
		s.Expires = clock.FromMicros(l.Expires)
	}
	return s
}

// tellSubscription runs OnSubscription.
func (tx *Tx) tellSubscription(instance any, m *actor.Message) error {
	hears := tx.class.methods[onSubscription]
	if hears == nil {
		return nil // of a version of the app before this one
	}
	e := m.Ext.(*channel.Event)
	out := SubscriptionEvent{subscription(e.LinkInfo), e.Undelivered, e.EventID, e.Domain, e.Type}
	_, err := hears.run(append(receiver(instance, tx), reflect.ValueOf(out)))
	if err != nil {
		return failed(err)
	}
	return nil
}

func sortBySince(all []Subscription) {
	slices.SortStableFunc(all, func(a, b Subscription) int { return a.Since.Compare(b.Since) })
}
