package actor

import "time"

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
