package server

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/sky"
)

// Event is what has happened, as somebody says who has a channel, or as this CA itself raises: the parameter of handlers that Tx.On names.
//
//	func (h *Home) OnPhone(tx *server.Tx, e server.Event) error
//
// Who has raised it is known by the channel only; Tx.Caller is the principal channel/name.
type Event struct {
	ID           string // the same for repetitions, which are not run again; made up where the sender has given none
	Domain, Type string
	Channel      string // by which it came, empty for the CA's own
	Subscription string // the id of the one that the channel belongs to, empty for none
	At           time.Time
	attributes   sky.Attributes
}

var typeEvent = reflect.TypeFor[Event]()

// Decode sets into, a pointer to a struct or a map, to the attributes.
func (e Event) Decode(into any) error { return decodeAttributes(e.attributes, into) }

// Text is an attribute as a text; empty where it is absent, null, or neither text nor number.
func (e Event) Text(attribute string) string { return e.attributes.Text(attribute) }

func decodeAttributes(a sky.Attributes, into any) error {
	if err := decoding.Unmarshal(a.Encode(), into); err != nil {
		return fmt.Errorf("the attributes are not what is expected: %w", err)
	}
	return nil
}

// On has a method, one that takes an Event, called for events of a domain and type, each exact or "*" for any: those that come by channels which let them through, and the CA's own (Raise). It is durable;
// saying it again changes nothing. What a method returns is a directive, by the method's name, in the answer that the sender gets. Of several methods all are called, each once, in the order of domain, type and method, in one transaction. A CA has up to 256 handlers.
func (tx *Tx) On(domain, typ, method string) error {
	tx.changes("On")
	return tx.on(false, domain, typ, method, typeEvent)
}

func (tx *Tx) on(query bool, domain, typ, method string, takes reflect.Type) error {
	var err error
	if m := tx.class.methods[method]; m == nil || m.handler != takes {
		err = fmt.Errorf("there is no method %s that takes a server.%s", method, takes.Name())
	} else if query && !m.hasResult {
		err = fmt.Errorf("the method %s returns nothing that could be answered", method)
	} else {
		err = tx.channels().On(tx.tx, query, domain, typ, method)
	}
	if err != nil {
		err = fmt.Errorf("on %s:%s: %w", clip(domain), clip(typ), err)
		tx.fail(err)
	}
	return err
}

// Off takes an On back, and tells whether there was one.
func (tx *Tx) Off(domain, typ, method string) bool {
	tx.changes("Off")
	return tx.channels().Off(tx.tx, false, domain, typ, method)
}

// maxRaised is how many events of a CA's own one message may bring about.
const maxRaised = 100

// raised is an event of the CA's own, before its handlers run.
type raised struct {
	domain, typ string
	attributes  sky.Attributes
}

// Raise raises an event of this CA's own: its handlers run in this same transaction, after the method has returned, and an error of theirs fails it. Attributes are a struct or a map, or nil.
// The event system:subscribe begins a subscription, as Link does: with targetChannel, channelName, namespace and relationship. One message brings about up to 100 events.
func (tx *Tx) Raise(domain, typ string, attributes any) {
	tx.changes("Raise")
	a, err := attributesOf(domain, typ, attributes)
	if err == nil && len(tx.raised) >= maxRaised {
		err = fmt.Errorf("one message raises at most %d events", maxRaised)
	}
	if err != nil {
		tx.fail(fmt.Errorf("raise %s:%s: %w", clip(domain), clip(typ), err))
		return
	}
	tx.raised = append(tx.raised, raised{domain, typ, a})
}

func attributesOf(domain, typ string, attributes any) (sky.Attributes, error) {
	if flaw := sky.CheckEvent(domain, typ); flaw != nil {
		return nil, flaw
	}
	packed, err := marshal(attributes)
	if err != nil {
		return nil, err
	}
	a, flaw := sky.AttributesOf(packed)
	if flaw != nil {
		return nil, flaw
	}
	return a, nil
}

// raiseMethod is what timers of events name; no app's method can have its name.
const raiseMethod = "event-raise"

// RaiseAt raises an event of this CA's own at an instant, by a durable timer (At).
func (tx *Tx) RaiseAt(at time.Time, domain, typ string, attributes any) TimerID {
	tx.changes("RaiseAt")
	return tx.raiseLater(clock.Micros(at), 0, domain, typ, attributes)
}

