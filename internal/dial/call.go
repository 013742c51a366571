package dial

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// A call is one stay in a room.
type call struct {
	number uint32
	room   string
	hello  []byte // the latest; nil is null
	state  State
	reason *wire.Error // what is in the way

	member, secret string // of the latest opening

	asked    uint32 // by which number the server was asked on this connection, 0 not
	askAt    int64  // when to ask again, 0 not
	refusals int    // in a row
}

func (s *call) greet(hello []byte) {
	if isPayload(hello) {
		s.hello = append([]byte(nil), hello...)
	}
}

func isPayload(b []byte) bool { return len(b) <= wire.MaxSignal && cbor.Check(b) == nil }

// ask opens a call by a new number, as whom it was before.
func (c *Calls) ask(s *call) {
	if !c.connected {
		return
	}
	c.asks++
	s.asked, s.askAt = c.asks, 0
	c.send(wire.CallOpen{Call: s.asked, Room: s.room, Member: s.member, Secret: s.secret, Payload: s.hello}.Append(nil))
}

// askAt asks at an instant, or now if it has come.
func (c *Calls) askAt(s *call, at int64) {
	if at <= c.clock.Now {
		c.ask(s)
		return
	}
	s.askAt = at
	c.clock.At(at)
}

// leave takes back what the server was asked for.
func (c *Calls) leave(s *call) {
	if s.asked != 0 {
		c.send(wire.CallClose{Call: s.asked}.Append(nil))
		s.asked = 0
	}
}

// ground marks a call that the server does not know of on this connection, and tells so if that is new.
func (c *Calls) ground(s *call, reason *wire.Error) {
	s.asked = 0
	state := Opening
	if s.state != Opening {
		state = Stale
	}
	if s.state != state || s.reason != reason {
		c.tell(s, state, reason)
	}
}

func (c *Calls) tell(s *call, state State, reason *wire.Error) {
	s.state, s.reason = state, reason
	c.emit(Event{Kind: Turned, Call: s.number, State: state, Err: reason})
}

// handleOpened takes the answer.
func (c *Calls) handleOpened(frame []byte) error {
	f, err := wire.ParseCallOpened(frame)
	if err != nil {
		return err
	}
	s := c.asking(f.Call)
	if s == nil {
		return nil
	}
	switch {
	case s.state == Live:
		return wire.Err(wire.BadRequest, "A call was answered twice.")
	case f.Resumed && f.Member != s.member:
		return wire.Err(wire.BadRequest, "A call was resumed as another member.")
	}
	s.state, s.reason, s.refusals = Live, nil, 0
	s.member, s.secret = f.Member, f.Secret
	c.emit(Event{Kind: Opened, Call: s.number, State: Live, Data: f.Payload, Member: f.Member, Resumed: f.Resumed})
	return nil
}

func (c *Calls) handleSignal(frame []byte) error {
	f, err := wire.ParseCallSignal(frame)
	if err != nil {
		return err
	}
	s := c.asking(f.Call)
	switch {
	case s == nil:
	case s.state != Live:
		return wire.Err(wire.BadRequest, "A room spoke before it had answered.")
	default:
		c.emit(Event{Kind: Signal, Call: s.number, Data: f.Payload})
	}
	return nil
}

// handleEnd takes a refusal: for now, or for good.
func (c *Calls) handleEnd(frame []byte) error {
	f, err := wire.ParseCallEnd(frame)
	if err != nil {
		return err
	}
	s := c.asking(f.Call)
	if s == nil {
		return nil
	}
	reason := wire.Retry(f.Err.Code, f.Err.Message, f.Err.RetryAfter)
	switch reason.Code {
	case wire.Unavailable, wire.Overloaded, wire.Quota:
		c.ground(s, reason)
		c.askAt(s, c.clock.Now+c.clock.Pause(s.refusals, reason.RetryAfter))
		s.refusals++
	default:
		c.remove(s)
		c.tell(s, Ended, reason)
	}
	return nil
}
