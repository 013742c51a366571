package server

import (
	"errors"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
)

// Response is the answer to a message that was sent: the parameter of handlers named by Sent.Then, and of OnFailed.
type Response struct {
	From   Who    // who answered
	Method string // the method that was asked for
	Err    error  // why it was refused or failed; nil on success
	result []byte
}

// Decode sets v, a pointer, to the method's result. It returns Err where there is none.
func (r Response) Decode(v any) error {
	if r.Err != nil {
		return r.Err
	}
	return decoding.Unmarshal(r.result, v)
}

func newResponse(m *actor.Message) Response {
	r := Response{From: who(m.From), Method: m.About(), result: m.Result()}
	if f := m.Failure(); f != nil {
		r.Err = f
	}
	return r
}

// Timer tells a handler which durable timer rings.
type Timer struct {
	ID   TimerID
	Due  time.Time // when it should have rung; the Tx's Now may be later, after a restart by much
	args []byte
}

// TimerID names a durable timer of a CA.
type TimerID uint64

// Args sets pointers to the values that the timer was made with, in their order.
func (t Timer) Args(to ...any) error {
	r := cbor.NewReader(t.args)
	if n := r.Array(); n != len(to) {
		return errors.New("the timer was made with " + count(n, "argument"))
	}
	for _, p := range to {
		raw := r.Raw()
		if err := r.Err(); err != nil {
			return err
		}
		if err := decoding.Unmarshal(raw, p); err != nil {
			return err
		}
	}
	return r.Done()
}

func newTimer(m *actor.Message) Timer {
	id, due := m.Timer()
	return Timer{ID: TimerID(id), Due: clock.FromMicros(due), args: m.Args}
}

// Change tells a handler which map it watches has changed.
type Change struct {
	Map     string // its full name, for Tx.Read
	Version uint64 // at which it was found; what Read gives may be newer
}

func newChange(m *actor.Message) (c Change) {
	r := cbor.NewReader(m.Args)
	r.Array()
	return Change{Map: r.Text(), Version: r.Uint()}
}
