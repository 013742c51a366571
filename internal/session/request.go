package session

import (
	"bytes"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/wire"
)

var (
	errNotOpen  = wire.Err(wire.BadRequest, "The channel is not open. Wait for opened before the first request.")
	errWindow   = wire.Retry(wire.Overloaded, "Too many requests are in flight on this channel. Wait for answers.", 100)
	errDraining = wire.Retry(wire.Unavailable, "The server is about to restart. Try again in a moment.", 500)
	errBigReply = wire.Err(wire.TooLarge, "The method ran, but its result is larger than a frame may be.")
)

func (c *Conn) handleRequest(frame []byte) error {
	f, err := wire.ParseRequest(frame)
	if err != nil {
		return err
	}
	ch := c.channels[f.Ch]
	switch {
	case ch == nil:
		c.send(wire.Failure{Ch: f.Ch, ID: f.ID, Err: *errNotOpen})
	case ch.dead.Load(): // the client is about to hear of it
	case c.srv.draining.Load():
		ch.push(wire.Failure{Ch: f.Ch, ID: f.ID, Err: *errDraining}, 128)
	case int(ch.flying.Load()) >= c.srv.opt.MaxInflight:
		ch.push(wire.Failure{Ch: f.Ch, ID: f.ID, Err: *errWindow}, 128)
	default:
		ch.submit(f)
	}
	return nil
}

// submit hands a request to the bus, unless somebody has just ended the channel.
func (ch *channel) submit(f wire.Request) {
	ch.gate.Lock()
	defer ch.gate.Unlock()
	if ch.dead.Load() {
		return
	}
	if !ch.open {
		ch.push(wire.Failure{Ch: f.Ch, ID: f.ID, Err: *errNotOpen}, 128)
		return
	}
	c := ch.conn
	ch.flying.Add(1)
	c.flying.Add(1)
	c.owed += ch.share.launch(1)
	id := f.ID
	c.srv.opt.Bus.Request(bus.Request{
		Caller: c.caller(), To: ch.ca, Method: f.Method, Args: bytes.Clone(f.Args),
		Key:   bus.Key{Run: ch.run, ID: f.ID, Floor: f.Floor, Retry: f.Retry},
		Reply: func(r bus.Reply) { ch.reply(id, r) },
	})
}

// reply sends the outcome of a request. It may run on any goroutine, within submit too.
func (ch *channel) reply(id uint64, r bus.Reply) {
	c := ch.conn
	ch.share.land(1)
	ch.flying.Add(-1) // first: the client may send the next one as soon as it has the reply
	switch {
	case r.Err != nil:
		ch.push(wire.Failure{Ch: ch.id, ID: id, Err: *r.Err}, len(r.Err.Message)+64)
	case len(r.Result) > c.out.limit/2:
		ch.push(wire.Failure{Ch: ch.id, ID: id, Err: *errBigReply}, 128)
	default:
		ch.push(wire.Reply{Ch: ch.id, ID: id, Result: r.Result}, len(r.Result)+32)
	}
	if c.flying.Add(-1) == 0 && c.srv.draining.Load() {
		c.srv.drained(c)
	}
}
