package replica

import (
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// MaxCrowd is how many seats of subscribers can show something in a map at a time.
const MaxCrowd = 1000

// crowdEvery is the shortest time between two frames of a map's presence.
const crowdEvery = 33 * time.Millisecond

// A crowd is who shows something of themselves in a map. It is guarded by writer.mu.
type crowd struct {
	members map[uint64]member   // by seat
	changed map[uint64]struct{} // since the last frame
	gone    map[uint64]struct{} // likewise; nobody is in both
	told    int64               // when the last frame was made, µs UTC
	waiting bool                // for the instant of the next one
	ripe    bool                // it has come
}

type member struct {
	owner string
	value []byte
}

// show sets what a seat shows, or with nil that it shows nothing any more. It reports false where there is no room.
func (c *crowd) show(who uint64, owner string, value []byte) bool {
	_, here := c.members[who]
	switch {
	case value == nil && !here:
		return true
	case value == nil:
		delete(c.members, who)
		delete(c.changed, who)
		c.gone[who] = struct{}{}
		return true
	case !here && len(c.members) >= MaxCrowd:
		return false
	}
	if c.members == nil {
		c.members, c.changed, c.gone = map[uint64]member{}, map[uint64]struct{}{}, map[uint64]struct{}{}
	}
	c.members[who] = member{owner, value}
	c.changed[who] = struct{}{}
	delete(c.gone, who) // a client takes away the gone last
	return true
}

// leave takes all seats of a subscriber away.
func (c *crowd) leave(who uint64) {
	for seat := uint64(0); seat < wire.MaxSeats && len(c.members) > 0; seat++ {
		c.show(who+seat, "", nil)
	}
}

// showPresence takes what a seat of a subscriber shows, and has the pump tell the others in a moment.
func (w *writer) showPresence(s *sub, seat uint32, owner string, value []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.outlet.crowd.show(s.who+uint64(seat), owner, value)
	w.ripen(&s.outlet.crowd)
}

// endPresence withdraws all that a subscriber shows.
func (w *writer) endPresence(s *sub) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.outlet.crowd.leave(s.who)
	w.ripen(&s.outlet.crowd)
}

// ripen has the pump tell what has changed in a crowd, when it is time. Call with mu held.
func (w *writer) ripen(c *crowd) {
	if c.waiting || len(c.changed)+len(c.gone) == 0 {
		return
	}
	c.waiting = true
	wait := max(0, c.told+crowdEvery.Microseconds()-w.hub.now())
	w.hub.opt.Clock.AfterFunc(time.Duration(wait)*time.Microsecond, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.waiting, c.ripe, c.told = false, true, w.hub.now()
		w.startPump()
	})
}

// crowdNews is what has changed in a map's crowd, encoded for all.
type crowdNews struct {
	outlet *outlet
	frame  *session.Frame
}

// take adds the news of a crowd to a round, if it is time. Call with mu held.
func (c *crowd) take(o *outlet, to []crowdNews) []crowdNews {
	if !c.ripe {
		return to
	}
	c.ripe = false
	f := wire.Presence{ID: o.id, Changed: c.pack(c.changed), Gone: packNumbers(c.gone)}
	clear(c.changed)
	clear(c.gone)
	return append(to, crowdNews{o, session.NewFrame(f.Append(nil))})
}

// all is the frame for one who has just come.
func (c *crowd) all(o *outlet) wire.Presence {
	everybody := make(map[uint64]struct{}, len(c.members))
	for who := range c.members {
		everybody[who] = struct{}{}
	}
	return wire.Presence{ID: o.id, Reset: true, Changed: c.pack(everybody)}
}

func (c *crowd) pack(who map[uint64]struct{}) []byte {
	b := cbor.AppendArrayHeader(nil, len(who))
	for n := range who {
		m := c.members[n]
		b = cbor.AppendUint(cbor.AppendArrayHeader(b, 3), n)
		b = append(cbor.AppendText(b, m.owner), m.value...)
	}
	return b
}

func packNumbers(all map[uint64]struct{}) []byte {
	b := cbor.AppendArrayHeader(nil, len(all))
	for n := range all {
		b = cbor.AppendUint(b, n)
	}
	return b
}

// send gives the news to those who know the rest.
func (n *crowdNews) send(readers []*reader) {
	for _, r := range readers {
		r.mu.Lock()
		if s := r.sub(n.outlet); s != nil && s.crowded && !(r.stands() && r.client.conn.Send(n.frame)) {
			s.crowded = false // it gets all anew when there is room, and no doubt
			r.wake()
		}
		r.mu.Unlock()
	}
}

// fillPresence tells who is here to those subscriptions that don't know.
func (r *reader) fillPresence(dst []byte) []byte {
	for _, s := range r.subs {
		if s.crowded {
			continue
		}
		s.crowded = true
		r.writer.mu.Lock()
		c := &s.outlet.crowd
		var f []byte
		if len(c.members) > 0 || !s.fresh {
			f = c.all(s.outlet).Append(nil)
		}
		r.writer.mu.Unlock()
		s.fresh = false
		if f != nil {
			dst = session.AppendFrame(dst, f)
		}
	}
	return dst
}
