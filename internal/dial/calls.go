package dial

import (
	"github.com/wabgo/wab/internal/due"
	"github.com/wabgo/wab/internal/wire"
)

// Calls holds the calls of one link, as a state machine.
//
// A driver calls it from one goroutine at a time, together with its link: Connected once the server has welcomed us, Disconnected when that
// connection is gone, Received for each frame of kind 80 and above, Tick at Wake. After each input it drains Next. Instants are µs since
// 1970 by the client's clock. Events may alias the frame that was received: drain before its buffer is used again.
type Calls struct {
	events []Event
	head   int
	clock  due.Timer

	connected bool
	calls     uint32 // handed out
	asks      uint32
	list      []*call // in the order they were opened
}

// New makes a machine without calls. seed is of its jitter.
func New(seed uint64) *Calls { return &Calls{clock: due.New(seed)} }

// Open enters a room, app:owner/local/room, and gives the call a number. hello is one CBOR item that the room is told of us; an empty one, or what
// can't be a payload, is null. Two calls of one room are two members.
func (c *Calls) Open(now int64, room string, hello []byte) (number uint32) {
	c.clock.Advance(now)
	c.calls++
	s := &call{number: c.calls, room: room}
	s.greet(hello)
	c.list = append(c.list, s)
	c.ask(s)
	return s.number
}

// Hello is what the room is told when the call is opened the next time. What can't be a payload is ignored.
func (c *Calls) Hello(number uint32, hello []byte) {
	if s := c.call(number); s != nil {
		s.greet(hello)
	}
}

// Say sends one CBOR item to the room if the call is live, and tells whether it did: what can't be a payload is not sent.
func (c *Calls) Say(number uint32, payload []byte) bool {
	s := c.call(number)
	if s == nil || s.state != Live || !isPayload(payload) {
		return false
	}
	c.send(wire.CallSend{Call: s.asked, Payload: payload}.Append(nil))
	return true
}

// Close leaves the room. Nothing is told of the call any more.
func (c *Calls) Close(number uint32) {
	if s := c.call(number); s != nil {
		c.remove(s)
		c.leave(s)
	}
}

// Connected tells that the server has welcomed us on a new connection.
func (c *Calls) Connected(now int64) {
	c.clock.Advance(now)
	c.connected = true
	for _, s := range c.list {
		if s.asked == 0 {
			c.ask(s)
		}
	}
}

// Disconnected tells that the connection is gone.
func (c *Calls) Disconnected(now int64) {
	c.clock.Advance(now)
	c.connected = false
	for _, s := range c.list {
		s.askAt = 0
		c.ground(s, nil)
	}
}

// Received hands in a frame. Kinds that it doesn't know are ignored. After an error, which is a *wire.Error, the connection is of no use:
// the server makes no sense.
func (c *Calls) Received(now int64, frame []byte) error {
	c.clock.Advance(now)
	if !c.connected {
		return nil
	}
	switch wire.Kind(frame) {
	case wire.KindCallOpened:
		return c.handleOpened(frame)
	case wire.KindCallSignal:
		return c.handleSignal(frame)
	case wire.KindCallEnd:
		return c.handleEnd(frame)
	}
	return nil
}

// Tick does what is due.
func (c *Calls) Tick(now int64) {
	c.clock.Advance(now)
	if !c.clock.Due() {
		return
	}
	for _, s := range c.list {
		if s.askAt != 0 {
			c.askAt(s, s.askAt)
		}
	}
}

// Wake is the next instant at which Tick has something to do, or a little before; 0 when only an input can change anything.
func (c *Calls) Wake() int64 { return c.clock.Wake }

func (c *Calls) call(number uint32) *call {
	for _, s := range c.list {
		if s.number == number {
			return s
		}
	}
	return nil
}

// asking finds a call by the number that it was asked for by.
func (c *Calls) asking(n uint32) *call {
	for _, s := range c.list {
		if s.asked == n {
			return s
		}
	}
	return nil
}

func (c *Calls) remove(gone *call) {
	for i, s := range c.list {
		if s == gone {
			c.list = append(c.list[:i], c.list[i+1:]...)
			return
		}
	}
}
