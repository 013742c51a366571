package replica

import (
	"bytes"
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// A client is a connection with its subscriptions.
type client struct {
	hub  *Hub
	conn *session.Conn

	mu      sync.Mutex
	gone    bool
	subs    map[uint32]*subscription
	readers map[*writer]*reader
	more    name.Name         // the writer of which another map is to be opened next; the connection's reader's
	pending map[name.Name]int // subscriptions by writer that are not decided yet: what stands already waits for them
	ends    session.Ends

	openings *session.Openings
}

// A subscription is what a client has asked for.
type subscription struct {
	name      name.Name // of the map
	opened    wire.MapOpen
	undecided bool    // counted in client.pending
	reader    *reader // nil until it is let in
	sub       *sub
}

var (
	errMapName = wire.Err(wire.BadRequest, "A map is named app:owner/ca/map, in a-z, 0-9 and '-'.")
	errSubUsed = wire.Err(wire.Conflict, "A subscription of that number is open, to another map.")
	errSubs    = wire.Err(wire.TooLarge, "This connection has 256 maps open. Close some.")
	errTwice   = wire.Err(wire.Conflict, "This connection has that map open already, under another number.")
	errLoad    = wire.Retry(wire.Unavailable, "The map can't be read at the moment. Try again shortly.", 1000)
)

// Serve has the Hub answer the frames of a session server's clients. Call it before the first one connects.
func (h *Hub) Serve(s *session.Server, b Bus) {
	h.bus = b
	s.RegisterKind(wire.KindMapOpen, h.handleOpen)
	s.RegisterKind(wire.KindMapClose, h.handleClose)
	s.RegisterKind(wire.KindSetPresence, h.handlePresence)
	s.OnClose(h.leave)
	s.OnAuth(h.renewed)
}

// client is what is known of a connection, nil if that is nothing and none is to be made.
func (h *Hub) client(c *session.Conn, makeOne bool) *client {
	h.mu.RLock()
	cl := h.clients[c]
	h.mu.RUnlock()
	if cl == nil && makeOne { // nobody else makes it: frames come from the connection's reader
		h.mu.Lock()
		defer h.mu.Unlock()
		cl = &client{hub: h, conn: c, subs: map[uint32]*subscription{}, readers: map[*writer]*reader{}, pending: map[name.Name]int{},
			openings: session.NewOpenings(h.spawn)}
		h.clients[c] = cl
	}
	return cl
}

func (h *Hub) handleOpen(c *session.Conn, frame []byte) error {
	f, err := wire.ParseMapOpen(frame)
	if err != nil {
		return err
	}
	cl := h.client(c, true)
	n, err := name.Parse(f.Map)
	if err != nil || n.Kind() != name.Item || n.App == "" || n.Host != "" {
		cl.sendEnd(f.Sub, errMapName)
		return nil
	}
	more := cl.more
	cl.more = name.Name{}
	s, bad := cl.reserve(f, n)
	cl.arrived(more)
	if bad != nil {
		cl.sendEnd(f.Sub, bad)
		return nil
	}
	if s == nil { // it goes on from what the client has said now
		return nil
	}
	cl.openings.Open(s, n.CA(), func(decided func()) { cl.ask(s, decided) })
	return nil
}

// ask asks the writer's policy.
func (cl *client) ask(s *subscription, decided func()) {
	cl.hub.bus.Request(bus.Request{
		Caller: bus.Caller{Owner: cl.conn.Owner(), Scope: cl.conn.Scope()}, To: s.name.CA(), Method: s.name.Item,
		Reply: func(r bus.Reply) { cl.admitted(s, r.Err, decided) },
	})
}

// reserve takes a number for a subscription. It returns nil for one that is open already and starts over.
func (cl *client) reserve(f wire.MapOpen, n name.Name) (*subscription, *wire.Error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if s := cl.subs[f.Sub]; s != nil {
		if s.name != n {
			return nil, errSubUsed
		}
		s.opened = f
		cl.expect(s)
		if s.reader != nil {
			if f.More {
				s.reader.hold(true)
			}
			s.reader.restart(s.sub, f)
		}
		return nil, nil
	}
	if len(cl.subs) >= MaxSubs {
		return nil, errSubs
	}
	for _, s := range cl.subs {
		if s.name == n {
			return nil, errTwice
		}
	}
	s := &subscription{name: n, opened: f}
	cl.subs[f.Sub] = s
	cl.announce(s)
	return s, nil
}

// announce notes that a subscription is to be decided. Call with mu held.
func (cl *client) announce(s *subscription) {
	s.undecided = true
	cl.pending[s.name.CA()]++
	cl.expect(s)
}

// expect notes that another subscription of the same writer follows, if More says so. Call with mu held.
func (cl *client) expect(s *subscription) {
	if s.opened.More {
		cl.more = s.name.CA()
		cl.pending[cl.more]++
	}
}

// arrived takes back what a More has announced: whatever is opened next was meant.
func (cl *client) arrived(more name.Name) {
	if more != (name.Name{}) {
		cl.mu.Lock()
		defer cl.mu.Unlock()
		cl.release(more)
	}
}

// decided lets those go on that have waited for a subscription. Call with mu held.
func (cl *client) decided(s *subscription) {
	if s.undecided {
		s.undecided = false
		cl.release(s.name.CA())
	}
}

// release is called with mu held.
func (cl *client) release(ca name.Name) {
	if cl.pending[ca]--; cl.pending[ca] > 0 {
		return
	}
	delete(cl.pending, ca)
	for w, r := range cl.readers {
		if w.name == ca {
			r.hold(false)
		}
	}
}

// hold keeps the reader from bringing anything, or lets it go on.
func (r *reader) hold(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held = on; !on && r.behind {
		r.wake()
	}
}

// restart brings a subscription from what the client holds now.
func (r *reader) restart(s *sub, f wire.MapOpen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.begun, s.crowded, s.feed, s.epoch, s.version = false, false, nil, f.Epoch, f.Version
	r.wake()
}

// admitted goes on when the writer's policy has answered. It may run on any goroutine, and must not block.
func (cl *client) admitted(s *subscription, refused *wire.Error, decided func()) {
	if refused != nil {
		cl.refuse(s, refused)
		decided()
		return
	}
	cl.hub.spawn(func() {
		defer decided()
		w := cl.hub.writer(s.name.CA())
		if _, err := w.load(); err != nil {
			cl.refuse(s, cl.hub.unreadable(w.name, err))
			return
		}
		if cl.attach(s, w) {
			cl.check(s) // the rules may have changed since the writer's policy has answered
		}
	})
}

// attach makes the subscription stand, if it is still wanted.
func (cl *client) attach(s *subscription, w *writer) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.gone || cl.subs[s.opened.Sub] != s {
		return false
	}
	r := cl.readers[w]
	if r == nil {
		r = &reader{client: cl, writer: w, came: cl.hub.ids.Add(1)}
		cl.readers[w] = r
	}
	s.reader = r
	r.hold(true)
	s.sub = w.subscribe(r, s)
	cl.decided(s)
	return true
}

