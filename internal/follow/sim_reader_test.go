package follow_test

import (
	"fmt"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// reader is one of those who read in the simulation, and what it must have read by now.
type reader struct {
	w    *world
	sub  uint32
	name string
	only string
	pos  follow.Reader

	epoch, at uint64 // up to where everything was read or told as lost
	began     bool
}

// join adds a reader: from now on, or from an older position.
func (w *world) join() {
	if len(w.readers) == 8 {
		return
	}
	name, filter := topics[w.rnd.IntN(2)], ""
	if w.rnd.IntN(3) == 0 {
		filter = people[1]
	}
	method := ""
	if filter != "" {
		method = "OnTweet"
	}
	r := &reader{w: w, sub: w.client.Add(name, filter, method), name: name, only: filter}
	older := false
	if l := w.logOf(name); l != nil && w.rnd.IntN(2) == 0 {
		at := w.rnd.Uint64N(l.newest() + 1)
		r.pos, r.epoch, r.at, r.began = follow.At(l.epoch, at), l.epoch, at, true
		older = true
		w.events["older position"]++
	}
	if w.leads[r.sub] == nil {
		w.leads[r.sub] = &follow.Reader{}
	}
	if !older {
		r.pos = *w.leads[r.sub]
		r.epoch, r.at = r.pos.Position()
		r.began = r.pos.Placed()
	}
	w.readers = append(w.readers, r)
	if older {
		w.client.Start(w.now, r.sub, r.epoch, r.at)
	} else {
		w.client.Start(w.now, r.sub, 0, 0)
	}
	w.drain()
}

// quit ends a reader, and the subscription with its last one.
func (w *world) quit() {
	if len(w.readers) == 0 {
		return
	}
	i := w.rnd.IntN(len(w.readers))
	sub := w.readers[i].sub
	w.readers = append(w.readers[:i], w.readers[i+1:]...)
	left := false
	w.each(sub, func(*reader) { left = true })
	if !left {
		w.client.Close(w.now, sub)
		w.drain()
	}
}

func (r *reader) served(l *log) *served { return &served{only: r.only} }

// opened checks what is told of losses.
func (r *reader) opened(e follow.Event) {
	lost, missed := r.pos.Opened(e)
	epoch, offset := r.pos.Position()
	if !r.began {
		r.began, r.epoch, r.at = true, epoch, offset
		return
	}
	if lost {
		r.w.events["gap"]++
	}
	switch {
	case epoch == r.epoch && offset == r.at:
		if lost {
			r.w.t.Fatalf("a loss of nothing at %d", offset)
		}
		return
	case epoch != r.epoch && r.epoch == 0:
		r.w.events["born"]++
		r.epoch = epoch
		r.passed(offset, lost, missed)
	case epoch != r.epoch:
		r.renewed(epoch, offset, lost, missed)
		r.epoch, r.at = epoch, offset
	default:
		r.passed(offset, lost, missed)
	}
}

// renewed checks what is told of a topic that was made anew.
func (r *reader) renewed(epoch, offset uint64, lost bool, missed uint64) {
	l := r.w.logOf(r.name)
	if l == nil || l.epoch != epoch || l.before == nil || l.before.epoch != r.epoch {
		return // nobody knows
	}
	s := r.served(l)
	switch n := s.count(l.before, r.at, l.before.newest()) + s.count(l, 0, offset); {
	case n > 0 && !lost && !r.w.lossy: // a server that loses frames doesn't know it
		r.w.t.Fatalf("%d messages after %d of %d are lost, and nobody was told", n, r.at, r.epoch)
	case missed != 0 && missed < n && !r.w.lossy:
		r.w.t.Fatalf("%d messages after %d of %d are lost, told %d", n, r.at, r.epoch, missed)
	case !lost:
		r.w.events["lost nothing in a new epoch"]++
	case missed != 0:
		r.w.events["counted gap in a new epoch"]++
	}
}

// passed checks that all between two positions is told as lost, and how many, or that there was nothing.
func (r *reader) passed(offset uint64, lost bool, missed uint64) {
	l := r.w.logOf(r.name)
	if l == nil || l.epoch != r.epoch {
		r.at = offset // nobody knows any more
		return
	}
	n := r.served(l).count(l, r.at, offset)
	switch {
	case n > 0 && !lost:
		r.w.t.Fatalf("%d messages after %d are lost, and nobody was told", n, r.at)
	case missed != 0 && !r.w.lossy && (missed < n || r.only == "" && missed != n):
		r.w.t.Fatalf("%d messages after %d are lost, told %d", n, r.at, missed)
	case missed != 0:
		r.w.events["counted gap"]++
	}
	r.at = offset
}

func (r *reader) read(e follow.Event) {
	r.pos.Read(e, func(m wire.TopicMessage) {
		if !r.began || e.Epoch != r.epoch || m.Offset <= r.at {
			r.w.t.Fatalf("%d of %d after %d of %d", m.Offset, e.Epoch, r.at, r.epoch)
		}
		r.skipped(m.Offset - 1)
		in := cbor.NewReader(m.Value)
		if text := in.Text(); text != fmt.Sprint(e.Epoch, m.Offset) || r.only != "" && m.From != r.only {
			r.w.t.Fatalf("message %d of %d is %q from %s", m.Offset, e.Epoch, text, m.From)
		}
		r.at = m.Offset
		r.w.events["read"]++
	})
	if epoch, offset := r.pos.Position(); epoch == e.Epoch && r.began && epoch == r.epoch {
		r.skipped(offset)
	}
}

// skipped checks that nothing up to an offset was left out.
func (r *reader) skipped(offset uint64) {
	if l := r.w.logOf(r.name); l != nil && l.epoch == r.epoch && offset > r.at {
		if n := r.served(l).count(l, r.at, offset); n > 0 {
			r.w.t.Fatalf("%d messages between %d and %d were passed over", n, r.at, offset)
		}
	}
	r.at = max(r.at, offset)
}

// settled checks that the reader has got to the end.
func (r *reader) settled() {
	l := r.w.logOf(r.name)
	if r.w.states[r.sub] != follow.Live || !r.began {
		r.w.t.Fatalf("%s is %v at last", r.name, r.w.states[r.sub])
	}
	if l != nil && (r.epoch != l.epoch || r.at != l.newest()) {
		r.w.t.Fatalf("%s ends at %d of %d, not at %d of %d", r.name, r.at, r.epoch, l.newest(), l.epoch)
	}
}
