package server

import (
	"fmt"
	"reflect"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/pubsub"
)

// Message is what a topic brings: the parameter of handlers that Tx.Subscribe names.
//
//	func (a *Assistant) OnTweet(tx *server.Tx, m server.Message[Command]) error
type Message[T any] struct {
	Topic  string    // its full name
	From   Who       // the CA that has published it: its true name
	At     time.Time // when the topic has taken it
	Offset uint64    // its number in the topic, from 1
	Missed uint64    // how many before it left the topic's log before this CA could handle them
	Value  T
}

// filler is a Message of any type.
type filler interface {
	fill(d *pubsub.Delivery, m *actor.Message) error
	valueType() reflect.Type
}

func (m *Message[T]) fill(d *pubsub.Delivery, from *actor.Message) error {
	m.Topic, m.From, m.At, m.Offset, m.Missed = d.Topic.String(), who(from.From), clock.FromMicros(d.At), d.Offset, d.Missed
	return decoding.Unmarshal(from.Args, &m.Value)
}

func (*Message[T]) valueType() reflect.Type { return reflect.TypeFor[T]() }

var typeFiller = reflect.TypeFor[filler]()

// isMessage tells whether a parameter is a Message.
func isMessage(t reflect.Type) bool { return t != nil && reflect.PointerTo(t).Implements(typeFiller) }

// newMessage makes the parameter of a handler.
func newMessage(t reflect.Type, m *actor.Message) (reflect.Value, error) {
	v := reflect.New(t)
	d := m.Ext.(*pubsub.Delivery)
	d.Ran = true
	err := v.Interface().(filler).fill(d, m)
	if err != nil {
		err = fmt.Errorf("what %s has published to %s is no %s: %w", m.From, d.Topic, v.Interface().(filler).valueType(), err)
	}
	return v.Elem(), err
}

// Forum is the name of a topic that everybody publishes to and reads: forum/party.
func Forum(topic string) string { return name.ForumOwner + "/" + topic }

// Publish brings a value to all that follow a topic, when this transaction has committed: a forum's (Forum), or one of this CA's own, by its label. What one CA
// publishes to a topic arrives in order. Who may read a private topic is a rule that bears its label, like a map's: tx.Allow(server.Anyone(), "news"). A value has up to
// 64 KiB. A topic keeps its messages for 7 days, or the newest 64 MB. What can't be published fails the whole message.
func (tx *Tx) Publish(topic string, value any) {
	tx.changes("Publish")
	n, err := tx.topicName(topic)
	var packed []byte
	if err == nil {
		packed, err = marshal(value)
	}
	if err == nil {
		err = tx.class.srv.subscriptions.Publish(tx.tx, n, packed)
	}
	if err != nil {
		tx.fail(fmt.Errorf("publish to %s: %w", clip(topic), err))
	}
}

// Subscribe has a method, one that takes a Message, called for each message of a topic from now on: forum/party, or bob/home/news where bob's policy lets this CA
// read it. Each is handled once, in order, through crashes; one whose handler fails is not repeated. What this CA's policy doesn't let the publisher do is passed over: by default it
// lets its own owner only, and tx.Allow(server.Group("friends"), "OnTweet") others. Following a topic again replaces the method, or changes nothing; where
// the topic doesn't know of it, for it refused or has been made anew, it is asked again. If the topic refuses, OnFailed hears of it. A CA follows up to 256 topics.
func (tx *Tx) Subscribe(topic, method string) error {
	tx.changes("Subscribe")
	n, err := tx.topicName(topic)
	if m := tx.class.methods[method]; err == nil && (m == nil || !isMessage(m.handler)) {
		err = fmt.Errorf("there is no method %s that takes a server.Message", method)
	}
	if err == nil {
		err = tx.class.srv.subscriptions.Subscribe(tx.tx, n, method)
	}
	return tx.topicError("subscribe to", topic, err)
}

// Unsubscribe ends a subscription, and tells whether there was one.
func (tx *Tx) Unsubscribe(topic string) (was bool, err error) {
	tx.changes("Unsubscribe")
	n, err := tx.topicName(topic)
	if err == nil {
		was, err = tx.class.srv.subscriptions.Unsubscribe(tx.tx, n)
	}
	return was, tx.topicError("unsubscribe from", topic, err)
}

func (tx *Tx) topicError(what, topic string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s %s: %w", what, clip(topic), err)
		tx.fail(err)
	}
	return err
}

// topicName completes a topic's name with this CA's.
func (tx *Tx) topicName(topic string) (name.Name, error) {
	self := tx.tx.Self()
	if name.CheckLabel(topic) == nil {
		self.Item = topic
		return self, nil
	}
	n, err := name.ParseTopic(topic)
	if err == nil && n.Host != "" {
		err = fmt.Errorf("it is on another server")
	}
	return n.In(self.App), err
}

// Of is the class of an actor of the app: its CAs', its topics', or of those who say farewell for CAs that are destroyed.
func (c *class) Of(id name.Name) actor.Class {
	switch {
	case channel.IsCourier(id):
		return c.srv.channels.Couriers()
	case id.Topic():
		return c.srv.topics.Class()
	}
	return c
}
