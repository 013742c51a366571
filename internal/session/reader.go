package session

import (
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// arrived handles what was read, which it may change. It reports false when there is nothing to wait for any more.
func (c *Conn) arrived(b []byte, now time.Time) (more bool) {
	c.heard.Store(clock.Micros(now)) // a large message may take its time, as long as it gets on
	for more = true; more; {
		m, rest, bad := c.in.next(b)
		switch {
		case bad != nil:
			c.end(bad.frame(), false)
		case m.op == 0:
			return true
		case m.op == opPing:
			c.out.answerPing(m.payload)
		case m.op == opClose:
			more = c.hangUp(m.payload)
		case m.op != opPong:
			c.take(m)
		}
		b = rest
	}
	return false
}

// early handles what came behind the upgrade request, which costs as much as what is read.
func (c *Conn) early(b []byte) (more bool) {
	now := c.now()
	defer c.spend(now)
	return c.arrived(b, now)
}

// take handles one message. A frame that makes no sense ends this connection, and nothing else.
func (c *Conn) take(m message) {
	if c.ending.Load() != 0 {
		return
	}
	if m.op != opBinary {
		c.refuse(wire.Err(wire.BadRequest, "Frames are binary messages."))
		return
	}
	if err := c.dispatch(m.payload); err != nil {
		c.refuse(coded(err, wire.BadRequest, "The frame makes no sense."))
	}
}

// hangUp answers a close frame, unless ours is on its way or out. The connection ends when ours is out: the server closes first (RFC 6455 §7.1.1).
func (c *Conn) hangUp(payload []byte) (more bool) {
	if len(payload) > 2 {
		payload = payload[:2] // the reason is the client's
	}
	c.end(append([]byte{opClose, byte(len(payload))}, payload...), false)
	return !c.out.hangUp()
}
