package replica

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
)

// A round brings what has changed since the last one to all readers of a writer.
type round struct {
	maps   []moved
	frames map[places]*session.Frame // by which of the maps a receiver has
	crowd  []crowdNews
}

// places are some of a round's maps, one bit each.
type places [MaxMaps / 64]uint64

func (p *places) add(i int)      { p[i/64] |= 1 << (i % 64) }
func (p *places) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }

// moved is a map that has changed.
type moved struct {
	outlet *outlet
	next   *sharedmap.Map
	log    []*sharedmap.Delta // what leads there, as far as that is known
	delta  *sharedmap.Delta   // the same as one; nil where every receiver has to look by itself
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
	v := w.out.Load()
	p := &round{}
	for _, o := range w.outlets {
		if m := v.at(o.label).m; o.subs > 0 && (m.Epoch() != o.epoch || m.Version() != o.pumped) {
			o.round, o.place = p, len(p.maps)
			p.maps = append(p.maps, moved{outlet: o, next: m, log: slices.Clone(o.log.after(m.Epoch(), o.pumped))})
		}
		p.crowd = o.crowd.take(o, p.crowd)
	}
	if len(p.maps) == 0 && len(p.crowd) == 0 {
		w.pumping = false
		w.mu.Unlock()
		return nil, nil
	}
	if w.roster == nil { // in the order in which they came: so they, and what the system keeps of their sockets, lie in memory
		w.roster = slices.SortedFunc(maps.Keys(w.readers), func(a, b *reader) int { return cmp.Compare(a.came, b.came) })
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

// prepare encodes the deltas, if they go into one frame.
func (p *round) prepare() {
	p.frames = map[places]*session.Frame{}
	left := maxDelta
	for i := range p.maps {
		c := &p.maps[i]
		if c.outlet.epoch == c.next.Epoch() || c.outlet.epoch == 0 {
			c.delta, _ = since(c.next, c.outlet.pumped, c.log)
		}
		if left -= c.delta.Size(); left < 0 || i >= MaxMaps {
			c.delta = nil
		}
		if c.delta != nil {
			c.packed = sharedmap.AppendDelta(nil, c.outlet.id, c.delta)
		}
	}
}

// moved is a map's place in the round, nil if it is not in it.
func (p *round) moved(o *outlet) *moved {
	if o.round != p {
		return nil
	}
	return &p.maps[o.place]
}

// frame is the round for a receiver of some of its maps, nil if it has none of them. It tells false for a receiver that has to look by itself.
func (p *round) frame(subs []*sub) (f *session.Frame, whole bool) {
	var mine places
	for _, s := range subs {
		c := p.moved(s.outlet)
		switch {
		case c == nil || (s.epoch == c.next.Epoch() && s.version >= c.next.Version()):
			continue
		case c.delta == nil || (s.epoch != c.delta.Epoch && s.epoch != 0) || s.version < c.delta.From:
			return nil, false
		}
		mine.add(s.outlet.place)
	}
	if mine == (places{}) {
		return nil, true
	}
	if f = p.frames[mine]; f == nil {
		f = p.pack(&mine)
		p.frames[mine] = f
	}
	return f, true
}

// pack makes the frame of some of the maps.
func (p *round) pack(which *places) *session.Frame {
	var deltas [][]byte
	for i := range min(len(p.maps), MaxMaps) {
		if which.has(i) {
			deltas = append(deltas, p.maps[i].packed)
		}
	}
	return session.NewFrame(join(deltas))
}

// mark notes that the round is on its way to a receiver.
func (p *round) mark(subs []*sub) {
	for _, s := range subs {
		if c := p.moved(s.outlet); c != nil {
			s.epoch, s.version = c.next.Epoch(), max(s.version, c.next.Version())
		}
	}
}
