package actortest

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// State is an instance of a Class: N and Log are checkpointed, Private is not.
type State struct {
	N       int64
	Log     []string
	Private int64
}

// Method is the code behind a message.
type Method func(tx *actor.Tx, s *State, m *actor.Message) ([]byte, error)

// Class is an app whose methods are found by name, and whose lifecycle and OnFailed by kind. Set its fields before use.
type Class struct {
	Methods  map[string]Method
	Life     map[actor.Kind]Method
	App      string        // version; default "1"
	Limit    time.Duration // of a method; default 1,000 h, for tests move their clock far
	Every    time.Duration // between pulses
	BadState func([]byte) error
	Encodes  atomic.Int64 // how often Encode was called
	Topics   actor.Class  // of the app's topics, may be nil
}

// Of is the class of the app's CAs, or of its topics.
func (c *Class) Of(id name.Name) actor.Class {
	if id.Topic() {
		return c.Topics
	}
	return c
}

// New makes an empty State.
func (c *Class) New() any { return new(State) }

// Encode returns N and Log.
func (c *Class) Encode(instance any) ([]byte, error) {
	c.Encodes.Add(1)
	s := instance.(*State)
	b := cbor.AppendArrayHeader(nil, 1+len(s.Log))
	b = cbor.AppendInt(b, s.N)
	for _, line := range s.Log {
		b = cbor.AppendText(b, line)
	}
	return b, nil
}

// Decode sets N and Log.
func (c *Class) Decode(state []byte, instance any) error {
	if c.BadState != nil {
		if err := c.BadState(state); err != nil {
			return err
		}
	}
	s := instance.(*State)
	r := cbor.NewReader(state)
	n := r.Array()
	s.N, s.Log = r.Int(), slices.Grow[[]string](nil, max(0, n-1))
	for range n - 1 {
		s.Log = append(s.Log, r.Text())
	}
	return r.Done()
}

// Invoke runs the method of a message.
func (c *Class) Invoke(tx *actor.Tx, instance any, m *actor.Message) ([]byte, error) {
	run := c.Life[m.Kind]
	switch m.Kind {
	case actor.Call, actor.Send, actor.Answer, actor.Alarm, actor.Changed, actor.Published:
		run = c.Methods[m.Method]
	}
	if run == nil {
		return nil, wire.Err(wire.BadRequest, "No method "+m.Method)
	}
	result, err := run(tx, instance.(*State), m)
	if result == nil {
		result = cbor.AppendNull(nil)
	}
	return result, err
}

// Handles tells which lifecycle messages are set.
func (c *Class) Handles(k actor.Kind) bool { return c.Life[k] != nil }

// Version is App.
func (c *Class) Version() string {
	if c.App == "" {
		return "1"
	}
	return c.App
}

// Deadline is Limit.
func (c *Class) Deadline() time.Duration {
	if c.Limit == 0 {
		return 1000 * time.Hour
	}
	return c.Limit
}

// PulseEvery is Every.
func (c *Class) PulseEvery() time.Duration { return c.Every }
