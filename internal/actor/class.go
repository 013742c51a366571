package actor

import (
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Class is an app's kind of CA: how instances are made, encoded and run. Package server makes one of an author's type.
type Class interface {
	// New makes an empty instance.
	New() any
	// Encode returns the checkpointed state of an instance, deterministically: equal states give equal bytes.
	Encode(instance any) ([]byte, error)
	// Decode sets the checkpointed state of an instance to what Encode wrote, and leaves the rest of it alone.
	Decode(state []byte, instance any) error
	// Invoke runs what the message asks for. An error that is a *wire.Error keeps its code; any other is wire.Failed.
	Invoke(tx *Tx, instance any, m *Message) (result []byte, err error)
	// Handles tells whether instances take a kind of lifecycle message.
	Handles(Kind) bool
	// Version is the app's; a CA written by another one is upgraded when it is loaded.
	Version() string
	// Deadline is how long a method may run.
	Deadline() time.Duration
	// PulseEvery is the time between two Pulses, 0 for none.
	PulseEvery() time.Duration
}

// Checker is a Class that can tell, at less than the price of trying, whether Decode takes what Encode has written. A state that it refuses is never kept.
type Checker interface {
	Check(state []byte) error
}

// Divided is an app's Class that has other kinds of actors besides: the topics of the app.
type Divided interface {
	// Of is the Class of the actor of that name. It may be the receiver itself.
	Of(id name.Name) Class
}

// Open is a Class that decides by itself who may send messages to its actors, instead of the Gate. The first message that it lets in makes the actor.
type Open interface {
	// Admit refuses a message. A refusal that passes (unavailable, overloaded, quota) has its sender try again. It runs in the actor's turn.
	Admit(m *Message) *wire.Error
}

// door stands where the Gate's guard does, before the actors of an Open class.
type door struct{ class Open }

func (door) Begin()         {}
func (door) Rollback()      {}
func (door) Encode(*Commit) {}

func (d door) Admit(m *Message, _ int64) Verdict { return Verdict{Refused: d.class.Admit(m)} }

func (door) Recall(*Message, int64) Verdict { return Verdict{} }

func (door) Settle([]byte, *wire.Error) {}
