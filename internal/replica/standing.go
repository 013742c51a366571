package replica

import (
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// Rules, groups and tokens change while subscriptions stand. Then all that may be concerned are asked again: nothing flows to who is no longer let in (MAP-10).

// RulesChanged has all checked that rests on a CA's rules, for its durable ones are others now: the subscriptions to its maps, and those that stand by its groups.
func (h *Hub) RulesChanged(ca name.Name) {
	if w := h.known(ca); w != nil {
		w.recheck()
		w.tell(nil)
	}
}

// Ended shows that a CA was destroyed, with its maps.
func (h *Hub) Ended(ca name.Name) {
	if w := h.known(ca); w != nil {
		w.forget()
	}
}

// recheck asks again for all subscriptions, on a goroutine of its own. Nothing more goes to them before they were found to be allowed.
func (w *writer) recheck() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.readers) == 0 {
		return
	}
	w.doubt.Add(1)
	if w.again = w.asking; !w.asking {
		w.asking = true
		w.hub.spawn(w.askAll)
	}
}

// askAll checks all subscriptions, and again as long as there are new doubts.
func (w *writer) askAll() {
	for {
		w.mu.Lock()
		readers := make([]*reader, 0, len(w.readers))
		for r := range w.readers {
			readers = append(readers, r)
		}
		w.mu.Unlock()
		for _, r := range readers {
			r.client.checkAll(r)
		}
		w.mu.Lock()
		if w.again {
			w.again = false
			w.mu.Unlock()
			continue
		}
		w.asking = false
		w.mu.Unlock()
		return
	}
}

// checkAll checks what a reader brings, or with nil all of the connection's subscriptions.
func (cl *client) checkAll(r *reader) {
	cl.mu.Lock()
	var mine []*subscription
	for _, s := range cl.subs {
		if s.reader != nil && (r == nil || s.reader == r) { // the others are checked when they stand
			mine = append(mine, s)
		}
	}
	cl.mu.Unlock()
	for _, s := range mine {
		cl.check(s)
	}
}

// check ends a subscription that would not be let in now.
func (cl *client) check(s *subscription) {
	doubt := s.reader.writer.doubt.Load()
	if err := cl.hub.mayRead(cl.conn, s.name); err != nil {
		cl.refuse(s, err)
		return
	}
	s.reader.trust(s.sub, doubt)
}

// mayRead asks the token's scope, and the writer's durable rules.
func (h *Hub) mayRead(c *session.Conn, n name.Name) *wire.Error {
	if err := c.Scope().Permits(n.CA(), n.Item, clock.Micros(h.opt.Clock.Now())); err != nil {
		if e, ok := err.(*wire.Error); ok {
			return e
		}
		return wire.Err(wire.NotAllowed, "Your token does not open this map.")
	}
	return h.opt.Judge(n.CA(), name.Name{App: n.App, Owner: c.Owner()}, n.Item, bus.Reader{}).Refusal()
}

// renewed checks a connection whose token is another one now.
func (h *Hub) renewed(c *session.Conn) {
	if cl := h.client(c, false); cl != nil {
		h.spawn(func() { cl.checkAll(nil) })
	}
}
