package call

import (
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// A client is a connection with its calls.
type client struct {
	hub  *Hub
	conn *session.Conn
	ends session.Ends // of calls that never became lines

	mu     sync.Mutex
	gone   bool
	calls  map[uint32]*attempt
	asking int // calls of which it is being found out whether they are let in, those that have been closed since among them
}

// An attempt is a call from call-open on. It has a seat once it is let in.
type attempt struct {
	line *line
	room name.Name
	seat *seat
}

var (
	errRoomName = wire.Err(wire.BadRequest, "A room is named app:owner/ca/room, in a-z, 0-9 and '-'.")
	errCallUsed = wire.Err(wire.Conflict, "A call of that number is open.")
	errCalls    = wire.Err(wire.TooLarge, "This connection has 8 calls. Leave one.")
	errAsking   = wire.Retry(wire.Overloaded, "This connection asks to come in too often. Try again shortly.", 1000)
)

// client is what is known of a connection, nil if that is nothing and none is to be made.
func (h *Hub) client(c *session.Conn, makeOne bool) *client {
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil && makeOne {
		cl = &client{hub: h, conn: c, calls: map[uint32]*attempt{}}
		h.clients[c] = cl
	}
	return cl
}

func (h *Hub) handleOpen(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallOpen(frame)
	if err != nil {
		return err
	}
	cl := h.client(c, true)
	if h.opt.Media == nil {
		cl.refuse(f.Call, errOff)
		return nil
	}
	a, refused := cl.begin(f)
	if refused != nil {
		cl.refuse(f.Call, refused)
		return nil
	}
	t := ticket{f.Member, f.Secret}
	h.bus.Request(bus.Request{
		Caller: bus.Caller{Owner: c.Owner(), Scope: c.Scope()}, To: a.room.CA(), Method: a.room.Item,
		Reply: func(r bus.Reply) {
			if r.Err != nil {
				cl.end(a.line, r.Err)
				cl.asked()
				return
			}
			h.spawn(func() { // it may have to read the store
				defer cl.asked()
				h.enter(a, t)
			})
		},
	})
	return nil
}

// begin takes a number for a call.
func (cl *client) begin(f wire.CallOpen) (*attempt, *wire.Error) {
	n, err := name.Parse(f.Room)
	if err != nil || n.Kind() != name.Item || n.App == "" || n.Host != "" {
		return nil, errRoomName
	}
	hello, err := sfu.DecodeHello(f.Payload)
	if err != nil {
		return nil, refusal(err)
	}
	a := &attempt{line: &line{client: cl, number: f.Call, hello: hello}, room: n}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	switch {
	case cl.calls[f.Call] != nil:
		return nil, errCallUsed
	case len(cl.calls) >= MaxCalls:
		return nil, errCalls
	case cl.asking >= MaxCalls:
		return nil, errAsking
	}
	cl.calls[f.Call] = a
	cl.asking++
	return a, nil
}

// asked notes that it has been found out about a call.
func (cl *client) asked() {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.asking--
}

// busy counts the calls of which it is being found out.
func (cl *client) busy() int {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return cl.asking
}

// refuse answers a call-open for which there is no place.
func (cl *client) refuse(number uint32, why *wire.Error) {
	cl.ends.Send(cl.conn, wire.CallEnd{Call: number, Err: *why}.Append(nil))
}

// seated notes that an attempt has got its seat; false if it has been given up meanwhile, or the client sent away.
func (cl *client) seated(a *attempt, s *seat) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.gone || cl.conn.Refused() || cl.calls[a.line.number] != a {
		return false
	}
	a.seat = s
	return true
}

// end ends a call with a reason.
func (cl *client) end(l *line, why *wire.Error) {
	cl.forget(l)
	l.end(why)
}

func (cl *client) forget(l *line) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if a := cl.calls[l.number]; a != nil && a.line == l {
		delete(cl.calls, l.number)
	}
}

// at is a call that has a seat.
func (h *Hub) at(c *session.Conn, number uint32) (*attempt, *seat) {
	cl := h.client(c, false)
	if cl == nil {
		return nil, nil
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if a := cl.calls[number]; a != nil {
		return a, a.seat
	}
	return nil, nil
}

// handleSignal hands a payload on. One for a call that has ended meanwhile is nobody's.
func (h *Hub) handleSignal(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallSend(frame)
	if err != nil {
		return err
	}
	if a, s := h.at(c, f.Call); s != nil {
		s.hear(a.line, f.Payload)
	}
	return nil
}

func (h *Hub) handleClose(c *session.Conn, frame []byte) error {
	f, err := wire.ParseCallClose(frame)
	if err != nil {
		return err
	}
	if a, s := h.at(c, f.Call); a != nil {
		a.line.client.forget(a.line)
		if s != nil {
			s.room.leave(s, a.line)
		}
	}
	return nil
}

// lost keeps the seats of a connection that is gone, for a while; not of one that was sent away, for its token is no longer good: those go before
// the connection does.
func (h *Hub) lost(c *session.Conn) {
	h.mu.Lock()
	cl := h.clients[c]
	delete(h.clients, c)
	h.mu.Unlock()
	if cl == nil {
		return
	}
	cl.mu.Lock()
	cl.gone = true
	all := cl.calls
	cl.calls = nil
	cl.mu.Unlock()
	for _, a := range all {
		if a.seat != nil {
			cl.unseat(a.seat, a.line)
		}
	}
}

// unseat has a member whose connection is gone be away, or leave.
func (cl *client) unseat(s *seat, l *line) {
	if cl.conn.Refused() {
		s.room.leave(s, l)
		return
	}
	s.room.away(s, l)
}

// renewed has a connection's rights looked at, for its token is another one.
func (h *Hub) renewed(c *session.Conn) {
	cl := h.client(c, false)
	if cl == nil {
		return
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	for _, a := range cl.calls {
		if a.seat != nil {
			a.seat.room.changed()
		}
	}
}
