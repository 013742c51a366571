package pubsub

import (
	"sync"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// MaxListeners is how many topics a connection may subscribe to.
const MaxListeners = 256

// Bus lets clients in: it asks the policy of a private topic's CA.
type Bus interface{ Request(bus.Request) }

// A house is the clients that subscribe to topics.
type house struct {
	bus     Bus
	mu      sync.RWMutex
	clients map[*session.Conn]*client
	follows map[string]int // topics, by the owner of the connections
}

// A client is a connection with its subscriptions.
type client struct {
	hub  *Hub
	conn *session.Conn

	mu        sync.Mutex
	gone      bool
	listeners map[uint32]*listener // by the client's numbers
	ends      session.Ends
	openings  *session.Openings
}

var (
	errTopicName = wire.Err(wire.BadRequest, "A topic is named app:forum/topic or app:owner/ca/topic, in a-z, 0-9 and '-'.")
	errFilter    = wire.Err(wire.BadRequest, "Messages are filtered by the policy of a CA that is named app:owner/ca.")
	errNotYours  = wire.Err(wire.NotAllowed, "Only the policy of one of your own CAs can filter what you get.")
	errSubUsed   = wire.Err(wire.Conflict, "A subscription of that number is open, to another topic.")
	errListeners = wire.Err(wire.TooLarge, "This connection follows 256 topics. Close some.")
	errFollows   = wire.Err(wire.TooLarge, "Your connections follow too many topics together. Close some.")
	errUnread    = wire.Retry(wire.Unavailable, "The topic can't be read at the moment. Try again shortly.", 1000)
)

// Serve has the Hub answer the frames of a session server's clients. Call it before the first one connects.
func (h *Hub) Serve(s *session.Server, b Bus) {
	h.house.bus, h.house.clients, h.house.follows = b, map[*session.Conn]*client{}, map[string]int{}
	s.RegisterKind(wire.KindTopicOpen, h.handleOpen)
	s.RegisterKind(wire.KindTopicClose, h.handleClose)
	s.OnClose(h.house.leave)
	s.OnAuth(h.renewed)
}

// take counts a topic that an owner follows, unless there are too many.
func (h *house) take(owner string, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.follows[owner] >= most {
		return false
	}
	h.follows[owner]++
	return true
}

func (h *house) giveBack(owner string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.follows[owner]--; h.follows[owner] == 0 {
		delete(h.follows, owner)
	}
}

// client is what is known of a connection, nil if that is nothing.
func (h *house) client(c *session.Conn) *client {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.clients[c]
}

// enter finds or makes it. Nobody else does at the same time: frames come from the connection's reader.
func (h *Hub) enter(c *session.Conn) *client {
	cl := h.house.client(c)
	if cl == nil {
		cl = &client{hub: h, conn: c, listeners: map[uint32]*listener{}, openings: session.NewOpenings(func(f func()) { h.spawn(f) })}
		h.house.mu.Lock()
		defer h.house.mu.Unlock()
		h.house.clients[c] = cl
	}
	return cl
}

// leave forgets a connection.
func (h *house) leave(c *session.Conn) {
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
	for _, l := range cl.listeners {
		cl.detach(l, nil)
	}
}

func (h *Hub) handleOpen(c *session.Conn, frame []byte) error {
	f, err := wire.ParseTopicOpen(frame)
	if err != nil {
		return err
	}
	cl := h.enter(c)
	l, bad := newListener(cl, f)
	if bad == nil {
		bad = l.scoped()
	}
	if bad == nil {
		bad = cl.reserve(l)
	}
	switch {
	case bad != nil:
		cl.sendEnd(f.Sub, bad)
	case l.topic.Forum():
		cl.openings.Open(l, l.topic, func(decided func()) { cl.admit(l, decided) })
	default:
		cl.openings.Open(l, l.topic.CA(), func(decided func()) { cl.ask(l, decided) })
	}
	return nil
}

// ask asks the policy of a private topic's CA.
func (cl *client) ask(l *listener, decided func()) {
	cl.hub.house.bus.Request(bus.Request{
		Caller: bus.Caller{Owner: cl.conn.Owner(), Scope: cl.conn.Scope()}, To: l.topic.CA(), Method: l.topic.Item,
		Reply: func(r bus.Reply) { cl.admitted(l, r.Err, decided) },
	})
}

// newListener reads what is asked for.
func newListener(cl *client, f wire.TopicOpen) (*listener, *wire.Error) {
	n, err := name.ParseTopic(f.Topic)
	if err != nil || n.App == "" || n.Host != "" {
		return nil, errTopicName
	}
	l := &listener{client: cl, conn: cl.conn, topic: n, number: f.Sub, place: place{f.Epoch, f.Offset}}
	l.terms.owner = cl.conn.Owner()
	if f.Method == "" {
		return l, nil
	}
	ca, err := name.Parse(f.CA)
	switch {
	case err != nil || ca.Kind() != name.CA || ca.App == "" || ca.Host != "":
		return nil, errFilter
	case ca.Owner != l.terms.owner:
		return nil, errNotYours
	}
	l.terms.ca, l.terms.method = ca, f.Method
	return l, nil
}

// reserve takes a number for a subscription. One of that number to the same topic ends: it starts over.
func (cl *client) reserve(l *listener) *wire.Error {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if old := cl.listeners[l.number]; old != nil {
		if old.topic != l.topic {
			return errSubUsed
		}
		cl.detach(old, nil)
	}
	if len(cl.listeners) >= MaxListeners {
		return errListeners
	}
	if !cl.hub.house.take(l.terms.owner, cl.hub.opt.MaxOwnerListeners) {
		return errFollows
	}
	cl.listeners[l.number] = l
	return nil
}

// admitted goes on when the policy of a private topic's CA has answered. It may run on any goroutine, and must not block.
func (cl *client) admitted(l *listener, refused *wire.Error, decided func()) {
	if refused != nil {
		cl.refuse(l, refused)
		decided()
		return
	}
	cl.admit(l, decided)
}

// admit makes a subscription stand, once it is known what there is.
func (cl *client) admit(l *listener, decided func()) {
	if f := cl.hub.feed(l.topic); f.isKnown() && cl.attach(l, f) {
		decided()
		return
	}
	cl.hub.spawn(func() {
		defer decided()
		for !cl.enter(l) {
		}
	})
}

// enter reads what there is of a topic, for a subscription to stand. It tells false like attach.
func (cl *client) enter(l *listener) bool {
	f := cl.hub.feed(l.topic)
	defer cl.hub.letGo(f) // where nobody wants it any more
	if err := f.load(); err != nil {
		f.complain(err)
		cl.refuse(l, errUnread)
		return true
	}
	return cl.attach(l, f)
}

// attach makes a subscription stand, if it is still wanted. It tells false for a feed that nobody has used for long, until now.
func (cl *client) attach(l *listener, f *feed) bool {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.gone || cl.listeners[l.number] != l {
		return true
	}
	l.id = f.id
	for _, other := range cl.listeners {
		if other.feed == f {
			l.id, l.own = cl.hub.ids.Add(1), true
		}
	}
	return cl.hub.join(f, l)
}

// refuse ends a subscription with a reason, which may be nil.
func (cl *client) refuse(l *listener, why *wire.Error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.listeners[l.number] == l {
		cl.detach(l, why)
	}
}

// detach ends a subscription. Call with mu held.
func (cl *client) detach(l *listener, why *wire.Error) {
	delete(cl.listeners, l.number)
	cl.hub.house.giveBack(l.terms.owner)
	cl.openings.Withdraw(l)
	if l.feed == nil {
		if why != nil {
			cl.sendEnd(l.number, why)
		}
		return
	}
	l.feed.leave(l)
	cl.hub.letGo(l.feed)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone = true; why != nil && !cl.gone {
		l.end = wire.TopicEnd{Sub: l.number, Err: *why}.Append(nil)
		l.wake()
	}
}

func (cl *client) sendEnd(sub uint32, why *wire.Error) {
	cl.ends.Send(cl.conn, wire.TopicEnd{Sub: sub, Err: *why}.Append(nil))
}

func (h *Hub) handleClose(c *session.Conn, frame []byte) error {
	f, err := wire.ParseTopicClose(frame)
	if err != nil {
		return err
	}
	if cl := h.house.client(c); cl != nil {
		cl.mu.Lock()
		defer cl.mu.Unlock()
		if l := cl.listeners[f.Sub]; l != nil {
			cl.detach(l, nil)
		}
	}
	return nil
}

// renewed looks at a connection whose token is another one now.
func (h *Hub) renewed(c *session.Conn) {
	cl := h.house.client(c)
	if cl == nil {
		return
	}
	cl.mu.Lock()
	defer cl.mu.Unlock()
	for _, l := range cl.listeners {
		if why := l.scoped(); why != nil {
			cl.detach(l, why)
		}
	}
}
