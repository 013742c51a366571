package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/wire"
)

// CallOptions are what a room is told of us, and who hears what it says. Handlers run on the Client's goroutine, one after the other.
type CallOptions struct {
	Hello any // what the room is told of us each time that the call is opened, at most 256 KiB when encoded

	OnOpened func(CallOpened) // hears that we are in the room: at first, and again after each cut. It follows the state CallLive
	OnSignal func([]byte)     // hears what the room says since then, each signal once and in order; encoded, see Decode
	OnState  func(CallState)  // hears of every change of the call's state
}

// CallOpened tells that we are in a room.
type CallOpened struct {
	Resumed bool   // as the same member as before: the others, and what they have of us, stay. What was said just before the cut may be lost
	Member  string // who we are in there
	Payload []byte // what we are told of the room, encoded; see Decode
}

// Decode decodes what we are told of the room. Structs follow their cbor or json tags.
func (o CallOpened) Decode(into any) error { return Decode(o.Payload, into) }

// CallState is what can be said of a call.
type CallState = dial.State

// The states of a Call.
const (
	CallOpening = dial.Opening // the server has not answered yet
	CallLive    = dial.Live    // what is said arrives
	CallStale   = dial.Stale   // it has been live, and will come back
	CallEnded   = dial.Ended   // refused, over, or the Client is closed
)

// ErrNotLive is what Send answers while a call is not live. What was to be sent is not kept.
var ErrNotLive = errors.New("client: the call is not live now")

// What of a room waits for a slow handler, at most. Beyond it the call ends: nothing of it may be passed over.
const (
	maxHeard      = 4096
	maxHeardBytes = 16 << 20
)

// Call is a member of a room, for what is said there about media, not media themselves. It comes back by itself for as long as the Client does. Its
// methods may be called from many goroutines.
type Call struct {
	c    *Client
	room string
	opt  CallOptions

	// Guarded by Client.mu.
	number uint32
	state  CallState
	err    error
	member string
	opens  int           // how often it was opened
	known  int           // how often as far as the handlers know
	ready  chan struct{} // closed once the server has let us in, or never will
	heard  int           // signals that wait for OnSignal
	bytes  int           // of them
	closed bool
}

// Call enters a room, app:owner/local/room, and returns once we are in there. Two Calls of one room are two members. Errors are *Error if the
// server refuses, ctx's, or ErrClosed. A room that is full, or a server that is busy, is waited for.
func (c *Client) Call(ctx context.Context, room string, opt CallOptions) (*Call, error) {
	hello, err := encodePayload(opt.Hello)
	if err != nil {
		return nil, err
	}
	call := &Call{c: c, room: room, opt: opt, ready: make(chan struct{})}
	c.do(func() { c.rooms.enter(call, hello) })
	if call.number == 0 {
		return nil, ErrClosed
	}
	select {
	case <-call.ready:
	case <-ctx.Done():
		call.Close()
		return nil, ctx.Err()
	}
	if state, err := call.State(); state == CallEnded {
		return nil, err
	}
	return call, nil
}

func encodePayload(v any) ([]byte, error) {
	raw, err := encoding.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("client: what is to be said can't be encoded: %w", err)
	}
	if len(raw) > wire.MaxSignal {
		return nil, wire.Err(wire.TooLarge, "What is said within a call has at most 256 KiB when encoded.")
	}
	return raw, nil
}

// Send says a value to the room, of at most 256 KiB when encoded. Errors are *Error where it is too large, ErrNotLive, or why the call has
// ended. A call that has come back after a cut is not live before OnOpened is called: an answer to what was heard before would be taken for one to
// what is said since. No error means that it is on its way: after a cut nobody knows whether it has arrived.
func (k *Call) Send(v any) error {
	raw, err := encodePayload(v)
	if err != nil {
		return err
	}
	err = ErrClosed
	k.c.do(func() {
		switch {
		case k.state == CallEnded:
			err = k.err
		case k.closed:
		case k.opens > 1 && k.known < k.opens:
			err = ErrNotLive
		case k.c.rooms.dial.Say(k.number, raw):
			err = nil
		default:
			err = ErrNotLive
		}
	})
	return err
}

// Hello changes what the room is told of us the next time that the call is opened, of at most 256 KiB when encoded.
func (k *Call) Hello(v any) error {
	raw, err := encodePayload(v)
	if err == nil {
		k.c.do(func() { k.c.rooms.dial.Hello(k.number, raw) })
	}
	return err
}

// Close leaves the room. No handler is called afterwards, but one that runs may still be at it.
func (k *Call) Close() {
	k.c.do(func() {
		k.closed = true
		k.c.rooms.leave(k)
	})
}

// Room is the room's full name.
func (k *Call) Room() string { return k.room }

// Member is who we are in the room; empty before the server has let us in.
func (k *Call) Member() string {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.member
}

// State tells whether what is said arrives; err is what is in the way, or why the call has ended.
func (k *Call) State() (state CallState, err error) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.state, k.err
}
