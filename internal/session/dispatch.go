package session

import (
	"errors"

	"github.com/wabgo/wab/internal/wire"
)

// dispatch handles a frame. An error ends the connection.
func (c *Conn) dispatch(frame []byte) error {
	kind := wire.Kind(frame)
	if c.id.Load() == nil {
		if kind != wire.KindHello {
			return wire.Err(wire.BadRequest, "The first frame is hello.")
		}
		return c.handleHello(frame)
	}
	switch kind {
	case wire.KindRequest:
		return c.handleRequest(frame)
	case wire.KindSeen:
		return c.handleSeen(frame)
	case wire.KindPing:
		return c.handlePing(frame)
	case wire.KindOpen:
		return c.handleOpen(frame)
	case wire.KindClose:
		return c.handleClose(frame)
	case wire.KindAuth:
		return c.handleAuth(frame)
	}
	if handle := c.srv.kinds[kind]; handle != nil {
		return handle(c, frame)
	}
	return wire.Err(wire.BadRequest, "A frame of this kind is not known here.")
}

func (c *Conn) handlePing(frame []byte) error {
	received := c.srv.micros()
	f, err := wire.ParsePing(frame)
	if err != nil {
		return err
	}
	c.send(wire.Pong{T: f.T, Received: received, Now: c.srv.micros()})
	return nil
}

// coded is err as clients may see it: others than *wire.Error tell too much.
func coded(err error, code wire.Code, message string) *wire.Error {
	var e *wire.Error
	if errors.As(err, &e) {
		return e
	}
	return wire.Err(code, message)
}