// subscribe adds a subscription to what the pump brings.
func (w *writer) subscribe(r *reader, s *subscription) *sub {
	f := s.opened
	b := &sub{number: f.Sub, who: w.hub.ids.Add(wire.MaxSeats) - wire.MaxSeats + 1, epoch: f.Epoch, version: f.Version, fresh: true}
	w.mu.Lock()
	b.outlet = w.outlet(s.name.Item)
	if b.outlet.subs++; b.outlet.subs == 1 {
		m := w.out.Load().at(s.name.Item).m
		b.outlet.epoch, b.outlet.pumped = m.Epoch(), m.Version()
	}
	if w.readers == nil {
		w.readers = map[*reader]struct{}{}
	}
	w.readers[r] = struct{}{}
	w.roster = nil
	w.listen()
	w.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subs = append(r.subs, b)
	r.wake()
	return b
}

// refuse ends a subscription with a reason, which may be nil.
func (cl *client) refuse(s *subscription, why *wire.Error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.subs[s.opened.Sub] == s {
		delete(cl.subs, s.opened.Sub)
		cl.openings.Withdraw(s)
		cl.detach(s, why)
		cl.decided(s)
	}
}

// detach takes a subscription from what the pump brings. Call with mu held.
func (cl *client) detach(s *subscription, why *wire.Error) {
	r := s.reader
	if r == nil {
		if why != nil {
			cl.sendEnd(s.opened.Sub, why)
		}
		return
	}
	r.writer.endPresence(s.sub)
	r.mu.Lock()
	for i, b := range r.subs {
		if b == s.sub {
			r.subs = append(r.subs[:i:i], r.subs[i+1:]...)
			break
		}
	}
	if why != nil && !cl.gone {
		r.ends = append(r.ends, wire.MapEnd{Sub: s.opened.Sub, Err: *why}.Append(nil))
		r.wake()
	}
	empty := len(r.subs) == 0
	r.mu.Unlock()
	if empty {
		delete(cl.readers, r.writer)
	}
	r.writer.unsubscribe(r, s.sub.outlet, empty)
}

// unsubscribe takes one of a reader's subscriptions to a map away: its last to this writer, or not.
func (w *writer) unsubscribe(r *reader, o *outlet, last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last {
		delete(w.readers, r)
		w.roster = nil
		w.listen()
	}
	if o.subs--; o.subs == 0 {
		delete(w.outlets, o.label)
	}
}

func (cl *client) sendEnd(sub uint32, why *wire.Error) {
	cl.ends.Send(cl.conn, wire.MapEnd{Sub: sub, Err: *why}.Append(nil))
}

func (h *Hub) handleClose(c *session.Conn, frame []byte) error {
	f, err := wire.ParseMapClose(frame)
	if err != nil {
		return err
	}
	if cl := h.client(c, false); cl != nil {
		cl.mu.Lock()
		s := cl.subs[f.Sub]
		cl.mu.Unlock()
		if s != nil {
			cl.refuse(s, nil)
		}
	}
	return nil
}

func (h *Hub) handlePresence(c *session.Conn, frame []byte) error {
	f, err := wire.ParseSetPresence(frame)
	if err != nil {
		return err
	}
	cl := h.client(c, false)
	if cl == nil {
		return nil
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if s := cl.subs[f.Sub]; s != nil && s.reader != nil {
		var value []byte
		if string(f.Value) != cbor.Null {
			value = bytes.Clone(f.Value)
		}
		s.reader.writer.showPresence(s.sub, f.Seat, c.Owner(), value)
	}
	return nil
}

// leave forgets a connection.
func (h *Hub) leave(c *session.Conn) {
	h.mu.Lock()
	cl := h.clients[c]
	delete(h.clients, c)
	h.mu.Unlock()
	if cl == nil {
		return
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.gone = true
	cl.openings.Close()
	for n, s := range cl.subs {
		delete(cl.subs, n)
		cl.detach(s, nil)
	}
}
