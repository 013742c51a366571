package pubsub

import (
	"math/rand/v2"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// subscriptionLetter begins the subscriptions' side keys: hot ones, with the topic's name behind, or an item's label for what the CA itself has published to.
const subscriptionLetter = 'S'

// Limits of a CA.
const (
	MaxSubscriptions = 256 // topics that it follows
	MaxOwn           = 256 // topics of its own
)

const (
	// unwritten is how long a place that nothing else is written with stays in memory only, in µs: what it has gone by changed nothing.
	unwritten = 10_000_000
	// passAtOnce is how many messages that are not meant for the CA are passed over at a time: others have their turns in between.
	passAtOnce = 256
	// undecided is when a message is tried again on which policy could not decide, in µs.
	undecided = 1_000_000
)

// Subscriptions is the feature that CAs follow topics by, and publish.
func (h *Hub) Subscriptions() *Subscriptions { return &Subscriptions{h} }

// Subscriptions are the topics that CAs follow. Each is a durable place in the topic's log: a message is handled once, for the place behind it commits with what its
// handler has changed. Where it has changed nothing, the place is written later, and after a crash such a message may come again.
type Subscriptions struct{ hub *Hub }

// Letter begins the subscriptions' side keys.
func (*Subscriptions) Letter() byte { return subscriptionLetter }

// NewPart makes the subscriptions of an activation.
func (f *Subscriptions) NewPart(ca *actor.CA) actor.Part { return &subscriptions{hub: f.hub, ca: ca} }

type subscriptions struct {
	hub     *Hub
	ca      *actor.CA
	all     []subscription
	own     []string // the labels of the CA's topics
	before  []subscription
	ownedBy int // how many of own there were when the message began

	turn    int   // whose message comes next
	flushAt int64 // when places are written that nothing else is written with; 0 for never
	flush   bool  // now
	retryAt int64 // when a message is tried again, 0 for none
}

// subscription is one topic that the CA follows.
type subscription struct {
	topic  name.Name
	method string
	id     uint64 // tells it from those to the same topic before it, which the topic may still have in its books
	place         // the last message handled; epoch 0 until the topic has said where it begins
	missed uint64 // messages that were gone before those passed over since the last one handled
	told   uint64 // the message after the last one that the topic knows of, 0 for none
	after  int64  // not before that instant
	dirty  bool   // the place is not written
	fresh  bool   // nor is the subscription
}

func subscriptionKey(topic name.Name) []byte {
	return actor.HotKey(subscriptionLetter, []byte(topic.String())...)
}

func ownKey(label string) []byte { return actor.HotKey(subscriptionLetter, []byte(label)...) }

// Load takes a stored subscription.
func (p *subscriptions) Load(key, value []byte) error {
	if label := string(key[2:]); name.CheckLabel(label) == nil {
		p.own = append(p.own, label)
		return nil
	}
	s, err := parseSubscription(key, value)
	p.all = append(p.all, s)
	return err
}

func parseSubscription(key, value []byte) (s subscription, err error) {
	topic, err := name.ParseTopic(string(key[2:]))
	r := cbor.NewReader(value)
	if r.Array() != 4 || err != nil {
		return s, errStored
	}
	s = subscription{topic: topic, method: r.Text(), id: r.Uint(), place: place{r.Uint(), r.Uint()}}
	if r.Done() != nil {
		return s, errStored
	}
	return s, nil
}

func (s *subscription) encode() []byte {
	b := cbor.AppendText(cbor.AppendArrayHeader(make([]byte, 0, 56), 4), s.method)
	return cbor.AppendUint(cbor.AppendUint(cbor.AppendUint(b, s.id), s.epoch), s.offset)
}

func (p *subscriptions) Begin() {
	p.before = append(p.before[:0], p.all...)
	p.ownedBy = len(p.own)
}

func (p *subscriptions) Rollback() {
	p.all = append(p.all[:0], p.before...)
	p.own = p.own[:p.ownedBy]
}

// Delivery is what a Published message brings: its Args are the value alone.
type Delivery struct {
	Topic  name.Name
	Offset uint64
	At     int64  // µs UTC, when the topic has taken it
	Missed uint64 // messages before it that left the log unseen
	id     uint64 // of the subscription
	place  place
	Ran    bool // set by the handler's caller
}

// Next is the next message of a topic. Topics take turns.
func (p *subscriptions) Next(now int64) *actor.Message {
	for i := range p.all {
		at := (p.turn + i) % len(p.all)
		if s := &p.all[at]; s.after <= now {
			if m := p.next(s, now); m != nil {
				p.turn = at + 1
				return m
			}
		}
	}
	return nil
}

func (p *subscriptions) next(s *subscription, now int64) *actor.Message {
	f := p.hub.feed(s.topic)
	if s.epoch == 0 && !p.begin(s, f, now) {
		return nil
	}
	for range passAtOnce {
		e, lost, err := f.next(s.place)
		switch {
		case err != nil:
			p.wait(s, now)
			return nil
		case e == nil:
			if f.awaits(p.ca.Name()) {
				s.told = 0 // it did not know of us yet when we told it
			}
			return nil
		}
		at := place{s.epoch, e.Offset}
		switch refused := p.mayRead(s.topic); {
		case refused == nil:
			return &actor.Message{Kind: actor.Published, From: e.From, Method: s.method, Args: e.Value,
				Ext: &Delivery{Topic: s.topic, Offset: e.Offset, At: e.At, Missed: s.missed + lost, id: s.id, place: at}}
		case refused.Code == wire.Unavailable:
			p.wait(s, now)
			return nil
		}
		s.place, s.dirty = at, true // it is not meant for us now
		s.missed += lost
	}
	p.ca.WakeAt(now) // for the next ones
	return nil
}

// begin asks the topic where a new subscription begins.
func (p *subscriptions) begin(s *subscription, f *feed, now int64) bool {
	at, ok, err := f.position(p.ca.Name(), s.id)
	if err != nil {
		p.wait(s, now)
	}
	if ok {
		s.place, s.dirty = at, true
	}
	return ok
}

// wait has a subscription go on later.
func (p *subscriptions) wait(s *subscription, now int64) {
	s.after = now + undecided
	if p.retryAt == 0 || s.after < p.retryAt {
		p.retryAt = s.after
	}
	p.ca.WakeAt(s.after)
}

// mayRead tells whether the CA may follow a topic now. A forum is everybody's.
func (p *subscriptions) mayRead(topic name.Name) *wire.Error {
	if topic.Forum() || topic.CA() == p.ca.Name() {
		return nil
	}
	return p.hub.opt.Judge(topic.CA(), p.ca.Name(), topic.Item, bus.Reader{}).Refusal()
}

// Settled goes on behind a message, whatever became of it; but for one on which policy could not decide: that comes again.
func (p *subscriptions) Settled(m *actor.Message, err *wire.Error) {
	d := m.Ext.(*Delivery)
	i := p.find(d.Topic)
	switch {
	case i < 0 || p.all[i].id != d.id: // its own handler has ended the subscription, or begun it anew
	case err != nil && err.Code == wire.Unavailable && !d.Ran:
		p.wait(&p.all[i], p.hub.now())
	default:
		p.all[i].place, p.all[i].dirty, p.all[i].missed = d.place, true, 0
	}
}

func (p *subscriptions) find(topic name.Name) int {
	for i := range p.all {
		if p.all[i].topic == topic {
			return i
		}
	}
	return -1
}

// Encode writes what the CA follows from now on, or no longer, and tells the topics how far it has got.
func (p *subscriptions) Encode(c *actor.Commit) {
	for i := range p.before {
		if topic := p.before[i].topic; p.find(topic) < 0 {
			c.Delete(subscriptionKey(topic))
		}
	}
	for _, label := range p.own[p.ownedBy:] {
		c.Put(ownKey(label), nil)
	}
	p.ownedBy = len(p.own)
	for i := range p.all {
		s := &p.all[i]
		if s.fresh {
			s.fresh, s.dirty = false, false
			c.Put(subscriptionKey(s.topic), s.encode())
		}
		if s.epoch != 0 && s.told != s.offset+1 {
			s.told = s.offset + 1
			hub, topic, ca, at := p.hub, s.topic, p.ca.Name(), s.place
			c.After(func() { hub.feed(topic).handled(ca, at) })
		}
	}
}

// Ride writes places with whatever is written; what has changed nothing is not worth a write of its own.
func (p *subscriptions) Ride(c *actor.Commit) {
	dirty := false
	for i := range p.all {
		s := &p.all[i]
		if s.dirty && (p.flush || c.Wrote()) {
			s.dirty = false
			c.Put(subscriptionKey(s.topic), s.encode())
		}
		dirty = dirty || s.dirty
	}
	switch p.flush = false; {
	case !dirty:
		p.flushAt = 0
	case p.flushAt == 0:
		p.flushAt = p.hub.now() + unwritten
	}
}

// Tend has places written that have waited for long.
func (p *subscriptions) Tend(now int64) {
	p.flush = p.flushAt != 0 && (now >= p.flushAt || p.ca.Draining())
	if p.retryAt <= now {
		p.retryAt = 0
	}
}

// Awaits is when there is something to write, or to try again.
func (p *subscriptions) Awaits() int64 {
	switch {
	case p.flushAt == 0:
		return p.retryAt
	case p.retryAt == 0:
		return p.flushAt
	}
	return min(p.flushAt, p.retryAt)
}

// Idle keeps the CA in memory until its places are written.
func (p *subscriptions) Idle() bool { return p.flushAt == 0 }

var (
	errSubscriptions = wire.Err(wire.TooLarge, "A CA follows at most 256 topics.")
	errOwn           = wire.Err(wire.TooLarge, "A CA has at most 256 topics of its own.")
	errDoomed        = wire.Err(wire.BadRequest, "This assistant is destroyed with this message: it follows nothing any more, and its own topics end.")
)

// Subscribe has a method of the CA called for each message of a topic, from now on. Following it again replaces the method; where the topic doesn't know of it, for it has
// refused or was made anew, it is asked again. Errors are *wire.Error.
func (f *Subscriptions) Subscribe(tx *actor.Tx, topic name.Name, method string) (err error) {
	var id uint64
	tx.Use(f, func(x actor.Part) { id, err = x.(*subscriptions).subscribe(topic, method) })
	if err == nil && id != 0 {
		_, err = tx.Post(topic, subscribe, cbor.AppendUint(cbor.AppendArrayHeader(nil, 1), id))
	}
	return err
}

// subscribe returns the subscription's id, 0 where the topic needs not be asked.
func (p *subscriptions) subscribe(topic name.Name, method string) (id uint64, err error) {
	i := p.find(topic)
	switch {
	case p.ca.Doomed():
		return 0, errDoomed
	case i >= 0:
		return p.renew(&p.all[i], method)
	case len(p.all) >= MaxSubscriptions:
		return 0, errSubscriptions
	}
	id = newID()
	p.all = append(p.all, subscription{topic: topic, method: method, id: id, fresh: true})
	return id, nil
}

// newID fits what others call an integer, and is never 0.
func newID() uint64 { return rand.Uint64N(1<<53-1) + 1 }

// renew goes on with a subscription that there is. Its id stays while it has not begun: the topic may know of it in a moment.
func (p *subscriptions) renew(s *subscription, method string) (id uint64, err error) {
	_, known, err := p.hub.feed(s.topic).position(p.ca.Name(), s.id)
	if err != nil {
		return 0, errUnread
	}
	if s.method != method {
		s.method, s.fresh = method, true
	}
	if known {
		return 0, nil
	}
	if s.epoch != 0 {
		s.id, s.place, s.fresh = newID(), place{}, true
	}
	return s.id, nil
}

var noArgs = cbor.AppendArrayHeader(nil, 0)

// Unsubscribe ends a subscription, and tells whether there was one.
func (f *Subscriptions) Unsubscribe(tx *actor.Tx, topic name.Name) (was bool, err error) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*subscriptions)
		i := p.find(topic)
		if was = i >= 0; was {
			p.all = append(p.all[:i:i], p.all[i+1:]...)
		}
	})
	if was {
		_, err = tx.Post(topic, unsubscribe, noArgs)
	}
	return was, err
}

