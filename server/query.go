package server

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Query is a question by a channel: the parameter of handlers that Tx.OnQuery names, which return a value and change nothing:
//
//	func (h *Home) OnAsked(tx *server.Tx, q server.Query) (int, error)
//
// One that changes something is undone whole, and answered with an error.
type Query struct {
	Ruleset, Name string
	Channel       string
	Subscription  string
	attributes    sky.Attributes
}

var typeQuery = reflect.TypeFor[Query]()

// Decode sets into, a pointer to a struct or a map, to the arguments.
func (q Query) Decode(into any) error { return decodeAttributes(q.attributes, into) }

// Text is an argument as a text; empty where it is absent, null, or neither text nor number.
func (q Query) Text(argument string) string { return q.attributes.Text(argument) }

// OnQuery has a method, one that takes a Query and returns a value, answer queries for a ruleset and name, each exact or "*", by channels that let them through. It changes nothing: what calls for a change fails the query,
// which the error tells, and so does another state afterwards. Else it is as On.
func (tx *Tx) OnQuery(ruleset, name, method string) error {
	tx.changes("OnQuery")
	return tx.on(true, ruleset, name, method, typeQuery)
}

// OffQuery takes an OnQuery back, and tells whether there was one.
func (tx *Tx) OffQuery(ruleset, name, method string) bool {
	tx.changes("OffQuery")
	return tx.channels().Off(tx.tx, true, ruleset, name, method)
}

// answer runs a query.
func (tx *Tx) answer(instance any, v *channel.Visit) ([]byte, error) {
	if _, err := tx.channels().Take(tx.tx, v); err != nil {
		return nil, err
	}
	for _, method := range tx.channels().Methods(tx.tx, true, v.Domain, v.Type) {
		if m := tx.class.methods[method]; m != nil && m.handler == typeQuery {
			q := Query{v.Domain, v.Type, v.Channel(), v.Subscription(), v.Attributes}
			result, err := tx.ask(instance, m, q)
			if err != nil {
				return nil, failed(err)
			}
			return result, nil
		}
	}
	return nil, wire.Err(wire.BadRequest, "There is nobody here who answers "+v.Domain+"/"+v.Type+".")
}

// ask runs a query's handler, and makes sure that it changes nothing: calls that would fail by themselves (changes), and the state is compared.
func (tx *Tx) ask(instance any, m *method, q Query) ([]byte, error) {
	before, err := tx.class.Encode(instance)
	if err != nil {
		return nil, err
	}
	tx.asked = m.name
	result, err := m.run(append(receiver(instance, tx), reflect.ValueOf(q)))
	if err != nil {
		return nil, err
	}
	if tx.err != nil {
		return nil, tx.err
	}
	after, err := tx.class.Encode(instance)
	if err == nil && !bytes.Equal(before, after) {
		err = tx.mayNot("change the state")
	}
	return result, err
}

// changes fails the message where it is a query: whatever of Tx changes something begins with it. All that the query did is undone then.
func (tx *Tx) changes(by string) {
	if tx.asked != "" {
		tx.fail(tx.mayNot("call " + by))
	}
}

func (tx *Tx) mayNot(what string) error {
	return fmt.Errorf("%s answers a query, which changes nothing: it may not %s; let it only read, and have an event change things, by a method that takes a server.Event (Tx.On)", tx.asked, what)
}