// RaiseEvery raises an event of this CA's own again and again, by a durable timer (Every).
func (tx *Tx) RaiseEvery(period time.Duration, domain, typ string, attributes any) TimerID {
	tx.changes("RaiseEvery")
	if period <= 0 {
		tx.fail(fmt.Errorf("raise every %v: the period must be positive", period))
		return 0
	}
	return tx.raiseLater(tx.tx.Now()+period.Microseconds(), max(1, period.Microseconds()), domain, typ, attributes)
}

func (tx *Tx) raiseLater(at, every int64, domain, typ string, attributes any) TimerID {
	a, err := attributesOf(domain, typ, attributes)
	var id uint64
	if err == nil {
		packed := cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(nil, 3), domain), typ)
		id, err = tx.tx.Set(max(0, at), every, raiseMethod, append(packed, a.Encode()...))
	}
	if err != nil {
		tx.fail(fmt.Errorf("raise %s:%s later: %w", clip(domain), clip(typ), err))
	}
	return TimerID(id)
}

// Direct adds a directive to the answer that whoever raised the event at hand gets. Options are a struct or a map, or nil. In other messages it does nothing.
func (tx *Tx) Direct(name string, options any) {
	packed, err := marshal(options)
	if err == nil && options != nil && cbor.KindOf(packed) != cbor.KindMap {
		err = errors.New("a directive's options are a struct or a map")
	}
	if err != nil {
		tx.fail(fmt.Errorf("direct %s: %w", clip(name), err))
		return
	}
	if options == nil {
		packed = cbor.AppendMapHeader(nil, 0)
	}
	tx.directives = append(tx.directives, sky.Directive{Name: name, Options: packed})
}

// takeVisit handles what has come by a channel.
func (tx *Tx) takeVisit(instance any, m *actor.Message) ([]byte, error) {
	v := m.Ext.(*bus.Event).By.(*channel.Visit)
	if v.Form.Query() {
		return tx.answer(instance, v)
	}
	done, err := tx.channels().Take(tx.tx, v)
	if err == nil && !done {
		e := Event{v.ID, v.Domain, v.Type, v.Channel(), v.Subscription(), clock.FromMicros(v.At), v.Attributes}
		err = tx.happen(instance, e)
	}
	return nil, err
}

// happen runs an event: what steers subscriptions is the framework's, all else its handlers'.
func (tx *Tx) happen(instance any, e Event) error {
	directives, done, err := tx.channels().Command(tx.tx, e.Domain, e.Type, e.attributes)
	if err != nil {
		return failed(err) // its code would speak of the channel
	}
	if done {
		tx.directives = append(tx.directives, directives...)
		return nil
	}
	for _, method := range tx.channels().Methods(tx.tx, false, e.Domain, e.Type) {
		m := tx.class.methods[method]
		if m == nil || m.handler != typeEvent {
			continue // of a version of the app before this one
		}
		result, err := m.run(append(receiver(instance, tx), reflect.ValueOf(e)))
		if err != nil {
			return failed(err)
		}
		if m.hasResult && string(result) != cbor.Null {
			tx.directives = append(tx.directives, sky.Directive{Name: method, Options: asOptions(result)})
		}
	}
	return nil
}

// asOptions makes a map of what a handler has returned.
func asOptions(result []byte) []byte {
	if cbor.KindOf(result) == cbor.KindMap {
		return result
	}
	return append(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "value"), result...)
}

// takeTimer raises the event that a timer was made for.
func (tx *Tx) takeTimer(m *actor.Message) error {
	r := cbor.NewReader(m.Args)
	r.Array()
	domain, typ := r.Text(), r.Text()
	a, err := sky.ParseAttributes(r.Raw())
	if err != nil || r.Done() != nil {
		return errors.New("what a timer was to raise is damaged")
	}
	tx.raised = append(tx.raised, raised{domain, typ, a})
	return nil
}

// runRaised runs the events that the message has raised, and those that they raise.
func (tx *Tx) runRaised(instance any) error {
	for i := 0; i < len(tx.raised); i++ {
		if tx.err != nil {
			return tx.err
		}
		r := tx.raised[i]
		e := Event{Domain: r.domain, Type: r.typ, At: tx.Now(), attributes: r.attributes}
		if err := tx.happen(instance, e); err != nil {
			return fmt.Errorf("the event %s:%s: %w", r.domain, r.typ, err)
		}
	}
	return nil
}
