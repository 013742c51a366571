package session

import (
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// A channel is a session on a connection.
type channel struct {
	conn  *Conn
	id    uint32
	share *share // its owner's
	owner string
	ca    name.Name
	caKey string
	run   string

	gate    sync.Mutex // held while a request is handed to the bus, and by whoever ends the channel
	open    bool       // guarded by gate
	session *session   // set before open

	ended  bool         // guarded by conn.out.mu: nothing is sent any more
	dead   atomic.Bool  // ended, or about to
	flying atomic.Int32 // requests the bus has not answered
}

func (c *Conn) handleOpen(frame []byte) error {
	f, err := wire.ParseOpen(frame)
	if err != nil {
		return err
	}
	if old := c.channels[f.Ch]; old != nil && !old.dead.Load() {
		return wire.Err(wire.BadRequest, "A channel of that number is open.")
	}
	ca, bad := c.checkOpen(f)
	if bad != nil {
		c.send(wire.Failure{Ch: f.Ch, Err: *bad})
		return nil
	}
	ch := &channel{conn: c, id: f.Ch, share: c.share, owner: c.Owner(), ca: ca, caKey: ca.String(), run: f.Run}
	c.channels[f.Ch] = ch
	c.owed += ch.share.launch(1)
	c.srv.opt.Bus.Request(bus.Request{Caller: c.caller(), To: ca, Reply: func(r bus.Reply) { ch.opened(f, r.Err) }})
	return nil
}

// checkOpen refuses what needs no bus to be refused.
func (c *Conn) checkOpen(f wire.Open) (name.Name, *wire.Error) {
	ca, err := name.ParseCA(f.CA, "")
	switch {
	case err != nil || ca.Host != "" || name.CheckLabel(f.Session) != nil:
		return ca, wire.Err(wire.BadRequest, "A channel is opened with a CA's name, app:owner/local, and a session's name, both in a-z, 0-9 and '-'.")
	case f.Stamp != 0 && c.srv.micros()-f.Stamp > wire.ResumeWithin:
		return ca, wire.Err(wire.SessionExpired, "This session was away for too long. Start a new one.")
	case c.srv.draining.Load():
		return ca, errDraining
	case c.alive() >= c.srv.opt.MaxChannels:
		return ca, wire.Err(wire.TooLarge, "This connection has too many channels. Close some.")
	}
	return ca, nil
}

// alive counts channels, and forgets those that ended.
func (c *Conn) alive() int {
	for id, ch := range c.channels {
		if ch.dead.Load() {
			delete(c.channels, id)
		}
	}
	return len(c.channels)
}

// opened goes on when the bus has let the client in.
func (ch *channel) opened(f wire.Open, err *wire.Error) {
	ch.share.land(1)
	reg := ch.conn.srv.registry
	var old *channel
	var resumed bool
	if err == nil {
		old, resumed, err = reg.attach(ch, f)
	}
	if err != nil {
		ch.end(err)
		return
	}
	if old != nil && resumed {
		old.end(nil)
	} else if old != nil {
		old.end(errTaken)
	}
	ch.start(resumed)
	if ch.dead.Load() { // the connection went meanwhile, perhaps before the session was ours
		reg.leave(ch, ch.conn.srv.micros(), false)
	}
}

func (ch *channel) start(resumed bool) {
	ch.gate.Lock()
	defer ch.gate.Unlock()
	if ch.dead.Load() {
		return
	}
	ch.open = true
	ch.push(wire.Opened{Ch: ch.id, Resumed: resumed, Now: ch.conn.srv.micros()}, 32)
	ch.session.begin(ch)
}

// end stops the channel and says why; nil says nothing. When it returns, no request of it is on its way to the bus.
func (ch *channel) end(why *wire.Error) {
	ch.gate.Lock()
	defer ch.gate.Unlock()
	ch.open = false
	ch.dead.Store(true)
	if why != nil {
		ch.push(wire.Failure{Ch: ch.id, Err: *why}, 128)
	}
	ch.conn.out.mu.Lock()
	defer ch.conn.out.mu.Unlock()
	ch.ended = true
}

// push sends a frame of the channel, unless it has ended.
func (ch *channel) push(f appender, size int) {
	b := pack(f, size)
	out := ch.conn.out
	out.mu.Lock()
	ok := ch.ended || out.add(b, out.limit, fastLane)
	out.mu.Unlock()
	if !ok {
		ch.conn.tooSlow()
	}
}

func (c *Conn) handleClose(frame []byte) error {
	f, err := wire.ParseClose(frame)
	if err != nil {
		return err
	}
	if ch := c.channels[f.Ch]; ch != nil {
		delete(c.channels, f.Ch)
		ch.end(nil)
		c.srv.registry.leave(ch, c.srv.micros(), true)
	}
	return nil
}

func (c *Conn) handleSeen(frame []byte) error {
	f, err := wire.ParseSeen(frame)
	if err != nil {
		return err
	}
	if ch := c.channels[f.Ch]; ch != nil && ch.isOpen() {
		ch.session.see(ch, f.Seq)
	}
	return nil
}

func (ch *channel) isOpen() bool {
	ch.gate.Lock()
	defer ch.gate.Unlock()
	return ch.open
}
