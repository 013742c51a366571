package actor

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Kind tells where a message comes from, and so which methods it can reach.
type Kind uint8

const (
	Call      Kind = iota // a client's request; its reply waits for the commit
	Send                  // another CA's message, from its durable outbox
	Answer                // what became of a Send, to the method its sender named
	Alarm                 // a durable timer of this CA
	Init                  // lifecycle: once, at creation
	Resume                // lifecycle: each time the CA is loaded
	Upgrade               // lifecycle: the state was written by another version of the app; Args holds that version
	Pulse                 // lifecycle: periodic
	Undone                // lifecycle: a Send without Then was refused or failed (OnFailed)
	Changed               // a feature's word to its own CA (Ringer); reaches a method by its name
	Published             // what somebody has published, brought by a feature (Ringer); From is the publisher
	Raised                // an event that came by a channel; the guard knows of it who sent it
	tending               // the parts' own housekeeping; reaches no method
	kinds
)

var kindNames = [kinds]string{"call", "send", "answer", "alarm", "init", "resume", "upgrade", "pulse", "undone", "changed", "published", "raised", "tending"}

func (k Kind) String() string { return kindNames[k] }

// External tells whether a message comes from outside of the CA, and so needs the policy's consent.
func (k Kind) External() bool { return k == Call || k == Send || k == Published || k == Raised }

// Message is what a CA handles, one at a time. Its sender is authenticated by whoever delivers it; no app code makes one.
type Message struct {
	Kind   Kind
	From   name.Name // the sender: an owner (a client) or a CA; the CA itself for its own timers and lifecycle
	To     name.Name // a complete CA name
	Method string    // empty opens the CA and runs nothing
	Args   []byte    // one CBOR array

	Ext any // what the bus remembers of it: token scope, request key

	// Reply is called once with the outcome of a Call, when all that it may show is durable. It must not block.
	Reply func(result []byte, err *wire.Error)

	post   *post   // a Send on its way through the outbox
	answer *answer // the outcome that an Answer or Undone carries
	alarm  *alarm  // the timer behind an Alarm
	ringer Ringer  // the part whose message it is

	next, prev *Message // in the queue that it waits in
}

// Failure is the error that an Answer or an Undone message carries, nil for success.
func (m *Message) Failure() *wire.Error {
	if m.answer == nil {
		return nil
	}
	return m.answer.err
}

// Result is the CBOR result that an Answer carries.
func (m *Message) Result() []byte {
	if m.answer == nil {
		return nil
	}
	return m.answer.result
}

// About is the method whose Send an Answer or an Undone message speaks of.
func (m *Message) About() string {
	if m.answer == nil {
		return ""
	}
	return m.answer.method
}

// Timer is the number of the timer behind an Alarm, and when it was due in µs UTC.
func (m *Message) Timer() (id uint64, due int64) {
	if m.alarm == nil {
		return 0, 0
	}
	return m.alarm.id, m.alarm.at
}

func (m *Message) reply(result []byte, err *wire.Error) {
	if m.Reply != nil {
		m.Reply(result, err)
	}
}