// Publish sends a value to a topic with the transaction. Errors are *wire.Error, or tell that too much is on its way.
func (f *Subscriptions) Publish(tx *actor.Tx, topic name.Name, value []byte) error {
	if len(value) > wire.MaxTopicValue {
		return errValue
	}
	if topic.CA() == tx.Self() {
		var err error
		if tx.Use(f, func(x actor.Part) { err = x.(*subscriptions).owns(topic.Item) }); err != nil {
			return err
		}
	}
	_, err := tx.Post(topic, publish, append(cbor.AppendArrayHeader(nil, 1), value...))
	return err
}

// owns notes a topic of the CA's, so that it ends with the CA.
func (p *subscriptions) owns(label string) error {
	switch {
	case p.ca.Doomed():
		return errDoomed
	case slices.Contains(p.own, label):
		return nil
	case len(p.own) >= MaxOwn:
		return errOwn
	}
	p.own = append(p.own, label)
	return nil
}

// Leave ends all subscriptions of a CA that is destroyed, and its topics. Call it before Destroy.
func (f *Subscriptions) Leave(tx *actor.Tx) error {
	var follows []name.Name
	var own []string
	tx.Use(f, func(x actor.Part) {
		p := x.(*subscriptions)
		for i := range p.all {
			follows = append(follows, p.all[i].topic)
		}
		own = p.own
	})
	for _, topic := range follows {
		if _, err := f.Unsubscribe(tx, topic); err != nil {
			return err
		}
	}
	for _, label := range own {
		topic := tx.Self()
		topic.Item = label
		if _, err := tx.Post(topic, end, noArgs); err != nil {
			return err
		}
	}
	return nil
}
