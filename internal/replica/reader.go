package replica

import (
	"slices"
	"sync"

	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// A reader is one connection's share of one writer's maps. It is the Source of what the connection lacks of them.
type reader struct {
	client *client
	writer *writer
	came   uint64 // readers are numbered as they come

	mu     sync.Mutex
	subs   []*sub
	held   bool     // until all subscriptions of this writer that were asked for together are decided
	behind bool     // the connection's writer is to bring it up to date; until then the pump leaves it alone
	ends   [][]byte // map-end frames to be sent
}

// A sub is one subscription. It is guarded by its reader's mu.
type sub struct {
	number  uint32
	who     uint64 // of its first seat
	outlet  *outlet
	begun   bool // the client knows where it begins
	feed    *feed
	epoch   uint64 // what the client holds, once what was queued has arrived
	version uint64
	crowded bool   // the client knows who is here
	fresh   bool   // the client has heard nothing of it yet
	sure    uint64 // the writer's doubt, and one, when it was last found to be allowed
}

// sub is the connection's subscription to a map, nil if it has none. Call with mu held.
func (r *reader) sub(o *outlet) *sub {
	for _, s := range r.subs {
		if s.outlet == o {
			return s
		}
	}
	return nil
}

// wake asks the connection for room. Call with mu held.
func (r *reader) wake() {
	r.behind = true
	r.client.conn.Ready(r)
}

// stands tells whether nothing has happened since all subscriptions were found to be allowed. Call with mu held.
func (r *reader) stands() bool {
	sure := r.writer.doubt.Load() + 1
	for _, s := range r.subs {
		if s.sure != sure {
			return false
		}
	}
	return true
}

// trust notes that a subscription was allowed when that was last in doubt.
func (r *reader) trust(s *sub, doubt uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.sure = doubt + 1; r.behind {
		r.wake()
	}
}

// offer hands a round of the pump to the connection, if that is up to date and has room.
func (r *reader) offer(p *round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.behind:
		return
	case !r.stands():
		r.behind = true // trust wakes it
		return
	}
	frame, whole := p.frame(r.subs)
	switch {
	case !whole:
		r.wake()
	case frame == nil:
	case !r.client.conn.Send(frame):
		r.wake()
	default:
		p.mark(r.subs)
	}
}

// Fill brings the connection what it lacks: the ends of subscriptions, snapshots part by part, then one delta over all maps.
func (r *reader) Fill(dst []byte, limit int) (out []byte, more bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, end := range r.ends {
		dst = session.AppendFrame(dst, end)
	}
	r.ends = nil
	if r.held || !r.stands() {
		return dst, false // who lets it go on wakes it
	}
	for whole := false; !whole; {
		if dst, more = r.stream(dst, limit); more {
			return dst, true
		}
		v := r.writer.out.Load()
		if s := r.unbegun(); s != nil {
			dst = r.begin(dst, s, v)
		} else {
			dst, whole = r.catchUp(dst, v)
		}
	}
	r.behind = false
	return r.fillPresence(dst), false
}

// stream sends the snapshot that is under way, as far as there is room.
func (r *reader) stream(dst []byte, limit int) (out []byte, more bool) {
	for _, s := range r.subs {
		for s.feed != nil {
			if len(dst) >= limit {
				return dst, true
			}
			entries, last := s.feed.next()
			f := wire.MapPart{Sub: s.number, Epoch: s.epoch, Version: s.version, Last: last, Entries: entries}
			dst = session.AppendFrame(dst, f.Append(nil))
			if last {
				s.feed = nil
			}
		}
	}
	return dst, false
}

// unbegun is a subscription whose client does not know where it begins, nil if there is none.
func (r *reader) unbegun() *sub {
	for _, s := range r.subs {
		if !s.begun {
			return s
		}
	}
	return nil
}

// begin decides whether the client's replica can go on, or starts over. A snapshot appears when its last part has come; so that it does not appear
// ahead of the writer's other maps, those are brought to the same view first, and wait there.
func (r *reader) begin(dst []byte, s *sub, v *view) []byte {
	m := v.at(s.outlet.label).m
	_, goesOn := r.writer.delta(s.outlet, m, s.epoch, s.version)
	f := wire.MapOpened{Sub: s.number, ID: s.outlet.id, Who: s.who, Epoch: m.Epoch(), Version: m.Version(), From: s.version}
	if !goesOn {
		var whole bool
		if dst, whole = r.catchUp(dst, v); !whole {
			return dst // another one has to start over before
		}
		s.feed = r.feed(s, m)
		s.epoch, s.version = s.feed.m.Epoch(), s.feed.m.Version()
		f.From, f.Snapshot = 0, true
	}
	s.begun = true
	return session.AppendFrame(dst, f.Append(nil))
}

// feed is a snapshot for a subscription: one that is shared with others that begin now, and may be a little older, where it is the only one.
func (r *reader) feed(s *sub, m *sharedmap.Map) *feed {
	w := r.writer
	w.mu.Lock()
	p := s.outlet.pack(m)
	w.mu.Unlock()
	if p != nil && len(r.subs) > 1 && p.m.Version() != m.Version() {
		p = nil
	}
	return newFeed(m, p)
}

// catchUp brings all maps that have begun to a view, in one frame. It tells false where a map has to start over first.
func (r *reader) catchUp(dst []byte, v *view) (out []byte, whole bool) {
	var deltas [][]byte
	left := maxDelta
	for _, s := range r.subs {
		if !s.begun {
			continue
		}
		m := v.at(s.outlet.label).m
		if s.epoch == 0 {
			s.epoch = m.Epoch() // a map that was not there is version 0 of any epoch
		}
		d, ok := r.writer.delta(s.outlet, m, s.epoch, s.version)
		if left -= d.Size(); !ok || left < 0 {
			s.begun = false
			return dst, false
		}
		if d != nil {
			deltas = append(deltas, sharedmap.AppendDelta(nil, s.outlet.id, d))
		}
	}
	for _, s := range r.subs {
		if s.begun {
			m := v.at(s.outlet.label).m
			s.epoch, s.version = m.Epoch(), m.Version()
		}
	}
	if len(deltas) > 0 {
		dst = session.AppendFrame(dst, join(deltas))
	}
	return dst, true
}

// join makes one frame of encoded deltas.
func join(deltas [][]byte) []byte {
	size := 16
	for _, d := range deltas {
		size += len(d)
	}
	b := wire.AppendMapDelta(make([]byte, 0, size), len(deltas))
	for _, d := range deltas {
		b = append(b, d...)
	}
	return b
}

// delta is what a replica lacks that holds a version of a map; ok is false where only a snapshot helps. Call without mu.
func (w *writer) delta(o *outlet, m *sharedmap.Map, epoch, version uint64) (d *sharedmap.Delta, ok bool) {
	switch {
	case epoch != m.Epoch() || version > m.Version():
		return nil, false
	case version == m.Version():
		return nil, true
	}
	w.mu.Lock()
	log := slices.Clone(o.log.after(epoch, version))
	w.mu.Unlock()
	return since(m, version, log)
}
