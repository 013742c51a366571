package session

import (
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Conn is one client's connection. Its exported methods may be called from any goroutine, unless they say otherwise.
type Conn struct {
	srv    *Server
	number uint64 // rises with each upgrade: of two connections of a client's, one after the other, the later one has the higher one
	in     parser // the reader's
	out    *outbox
	born   int64
	heard  atomic.Int64
	id     atomic.Pointer[identity] // nil before hello

	share *share        // whose time it spends, the reader's; nil until something was read: a first frame, hello, waits for nobody
	turn  *share        // where the reader has a turn
	held  bool          // the reader has to wait for one
	waits atomic.Bool   // and does
	owed  time.Duration // what the read that is under way costs beside its time; the reader's

	bearer   string              // of the upgrade request, until hello
	channels map[uint32]*channel // the reader's
	flying   atomic.Int32        // requests the bus has not answered
	ending   atomic.Int64        // when bye was queued, 0 before
	refused  atomic.Bool
}

// identity is who a connection speaks for. It never changes; another one takes its place.
type identity struct {
	owner string
	scope policy.Scope
	token string
}

// Owner is who the client is; empty before it has said hello.
func (c *Conn) Owner() string {
	if id := c.id.Load(); id != nil {
		return id.owner
	}
	return ""
}

// Scope is what the client's token is narrowed to.
func (c *Conn) Scope() policy.Scope {
	if id := c.id.Load(); id != nil {
		return id.scope
	}
	return policy.Scope{}
}

// Channel tells what a channel of the client's is about. It is for kind handlers, and works only while they run.
func (c *Conn) Channel(ch uint32) (ca name.Name, ok bool) {
	if c := c.channels[ch]; c != nil && c.isOpen() {
		return c.ca, true
	}
	return name.Name{}, false
}

// Send queues a frame of a feature, which may be shared with other connections. It tells false, and does nothing, where more than half
// of the connection's bound waits already: conflate, drop, or be a Source.
func (c *Conn) Send(f *Frame) bool { return c.out.push(f.b, c.out.limit/2, slowLane) }

// Ready asks the writer to call the source once there is room. Asking again before it did changes nothing; ask whenever there is
// something new after Fill has said that there is no more.
func (c *Conn) Ready(s Source) { c.out.ready(s, slowLane) }

// Refused tells whether the server has sent the client away for good, for its token is no longer good for instance.
func (c *Conn) Refused() bool { return c.refused.Load() }

// Good tells whether the token that the client showed last is still good, also when the connection is gone.
func (c *Conn) Good() bool {
	_, bad := c.srv.verify(c.id.Load().token)
	return bad == nil
}

func (c *Conn) caller() bus.Caller {
	id := c.id.Load()
	return bus.Caller{Owner: id.owner, Scope: id.scope}
}

// smallFrame is room enough for most frames about a connection: a pong, above all, of which many may wait.
const smallFrame = 48

// send queues a frame about the connection itself.
func (c *Conn) send(f appender) {
	if !c.out.push(pack(f, smallFrame), c.out.limit, fastLane) {
		c.tooSlow()
	}
}

// tooSlow gives up on a client that does not read what it asks for.
func (c *Conn) tooSlow() {
	c.bye(wire.Bye{Code: wire.Overloaded, Message: "You read too slowly. Connect again to resume.", ReconnectAfter: 1000}, wire.CloseOverloaded, false)
}

// refuse ends the connection: the client must change something before it comes back.
func (c *Conn) refuse(err *wire.Error) {
	c.refused.Store(true)
	c.srv.opt.Log.Debug("client refused", "owner", c.Owner(), "code", err.Code)
	c.bye(wire.Bye{Code: err.Code, Message: err.Message, ReconnectAfter: -1}, wire.ClosePolicy, true)
	for _, f := range c.srv.onRefuse {
		f(c)
	}
}

// bye says why, closes the WebSocket, and leaves the rest to the reader: it reads on until the client has closed too, so that the bye is
// not lost in a reset, and the sweep ends what takes too long.
func (c *Conn) bye(f wire.Bye, code uint16, drain bool) {
	c.end(append(pack(f, 128), closeFrame(code)...), drain)
}

// end queues the connection's last word.
func (c *Conn) end(last []byte, drain bool) {
	if c.out.finish(last, drain) {
		c.ending.Store(c.srv.micros())
	}
}

// read is the connection's goroutine. early is what came before it began.
func (c *Conn) read(early []byte) {
	defer c.srv.readers.Done()
	defer c.leave()
	if len(early) > 0 && !c.early(early) {
		return
	}
	c.listen()
}

// leave cleans up when nothing can be read any more.
func (c *Conn) leave() {
	c.passTurn()
	c.out.gate.Close()
	c.in.drop()
	c.out.abort()
	now := c.srv.micros()
	for _, ch := range c.channels {
		ch.end(nil)
		c.srv.registry.leave(ch, now, false)
	}
	c.srv.remove(c)
}
