package replica

import (
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
)

// A round brings what has changed since the last one to all readers of a writer.
type round struct {
	maps   []moved
	frames map[uint64]*session.Frame // by which of the maps a receiver has, in bits
	crowd  []crowdNews
}

// moved is a map that has changed.
type moved struct {
	outlet *outlet
	next   *sharedmap.Map
	delta  *sharedmap.Delta // nil where every replica has to start over
	packed []byte
}

// startPump has the pump run if anybody listens. Call with mu held.
func (w *writer) startPump() {
	if len(w.readers) > 0 && !w.pumping {
		w.pumping = true
		w.hub.spawn(w.pump)
	}
}

// pump works until all readers have been offered all there is.
func (w *writer) pump() {
	for {
		p, readers := w.round()
		if p == nil {
			return
		}
		for _, r := range readers {
			r.offer(p)
		}
		for i := range p.crowd {
			p.crowd[i].send(readers)
		}
	}
}

// round collects what has changed, or ends the pump.
func (w *writer) round() (*round, []*reader) {
	w.mu.Lock()
	v := w.view.Load()
	p := &round{}
	for _, o := range w.outlets {
		if m := v.at(o.label).m; o.subs > 0 && (m.Epoch() != o.epoch || m.Version() != o.pumped) {
			p.maps = append(p.maps, moved{outlet: o, next: m, delta: o.log.since(o.epoch, o.pumped, m.Version())})
		}
		p.crowd = o.crowd.take(o, p.crowd)
	}
	if len(p.maps) == 0 && len(p.crowd) == 0 {
		w.pumping = false
		w.mu.Unlock()
		return nil, nil
	}
	if w.roster == nil {
		for r := range w.readers {
			w.roster = append(w.roster, r)
		}
	}
	readers := w.roster
	w.mu.Unlock()
	p.prepare()
	w.mu.Lock()
	for _, c := range p.maps {
		c.outlet.epoch, c.outlet.pumped = c.next.Epoch(), c.next.Version()
	}
	w.mu.Unlock()
	return p, readers
}

// prepare encodes the deltas.
func (p *round) prepare() {
	p.frames = map[uint64]*session.Frame{}
	for i := range p.maps {
		c := &p.maps[i]
		if c.delta == nil && (c.outlet.epoch == c.next.Epoch() || c.outlet.epoch == 0) {
			c.delta, _ = c.next.Since(c.outlet.pumped)
		}
		if c.delta != nil {
			c.packed = sharedmap.AppendDelta(nil, c.outlet.id, c.delta)
		}
	}
}

// frame is the round for a receiver of some of its maps, nil if it has none of them. It tells false for a receiver that has to look by itself.
func (p *round) frame(subs []*sub) (f *session.Frame, whole bool) {
	var mask uint64
	for i := range p.maps {
		c := &p.maps[i]
		s := has(subs, c.outlet)
		switch {
		case s == nil || (s.epoch == c.next.Epoch() && s.version >= c.next.Version()):
			continue
		case i > 63 || c.delta == nil || (s.epoch != c.delta.Epoch && s.epoch != 0) || s.version < c.delta.From:
			return nil, false
		}
		mask |= 1 << i
	}
	if mask == 0 {
		return nil, true
	}
	if f = p.frames[mask]; f == nil {
		f = p.pack(mask)
		p.frames[mask] = f
	}
	return f, true
}

func (p *round) pack(mask uint64) *session.Frame {
	var deltas [][]byte
	for i := range p.maps {
		if i < 64 && mask&(1<<i) != 0 {
			deltas = append(deltas, p.maps[i].packed)
		}
	}
	return session.NewFrame(join(deltas))
}

// mark notes that the round is on its way to a receiver.
func (p *round) mark(subs []*sub) {
	for i := range p.maps {
		c := &p.maps[i]
		if s := has(subs, c.outlet); s != nil {
			s.epoch, s.version = c.next.Epoch(), max(s.version, c.next.Version())
		}
	}
}

func has(subs []*sub, o *outlet) *sub {
	for _, s := range subs {
		if s.outlet == o {
			return s
		}
	}
	return nil
}
